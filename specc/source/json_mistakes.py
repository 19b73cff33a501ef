"""Known mistakes in JSON texts, and how to write what was meant."""

from __future__ import annotations

SPELLINGS = {"True": "true", "False": "false", "None": "null", "undefined": "null", "nan": "NaN", "nil": "null"}
"""Literals of other languages."""


def number_hint(text: str) -> str:
    """How to write a number that JSON does not have, or what looks like one."""
    digits = text.lstrip("+-")
    if text.startswith("+"):
        return "remove the plus sign"
    if digits.startswith("."):
        return f"write 0{shorten(digits)}"
    if digits[:2].isdigit() and digits.startswith("0"):
        return "remove the leading zeros"
    if "_" in digits and digits.replace("_", "").isdigit():
        return f"write {digits.replace('_', '')}"
    if digits[:2].lower() in ("0x", "0b", "0o"):
        return "write it in decimal digits"
    if set(digits) <= set("0123456789.eE+-"):
        return "a number needs digits before and after its point, and after its exponent"
    return "write strings in double quotes"


def first_of(text: str, stops: tuple[str, ...], at: int) -> int:
    """The offset of the first of ``stops`` after ``at``, or of the end of the text."""
    found = [index for index in (text.find(stop, at) for stop in stops) if index >= 0]
    return min(found, default=len(text))


def shorten(text: str) -> str:
    """At most 24 characters of ``text``, for a message."""
    return text if len(text) <= 24 else f"{text[:20]}..."
