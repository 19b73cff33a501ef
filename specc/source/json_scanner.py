"""A JSON parser that reports every defect with its location; it is slower than Python's own.

It continues after a defect that leaves the rest certain (a duplicate key, NaN, half a surrogate pair), so that all of
them are reported at once. It stops at the first syntax error, since what follows could only be guessed.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

from specc.diagnostics import Diagnostic, Place, SpecPath
from specc.errors import SpecError
from specc.rules.table import RuleId
from specc.source.json_mistakes import SPELLINGS, first_of, number_hint, shorten
from specc.source.limits import MAX_DEPTH, MAX_DIGITS, MAX_FINDINGS
from specc.source.lines import Lines
from specc.source.wanted_values import Wanted

_SPACE = re.compile(r"[ \t\n\r]*+")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*+"')
_STRING_START = re.compile(r'"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*+')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][-+]?[0-9]++)?")
_NUMBERLIKE = re.compile(r"[-+.0-9][-+.0-9A-Za-z_]*+")
_CONSTANT = re.compile(r"(?:-?Infinity|NaN)\b")
_WORD = re.compile(r"[^\W\d][\w$-]*+")
_LITERALS = {"true": True, "false": False, "null": None}
_CLOSERS = {"{": "}", "[": "]"}


def scan(text: str, *, has_constants: bool = False) -> tuple[Any, tuple[Diagnostic, ...]]:
    """The data of ``text``, and every defect that does not prevent reading it.

    Of duplicate keys the first counts; an unreadable number is zero. NaN and infinities are numbers with
    ``has_constants``, and else a defect.

    Raises:
        SpecError: the text is not JSON, or is nested deeper than 128 levels.
    """
    scanner = _Scanner(text, None, has_constants=has_constants)
    data = scanner.document()
    return data, tuple(scanner.findings)


def find_spans(text: str, wanted: Wanted) -> None:
    """Fills in the spans of ``wanted`` in a text that was read before, up to the last of them."""
    _Scanner(text, wanted, has_constants=True).document(wanted.size())


class _Scanner:
    """One pass over one text.

    ``_open`` has the containers around the current place, with their offsets; ``_wanted`` has what is looked for at the
    root and at each step of the path.
    """

    def __init__(self, text: str, wanted: Wanted | None, *, has_constants: bool) -> None:
        self.findings: list[Diagnostic] = []
        self._text = text
        self._lines = Lines(text)
        self._open: list[tuple[Any, int]] = []
        self._path: list[str | int] = []
        self._wanted = [wanted]
        self._has_constants = has_constants
        self._keys: list[dict[str, int]] = []  # the offsets of the keys of each open object

    def document(self, size: int = -1) -> Any:
        """Reads the document; once ``size`` wanted values are found, no more of it."""
        self._left = size
        at = self._skip(0)
        if at == len(self._text):
            self._refuse(0, 0, "the file is empty", "specc init writes a first spec")
        root, at = self._value(at)
        while self._open:
            if self._left == 0:
                return root
            at = self._skip(at)
            container, _ = self._open[-1]
            read_next = self._member if isinstance(container, dict) else self._element
            at = read_next(container, at)
        end = self._skip(at)
        if end < len(self._text):
            self._refuse(end, end + 1, "there is more text after the end of the document")
        return root

    def _member(self, container: dict[str, Any], at: int) -> int:
        """Reads the next member of an open object, or its end."""
        if self._text[at : at + 1] == "}":
            return self._close(at)
        at = self._next(at, first=not self._keys[-1])
        start, at = at, self._string_end(at, "a key in double quotes")
        key = self._string(start, at, "the key")
        seen = self._keys[-1].setdefault(key, start)
        self._enter(key, first=seen == start)
        if seen != start and len(self.findings) < MAX_FINDINGS:
            hint = f"the first one is in line {self._lines.number(seen)}; remove one of them"
            first = Place(message="the first one", path=tuple(self._path), on_key=True)
            first = first.located(self._lines.location(seen, self._string_end(seen, "a key in double quotes")))
            self._find("duplicate-key", start, at, f"duplicate key {key!r}", hint, first)
        colon = self._skip(at)
        if self._text[colon : colon + 1] != ":":
            self._unexpected(colon, at, "':' after the key")
        value, at = self._value(self._skip(colon + 1), (start, at))
        container.setdefault(key, value)
        return at

    def _element(self, container: list[Any], at: int) -> int:
        """Reads the next element of an open array, or its end."""
        if self._text[at : at + 1] == "]":
            return self._close(at)
        at = self._next(at, first=not container)
        self._enter(len(container))
        value, at = self._value(at)
        container.append(value)
        return at

    def _next(self, at: int, *, first: bool) -> int:
        """The offset of a container's next item, after the comma that must precede all but the first."""
        container, start = self._open[-1]
        closer = _CLOSERS[self._text[start]]
        if not first and at < len(self._text):
            if self._text[at] != ",":
                behind = len(self._text[:at].rstrip(" \t\n\r"))
                self._unexpected(at, behind, f"',' or {closer!r}")
            comma, at = at, self._skip(at + 1)
            if self._text[at : at + 1] == closer:
                self._refuse(comma, comma + 1, "a trailing comma before the closing bracket", "remove it")
        if at == len(self._text):
            what = "object" if isinstance(container, dict) else "array"
            self._refuse(start, start + 1, f"this {what} is not closed: the text ends before its {closer!r}")
        return at

    def _value(self, at: int, key: tuple[int, int] | None = None) -> tuple[Any, int]:
        """The value at ``at`` and the offset of its end; ``key`` is the span of its key. A container is only opened."""
        char, wanted = self._text[at : at + 1], self._wanted[-1]
        if char in _CLOSERS and char:
            if len(self._open) == MAX_DEPTH:
                message = f"the document is nested deeper than {MAX_DEPTH} levels"
                raise SpecError(
                    [Diagnostic(rule="too-deep", message=message).located(self._lines.location(at, at + 1))]
                )
            container: Any = {} if char == "{" else []
            self._open.append((container, at))
            self._keys.append({})
            self._note(wanted, at, at + 1, key)
            return container, at + 1
        if char == '"':
            end = self._string_end(at, "a value")
            value: Any = self._string(at, end, "the string")
        elif match := _CONSTANT.match(self._text, at):
            value, end = float(match[0]) if self._has_constants else 0.0, match.end()
            if not self._has_constants:
                hint = f"write the string {match[0]!r} for a default or a bound"
                self._find("bad-number", at, end, f"{match[0]} is not JSON", hint)
        elif char and char in "-+.0123456789":
            value, end = self._number(at)
        else:
            word = _WORD.match(self._text, at)
            if word is None or word[0] not in _LITERALS:
                self._unexpected(at, at, "a value")
            value, end = _LITERALS[word[0]], word.end()
        self._note(wanted, at, end, key)
        self._leave()
        return value, end

    def _note(self, wanted: Wanted | None, start: int, end: int, key: tuple[int, int] | None) -> None:
        if wanted is not None:
            wanted.found(start, end, key)
            self._left -= 1

    def _close(self, at: int) -> int:
        self._open.pop()
        self._keys.pop()
        self._leave()
        return at + 1

    def _enter(self, part: str | int, *, first: bool = True) -> None:
        """Enters a value of the container. Of duplicate keys only the first is looked for."""
        around = self._wanted[-1]
        self._path.append(part)
        self._wanted.append(around.inside.get(part) if around is not None and first else None)

    def _leave(self) -> None:
        """Leaves a value for its container."""
        if self._path:
            self._path.pop()
            self._wanted.pop()

    def _number(self, at: int) -> tuple[int | float, int]:
        match, whole = _NUMBER.match(self._text, at), _NUMBERLIKE.match(self._text, at)
        end = whole.end() if whole else at + 1
        text = self._text[at:end]
        if match is None or match.end() != end:
            self._refuse(at, end, f"{shorten(text)!r} is not a JSON number", number_hint(text))
        if not set(text) & set(".eE"):
            if len(text) > MAX_DIGITS:
                self._find(
                    "bad-number", at, end, f"the number {shorten(text)} has {len(text)} digits (max {MAX_DIGITS})"
                )
                return 0, end
            return int(text), end
        number = float(text)
        if math.isinf(number):
            self._find("bad-number", at, end, f"the number {shorten(text)} is out of range for a 64-bit float")
            return 0.0, end
        return number, end

    def _string_end(self, at: int, expected: str) -> int:
        match = _STRING.match(self._text, at)
        if match is None:
            self._broken_string(at, expected)
        return match.end()

    def _broken_string(self, at: int, expected: str) -> NoReturn:
        start = _STRING_START.match(self._text, at)
        if start is None:
            self._unexpected(at, at, expected)
        broken = start.end()
        char = self._text[broken : broken + 1]
        if char == "\\":
            escape = self._text[broken : broken + (6 if self._text[broken + 1 : broken + 2] == "u" else 2)]
            hint = 'a backslash is \\\\; the escapes are \\" \\\\ \\/ \\b \\f \\n \\r \\t and \\u with four hex digits'
            self._refuse(broken, broken + len(escape), f"{escape} is not a JSON escape", hint)
        if char in ("", "\n", "\r"):
            self._refuse(
                at, broken, "the string has no closing quote on its line", 'write a line break in a string as "\\n"'
            )
        name = {"\t": "a tab"}.get(char, "a control character")
        written = {"\t": "\\t"}.get(char, f"\\u{ord(char):04x}")
        self._refuse(broken, broken + 1, f"the string contains {name}", f"write it as {written}")

    def _string(self, start: int, end: int, what: str) -> str:
        text = unquote(self._text[start:end])
        if text.isascii():
            return text
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            self._find("lone-surrogate", start, end, f"{what} contains half a surrogate pair, which is not valid text")
            return text.encode("utf-8", "replace").decode("utf-8")  # pydantic cannot report half a pair
        return text

    def _unexpected(self, at: int, place: int, expected: str) -> NoReturn:
        """Refuses the text at ``at``. Unless it is a known mistake, the finding is at ``place``."""
        rest = self._text[at : at + 2]
        if rest in ("//", "/*") or rest[:1] == "#":
            end = self._text.find("*/", at) + 2 if rest == "/*" else first_of(self._text, ("\n", "\r"), at)
            end = end if end > at + 1 else len(self._text)
            self._refuse(at, end, "comments are not allowed in JSON", 'put text for people into "description"')
        if rest[:1] == "'":
            self._refuse(at, at + 1, "single quotes are not allowed in JSON", "write strings and keys in double quotes")
        if not rest:
            self._refuse(place, place, f"expected {expected}, found the end of the text")
        word = _WORD.match(self._text, at)
        if word and expected not in ("',' or '}'", "',' or ']'"):
            text = word[0]
            fitting = f"write {SPELLINGS[text]}" if text in SPELLINGS else f'write "{shorten(text)}" for a string'
            hint = fitting if "value" in expected else f'write "{shorten(text)}"'
            self._refuse(at, word.end(), f"expected {expected}, found {shorten(text)} without quotes", hint)
        found = self._text[at]
        if place != at:
            hint = "a comma is missing" if expected.startswith("','") and found in '"{[-0123456789tfn' else ""
            before = f"{found!r} in line {self._lines.number(at)}"
            self._refuse(place, place + 1, f"expected {expected} here, before {before}", hint)
        self._refuse(at, at + 1, f"expected {expected}, found {found!r}")

    def _find(self, rule: RuleId, start: int, end: int, message: str, hint: str = "", *related: Place) -> None:
        if len(self.findings) < MAX_FINDINGS:
            path: SpecPath = tuple(self._path)
            finding = Diagnostic(rule=rule, path=path, message=message, hint=hint, related=related)
            self.findings.append(finding.located(self._lines.location(start, end)))

    def _refuse(self, start: int, end: int, message: str, hint: str = "") -> NoReturn:
        finding = Diagnostic(rule="not-json", message=message, hint=hint)
        raise SpecError([*self.findings, finding.located(self._lines.location(start, end))])

    def _skip(self, at: int) -> int:
        if self._text[at : at + 1] > " ":  # as most are
            return at
        match = _SPACE.match(self._text, at)
        return match.end() if match else at


def unquote(written: str) -> str:
    """The text of a quoted JSON string."""
    text: str = json.loads(written) if "\\" in written else written[1:-1]
    return text
