"""JSON text to plain data, stricter than Python's ``json``: what other readers would read differently is refused."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from specc.diagnostics import Diagnostic, format_path
from specc.errors import SpecError, UnreadableError

MAX_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 128


class _DuplicateKeyError(ValueError):
    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(key)


class _BadNumberError(ValueError):
    pass


def read_json(path: Path) -> Any:
    """The data of the JSON file at ``path``.

    Raises:
        SpecError: the text is not JSON that every reader reads alike.
        UnreadableError: there is no such file, it is no regular file, or it may not be read.
    """
    try:
        if not path.is_file():
            reason = "it is no regular file" if path.exists() else "there is no such file"
            raise UnreadableError(f"cannot read {path}: {reason}")
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadableError(f"cannot read {path}: {reason}") from None
    try:
        return parse_json(content)
    except SpecError as error:
        raise SpecError(diagnostic.in_file(str(path)) for diagnostic in error.diagnostics) from None


def parse_json(content: bytes | str) -> Any:
    """The data of one JSON text.

    Raises:
        SpecError: the text is larger than 16 MiB, no UTF-8, no JSON, nested deeper than 128 levels, names a key twice,
            or holds NaN, an infinity, an unreadably long integer or half a surrogate pair.
    """
    if len(content) > MAX_BYTES:
        raise _refusal("too-large", f"the file is larger than {MAX_BYTES // 2**20} MiB")
    try:
        text = content if isinstance(content, str) else content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _refusal("not-utf-8", f"byte {error.start} is not UTF-8", "save the file as UTF-8") from None
    if text.startswith("\ufeff"):
        raise _refusal("byte-order-mark", "the file starts with a byte order mark", "save it as UTF-8 without one")
    try:
        data = json.loads(
            text, object_pairs_hook=_unique_object, parse_constant=_no_constant, parse_float=_finite, parse_int=_integer
        )
    except json.JSONDecodeError as error:
        message = _decode_problem(text, error) if text.strip() else "the file is empty"
        raise _refusal("not-json", message, "specc reads plain JSON: no comments, no trailing commas") from None
    except _DuplicateKeyError as error:
        raise _refusal("duplicate-key", f"the key {error.key!r} stands twice in one object", "remove one") from None
    except _BadNumberError as error:
        raise _refusal("bad-number", str(error)) from None
    except RecursionError:
        raise _too_deep() from None
    _check_depth_and_text(data)
    return data


def _decode_problem(text: str, error: json.JSONDecodeError) -> str:
    """Where the text stops being JSON, in the same words on every Python; 3.13 tells trailing commas apart."""
    before = text[: error.pos].rstrip(" \t\r\n")
    if error.msg.startswith("Illegal trailing comma"):
        at = error.pos
    elif before.endswith(",") and text[error.pos : error.pos + 1] in ("]", "}"):
        at = len(before) - 1
    else:
        return f"line {error.lineno}, column {error.colno}: {error.msg}"
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    return f"line {line}, column {column}: a comma before the closing bracket"


def _unique_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _DuplicateKeyError(key)
            seen.add(key)
    return data


def _no_constant(text: str) -> Any:
    raise _BadNumberError(f"{text} is not JSON; write the string {text!r} for a default or a bound")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise _BadNumberError(f"the number {_shorten(text)} is beyond a 64-bit float")
    return number


def _integer(text: str) -> int:
    if len(text) > 40:  # no integer of any dtype has more than 20 digits; Python's own limit depends on its settings
        raise _BadNumberError(f"the number {_shorten(text)} has {len(text)} digits")
    return int(text)


def _shorten(text: str) -> str:
    return text if len(text) <= 24 else f"{text[:20]}..."


def _check_depth_and_text(data: Any) -> None:
    """Walks level by level, without recursion, so that a hostile file meets a limit of ours and not of Python's."""
    level: list[tuple[tuple[str | int, ...], Any]] = [((), data)]
    for depth in range(MAX_DEPTH + 1):
        if depth == MAX_DEPTH and any(not isinstance(value, str) for _, value in level):
            raise _too_deep()
        below: list[tuple[tuple[str | int, ...], Any]] = []
        for path, value in level:
            if isinstance(value, str):
                _check_text(value, path)
            elif isinstance(value, list):
                below.extend(((*path, index), item) for index, item in enumerate(value) if _is_open(item))
            elif isinstance(value, dict):
                for key, item in value.items():
                    if not key.isascii():
                        _check_text(key, path)
                    if _is_open(item):
                        below.append(((*path, key), item))
        level = below


def _is_open(value: Any) -> bool:
    return isinstance(value, (list, dict)) or (isinstance(value, str) and not value.isascii())


def _check_text(text: str, path: tuple[str | int, ...]) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        place = f" in {format_path(path)}" if path else ""
        raise _refusal("lone-surrogate", f"a string{place} holds half a surrogate pair, which is no text") from None


def _too_deep() -> SpecError:
    return _refusal("too-deep", f"the document is nested deeper than {MAX_DEPTH} levels")


def _refusal(rule: str, message: str, hint: str = "") -> SpecError:
    return SpecError([Diagnostic(rule=rule, message=message, hint=hint)])
