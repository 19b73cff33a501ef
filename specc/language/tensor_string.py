"""The short form of a tensor, ``float32[batch, 3]``: dtype and shape in one string."""

from __future__ import annotations

import re
from functools import lru_cache

from specc.diagnostics import did_you_mean, shorten
from specc.language.dtypes import DTYPES
from specc.language.scalars import END, IDENTIFIER, problem

Dimension = int | str
"""One dimension: a size, the name of a dimension, or ``?`` for any size."""
Shape = tuple[Dimension, ...] | None
"""The dimensions in order, ``()`` for a scalar, or None for unknown rank."""

ANY = "?"
_SIZE = r"0|[1-9][0-9]{0,17}"
_DIM = rf"(?:{_SIZE}|\?|{IDENTIFIER})"
_DIMS = rf"(?: *{_DIM} *(?:, *{_DIM} *)*)?"
_DTYPE = "|".join(DTYPES)

TENSOR_PATTERN = rf"^(?:{_DTYPE})\[(?:\.\.\.|{_DIMS})\]{END}"
"""The pattern of a legal tensor string, for the JSON Schema."""

_TENSOR = re.compile(rf"({_DTYPE})\[(?:(\.\.\.)|({_DIMS}))\]")
_TENSOR_LIKE = re.compile(r"\s*([^\[\]\s]*)\s*(?:\[(.*)\]?)?\s*", re.DOTALL)


def parse_tensor(text: str) -> tuple[str, Shape]:
    """Dtype and shape of a tensor string.

    Raises:
        PydanticCustomError: the string is not a tensor; the message names the wrong part, and the hint a fix.
    """
    match = _TENSOR.fullmatch(text)
    if match is None:
        raise _tensor_problem(text)
    dtype, unknown_rank, dims = match.groups()
    if unknown_rank:
        return dtype, None
    return dtype, tuple(_parse_dim(part.strip()) for part in dims.split(",")) if dims else ()


@lru_cache(maxsize=4096)
def format_tensor(dtype: str, shape: Shape) -> str:
    """The tensor string of a dtype and a shape."""
    return f"{dtype}[{'...' if shape is None else ', '.join(map(str, shape))}]"


def _parse_dim(text: str) -> Dimension:
    return int(text) if text[0].isdigit() else text


def check_dtype(text: str) -> str:
    """``text`` if it is a dtype of the language; raises the problem, with the closest dtype, if not."""
    if text in DTYPES:
        return text
    if text in ("resource", "variant"):
        raise problem("bad-dtype", f"{text!r} tensors have no meaning outside the process that created them", part=text)
    hint = _ALIASES.get(text) or did_you_mean(text, DTYPES)
    raise problem("bad-dtype", f"{shorten(text)!r} is not a dtype", hint, part=text)


_ALIASES = {
    alias: f"did you mean {dtype!r}?"
    for alias, dtype in {
        "float": "float32", "double": "float64", "half": "float16", "int": "int64", "long": "int64",
        "str": "string", "bytes": "string", "text": "string", "boolean": "bool", "complex": "complex64",
    }.items()
}  # fmt: skip


def _tensor_problem(text: str) -> Exception:
    """The most specific problem of a tensor string."""
    if len(text) > 1000:
        return problem("bad-tensor", f"a tensor string must not be longer than 1000 characters, found {len(text)}")
    loose = _TENSOR_LIKE.fullmatch(text)
    if loose is None or not loose[1] or loose[2] is None or not text.rstrip().endswith("]") or text != text.strip():
        hint = "write dtype and shape, like 'float32[batch, 3]'; 'float32[]' is a scalar, 'float32[...]' has any rank"
        if text in DTYPES:
            hint = f"write {text + '[]'!r} for a scalar, {text + '[batch, 3]'!r} for a matrix"
        return problem("bad-tensor", f"{shorten(text)!r} is not a tensor", hint)
    check_dtype(loose[1])
    if not loose[2][:-1].strip(" "):
        return problem("bad-tensor", f"{shorten(text)!r} is not a tensor", f"write {loose[1] + '[]'!r} for a scalar")
    for part in loose[2][:-1].split(","):
        dim = part.strip(" ")
        if not re.fullmatch(_DIM, dim):
            message = f"{shorten(dim)!r} in {shorten(text)!r} is not a dimension"
            return problem("bad-dim", message, _dim_hint(dim), part=dim)
    return problem(
        "bad-tensor", f"{shorten(text)!r} is not a tensor", "write dtype and shape, like 'float32[batch, 3]'"
    )


def _dim_hint(dim: str) -> str:
    if " " in dim:
        return "dimensions are separated by commas, not by spaces"
    if dim in ("-1", "*"):
        return "a dimension of any size is '?'"
    if dim == "...":
        return "'...' means unknown rank and must not be combined with other dimensions"
    if dim == "":
        return "remove the extra comma"
    return "expected a size, a name or '?'"
