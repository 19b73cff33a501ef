"""Trees for property tests, as JSON in long forms; see :mod:`strategies`, which puts them into documents."""

from __future__ import annotations

import base64
import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from hypothesis import strategies as st

from specc.language.dtypes import DTYPES, Family
from specc.language.scalars import MAX_SIZE

Draw = Callable[..., Any]


@dataclass(frozen=True)
class Extent:
    """How large documents get, and what may stand in them."""

    max_leaves: int = 6
    """Leaves of the inputs of one endpoint, and of its outputs."""
    max_endpoints: int = 3
    max_depth: int = 3
    dtypes: tuple[str, ...] = tuple(DTYPES)
    defaults: bool = True
    composites: bool = True
    unknown_rank: bool = True
    signatures: bool = True
    """Methods, receivers, optional endpoints, modes and save options."""
    buildable: bool = False
    evidence: bool = True
    """Tolerances and examples."""


FULL = Extent()

texts = st.text(st.characters(codec="utf-8"), max_size=8)
COIN = st.booleans()
_KINDS = st.sampled_from(("leaf", "list", "tuple", "namedtuple", "dict", "dict"))
_LEAF_KINDS = st.sampled_from(("tensor", "tensor", "tensor", "ragged", "sparse"))
WORDS = ("a", "B", "user_id", "kind", "items", "Values", "row_splits", "output", "dtype", "x_0")
INPUT_WORDS = (*WORDS, "user-id", "a.b", "a/b", "1st")
OUTPUT_WORDS = (*WORDS, "é", "user-id", "a b", "_", "0", "[", "'\"\\", "/")
DIMS = ("batch", "time", "B", "_x")
_INDEX = st.integers(0, 2 * len(OUTPUT_WORDS))
_KEYS = [
    st.lists(
        st.sampled_from(OUTPUT_WORDS) | st.text(st.characters(codec="utf-8"), min_size=1, max_size=8),
        min_size=count,
        max_size=count,
        unique=True,
    )
    for count in range(4)
]
_SPECIAL = ("NaN", "Infinity", "-Infinity")
_SPACIOUS = ("bfloat16", "float16", "float32", "float64")
"""The float dtypes that hold NaN and both infinities."""


class Names:
    """Where keys and names come from. Buildable ones hold a number each, so that no two wire names can clash."""

    def __init__(self, draw: Draw, extent: Extent, words: tuple[str, ...]) -> None:
        self._draw, self._extent, self._words, self._count = draw, extent, words, itertools.count()
        self.of_inputs = words is INPUT_WORDS

    def keys(self, count: int, identifiers: bool = False) -> list[str]:
        """``count`` different keys."""
        if self._extent.buildable:
            words = WORDS if identifiers else self._words
            return [f"{words[self._draw(_INDEX) % len(words)]}{next(self._count)}n" for _ in range(count)]
        keys: list[str] = self._draw(_KEYS[count])
        return keys

    def name(self) -> str:
        """One name."""
        return self.keys(1)[0]


@st.composite
def trees(draw: Draw, extent: Extent = FULL, dims: tuple[str, ...] = DIMS, is_input: bool = True) -> Any:
    """The JSON of one tree with at most ``extent.max_leaves`` leaves."""
    names = Names(draw, extent, INPUT_WORDS if is_input else OUTPUT_WORDS)
    return tree(draw, extent, dims, names, extent.max_leaves, extent.max_depth)


def tree(draw: Draw, extent: Extent, dims: Any, names: Names, leaves: int, depth: int) -> Any:
    kind = draw(_KINDS) if depth else "leaf"
    if kind == "leaf":
        return _leaf(draw, extent, dims, names)
    count = draw(st.integers(1, max(1, min(3, leaves))))
    parts = [tree(draw, extent, dims, names, leaves // count, depth - 1) for _ in range(count)]
    match kind:
        case "list":
            return parts
        case "tuple":
            return {"kind": "tuple", "items": parts}
        case "namedtuple":
            keys = names.keys(count, identifiers=True)
            typename = "Pair" if extent.buildable else names.name()
            return {
                "kind": "namedtuple",
                "typename": typename,
                "fields": [list(pair) for pair in zip(keys, parts, strict=True)],
            }
        case _:
            return {"kind": "dict", "items": dict(zip(names.keys(count), parts, strict=True))}


def _leaf(draw: Draw, extent: Extent, dims: Any, names: Names) -> Any:
    kind = draw(_LEAF_KINDS) if extent.composites else "tensor"
    leaf: dict[str, Any] = {"kind": kind, "dtype": draw(_dtypes(extent.dtypes))}
    sizes = st.integers(0, 3) if extent.buildable else st.integers(0, 3) | st.sampled_from((2**31, MAX_SIZE))
    anything = sizes | st.just("?") | st.sampled_from(dims) if dims else sizes | st.just("?")
    leaf["shape"] = (
        "..." if extent.unknown_rank and draw(st.integers(0, 9)) == 0 else draw(st.lists(anything, max_size=4))
    )
    if draw(COIN):
        leaf["name"] = names.name()
    if draw(COIN):
        leaf["description"] = draw(texts)
    match kind:
        case "tensor":
            _tensor(draw, extent, names.of_inputs, leaf)
        case "ragged":
            _ragged(draw, anything, names, leaf)
        case _ if draw(COIN):
            chosen = draw(st.sets(st.sampled_from(("indices", "values", "dense_shape"))))
            leaf["names"] = dict(zip(sorted(chosen), names.keys(len(chosen)), strict=True))
    return leaf


@cache
def _dtypes(dtypes: tuple[str, ...]) -> st.SearchStrategy[str]:
    """A family first, so that the few dtypes with bytes or complex values are drawn as often as the many integers."""
    families = [[name for name in dtypes if DTYPES[name].family is family] for family in Family]
    return st.one_of([st.sampled_from(names) for names in families if names])


def _ragged(draw: Draw, anything: Any, names: Names, leaf: dict[str, Any]) -> None:
    rank = draw(st.integers(1, 3))
    leaf["ragged_rank"] = rank
    leaf["row_splits_dtype"] = draw(st.sampled_from(("int32", "int64")))
    if leaf["shape"] != "...":  # TensorFlow has a size or nothing for the rows, and nothing for ragged dimensions
        leaf["shape"] = [draw(anything), *["?"] * rank, *draw(st.lists(anything, max_size=2))]
    if draw(COIN):
        leaf["names"] = {"values": names.name(), "row_splits": names.keys(rank)}


def _tensor(draw: Draw, extent: Extent, is_input: bool, leaf: dict[str, Any]) -> None:
    dtype = DTYPES[leaf["dtype"]]
    if extent.defaults and is_input and not (extent.buildable and dtype.quantized) and draw(COIN):
        leaf["shape"] = draw(st.lists(st.integers(0, 2), max_size=3))
        leaf["default"] = _nested(draw, leaf["shape"], _scalars(leaf["dtype"], extent.buildable))
    if dtype.family not in (Family.INTEGER, Family.FLOAT) or not draw(COIN):
        return
    if "default" in leaf:  # the widest bounds, which every number keeps to
        low, high = dtype.range if dtype.family is Family.INTEGER else ("-Infinity", "Infinity")
        if "NaN" not in _flat(leaf["default"]):
            leaf["minimum"], leaf["maximum"] = low, high
    elif dtype.family is Family.INTEGER:
        leaf["minimum"], leaf["maximum"] = sorted(draw(st.tuples(*[st.integers(*dtype.range)] * 2)))
    else:
        low, high = sorted(draw(st.tuples(*[st.floats(allow_nan=False, width=16)] * 2)))
        leaf["minimum"], leaf["maximum"] = _word(low), _word(high)


def _word(number: float) -> Any:
    return number if math.isfinite(number) else "Infinity" if number > 0 else "-Infinity"


def _flat(value: Any) -> list[Any]:
    return [scalar for item in value for scalar in _flat(item)] if isinstance(value, list) else [value]


def _nested(draw: Draw, shape: list[int], scalars: Any) -> Any:
    return [_nested(draw, shape[1:], scalars) for _ in range(shape[0])] if shape else draw(scalars)


def _scalars(dtype: str, gentle: bool) -> Any:
    """One value of a dtype; ``gentle`` ones mean the same in the dtype's own precision."""
    numbers = (
        st.sampled_from((0.0, -0.0, 0.5, 1.0, -1.5)) if gentle else st.floats(allow_nan=False, allow_infinity=False)
    )
    if not gentle or dtype in _SPACIOUS or dtype.startswith("complex"):
        numbers = numbers | st.sampled_from(_SPECIAL)
    match DTYPES[dtype].family:
        case Family.BOOLEAN:
            return st.booleans()
        case Family.STRING:
            return texts | st.binary(max_size=4).map(lambda raw: {"base64": base64.b64encode(raw).decode()})
        case Family.INTEGER:
            return st.integers(*DTYPES[dtype].range)
        case Family.FLOAT:
            return numbers
        case Family.COMPLEX:
            return st.fixed_dictionaries({"real": numbers, "imag": numbers}) | numbers
