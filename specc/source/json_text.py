"""Parsing of JSON text, stricter than Python's ``json``: text that other readers read differently is refused.

Text without a defect is parsed only by the ``json`` module, which is fast. The defects of other text are found by
:mod:`specc.source.json_scanner`, with their locations.
"""

from __future__ import annotations

import errno
import json
import math
import re
from pathlib import Path
from typing import Any

from specc.diagnostics import Diagnostic
from specc.errors import SpecError, UnreadableError
from specc.rules.table import RuleId
from specc.source.limits import MAX_BYTES, MAX_DEPTH, MAX_DIGITS, MAX_VALUES
from specc.source.regular_files import read_regular
from specc.source.spec_source import SpecSource

_HALF_PAIR = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")
"""Matches any text that may contain half a surrogate pair."""
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class _DefectError(Exception):
    """The text has a defect, which the scanner will report."""


def read_content(path: Path) -> bytes:
    """The bytes of the regular file at ``path``, at most one more than the size limit.

    Raises:
        UnreadableError: there is no such file, it is not a regular file, or it may not be read.
    """
    try:
        return read_regular(path, MAX_BYTES)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        number = getattr(error, "errno", None)
        missing = number in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
        reason = "there is no such file" if missing else getattr(error, "strerror", None) or str(error)
        raise UnreadableError(f"cannot read {path}: {reason}") from None


def parse_json(content: bytes | str) -> Any:
    """The data of one JSON text.

    Raises:
        SpecError: as :func:`read_json` does, or there is a duplicate key, NaN, an infinity, a number that is too long,
            or a string with half a surrogate pair.
    """
    source = read_json(content)
    if source.defects:
        raise SpecError(source.defects)
    return source.data


def read_json(content: bytes | str, name: str = "", *, has_constants: bool = False) -> SpecSource:
    """The data of a JSON text, with the defects that leave the rest certain; ``name`` is the file name in findings.

    NaN and infinities are numbers with ``has_constants``, as in the JSON of TensorFlow Serving, and else a defect.

    Raises:
        SpecError: the text is larger than 16 MiB or a million values, not UTF-8, not JSON, or nested too deep.
    """
    try:
        return _read_json(content, name, has_constants=has_constants)
    except SpecError as error:
        raise SpecError(finding.in_file(name) for finding in error.diagnostics) from None


def _read_json(content: bytes | str, name: str, *, has_constants: bool) -> SpecSource:
    if len(content) > MAX_BYTES:
        raise _text_error("too-large", f"the file is larger than {MAX_BYTES // 2**20} MiB")
    text = content if isinstance(content, str) else _decode(content)
    if text.startswith("\ufeff"):
        message, hint = "the file starts with a byte order mark", "save it as UTF-8 without one"
        raise SpecError([_with_location(Diagnostic(rule="byte-order-mark", message=message, hint=hint), text, 0)])
    try:
        data = _DECODERS[has_constants].decode(text)
        depth, values = measure(data)
        defects: tuple[Diagnostic, ...] = ()
        is_valid = depth <= MAX_DEPTH and not _has_half_a_pair(text, data)
    except (json.JSONDecodeError, _DefectError, RecursionError):
        is_valid = False
    if not is_valid:
        from specc.source.json_scanner import scan  # noqa: PLC0415  # only for broken texts

        data, defects = scan(text, has_constants=has_constants)
        _, values = measure(data)
    if values > MAX_VALUES:
        raise _text_error("too-large", f"the file contains more than {MAX_VALUES:,} values")
    return SpecSource(name, text, data, values, defects)


def _decode(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        text = content.decode("utf-8", "replace")
        start = len(content[: error.start].decode("utf-8"))
        what = "the file is UTF-16" if content.startswith(_UTF_16) else f"byte {error.start} is not UTF-8"
        finding = Diagnostic(rule="not-utf-8", message=what, hint="save the file as UTF-8")
        raise SpecError([_with_location(finding, text, start)]) from None


def _with_location(finding: Diagnostic, text: str, at: int) -> Diagnostic:
    from specc.source.lines import Lines  # noqa: PLC0415  # only for broken texts

    return finding.located(Lines(text).location(at, at + 1))


def _object_without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        raise _DefectError
    return data


def _refuse_constant(text: str) -> Any:
    raise _DefectError(text)


def _parse_float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise _DefectError(text)
    return number


def _parse_integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise _DefectError(text)
    return int(text)


_DECODERS = {
    has_constants: json.JSONDecoder(
        object_pairs_hook=_object_without_duplicates,
        parse_constant=float if has_constants else _refuse_constant,
        parse_float=_parse_float,
        parse_int=_parse_integer,
    )
    for has_constants in (False, True)
}


def _has_half_a_pair(text: str, data: Any) -> bool:
    if "\\u" not in text and text.isascii():
        return False  # the usual case
    if not _HALF_PAIR.search(text):
        return False
    try:
        json.dumps(data, ensure_ascii=False).encode("utf-8")
    except (UnicodeEncodeError, RecursionError):
        return True
    return False


def measure(data: Any) -> tuple[int, int]:
    """The nesting depth of ``data``, up to the limit, and the number of its values.

    Computed level by level, without recursion, so that a hostile file exceeds specc's limit and not Python's.
    """
    depth, values, level = 0, 1, [data] if isinstance(data, (list, dict)) else []
    while level and depth <= MAX_DEPTH:
        depth += 1
        values += sum(map(len, level))
        level = [
            item
            for container in level
            for item in (container.values() if isinstance(container, dict) else container)
            if isinstance(item, (list, dict))
        ]
    return depth, values


def _text_error(rule: RuleId, message: str) -> SpecError:
    return SpecError([Diagnostic(rule=rule, message=message)])
