"""The features that a receiver parses: one for each leaf of an endpoint, derived only from its trees.

A feature's key is the leaf's wire name, or the prefix of a composite leaf's components. Parsing supports three dtypes,
int64, float32 and string; others are cast from them. The first dimension of every leaf counts the messages. A dense
leaf is a feature of fixed length, or a padded sequence where its second dimension is not fixed; a ragged leaf's values
are its feature, and features with the names of its inner row splits hold those; a sparse leaf is a feature of variable
length. In a SequenceExample the feature lists hold the sequences, the ragged leaves (one list for each message, whose
steps are joined where the ragged rank is 1) and the sparse leaves of rank 3; the context holds everything else. A leaf
declared as a sequence although its second dimension is fixed has exactly that many steps in each message. A scalar with
a default is not a feature: its value is always its default.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from specc.diagnostics import Diagnostic, SpecPath, did_you_mean, finding, format_path
from specc.language.document import Endpoint
from specc.language.receivers import Feature, Receiver
from specc.language.trees import Ragged, Sparse, Tensor
from specc.language.values import fits_dtype, scalars, shape_of
from specc.language.wire_names import BoundLeaf, input_leaves

Parsed = Literal["fixed", "sequence", "ragged", "sparse", "constant"]

_NATIVE = ("float32", "int64", "string")
_PARSED_AS = {
    **{dtype: dtype for dtype in _NATIVE},
    **dict.fromkeys(("bool", "int8", "int16", "int32", "uint8", "uint16", "uint32", "uint64"), "int64"),
    **dict.fromkeys(("float16", "float64", "bfloat16"), "float32"),
}


@dataclass(frozen=True)
class ParsedFeature:
    """How one leaf is parsed from a message.

    ``shape`` is that of one message, or of one step of a sequence; ``dtype`` is what is parsed, before the cast to the
    leaf's own; ``default`` is the value of a message that lacks the feature, in the language's encoding and of the
    leaf's dtype, else None; ``splits`` are the keys of the features that hold the inner row splits of a ragged leaf,
    outermost first; ``in_lists`` is whether it is in a SequenceExample's feature lists; ``steps`` is how many steps the
    list of every message has, where that is fixed.
    """

    leaf: BoundLeaf
    key: str
    parsed: Parsed
    dtype: str
    shape: tuple[int, ...] = ()
    default: Any = None
    splits: tuple[str, ...] = ()
    in_lists: bool = False
    steps: int | None = None

    @property
    def is_required(self) -> bool:
        """Whether a message that lacks the feature is refused."""
        return self.parsed == "fixed" and self.default is None


def parsed_features(endpoint: Endpoint, receiver: Receiver) -> tuple[ParsedFeature, ...]:
    """The features of every leaf of ``endpoint``, in TensorFlow's order. ``endpoint`` must not have findings."""
    declared = receiver.features or {}
    return tuple(_parsed_feature(leaf, declared.get(leaf.name, Feature()), receiver) for leaf in input_leaves(endpoint))


def find_unparsable(endpoint: Endpoint, name: str, at: SpecPath) -> Iterator[Diagnostic]:
    """The findings for why the receiver ``name`` cannot parse the leaves of ``endpoint``, at path ``at``."""
    receiver, place = endpoint.receivers[name], (*at, "receivers", name)
    leaves = input_leaves(endpoint, at)
    declared = receiver.features or {}
    known = [leaf.name for leaf in leaves]
    for key in sorted(declared.keys() - set(known)):
        hint = did_you_mean(key, known) or f"the leaves are {', '.join(sorted(known)[:20])}"
        yield finding("unknown-feature", (*place, "features", key), f"no leaf of the endpoint is called {key!r}", hint)
    for key in sorted(key for key, count in Counter(known).items() if count > 1 and key in declared):
        message = f"{key!r} is the name of a tensor and the prefix of another leaf's components"
        yield finding("bad-receiver", (*place, "features", key), message, 'give one of the leaves a "name"')
    rows: dict[int, BoundLeaf] = {}
    keys: dict[tuple[bool, str], BoundLeaf] = {}
    for leaf in leaves:
        own = declared.get(leaf.name, Feature())
        problems = list(_leaf_problems(leaf, own, receiver, place))
        yield from problems
        if problems:
            continue
        feature = _parsed_feature(leaf, own, receiver)
        if feature.parsed == "constant":
            continue
        for index, key in enumerate((feature.key, *feature.splits)):
            other = keys.setdefault((feature.in_lists, key), leaf)
            if other is not leaf or key in (feature.key, *feature.splits)[:index]:
                where = format_path(leaf.path[len(at) :])
                both = where if other is leaf else f"{format_path(other.path[len(at) :])} and {where}"
                message = f"the features of {both} have the same key, {key!r}"
                yield finding("bad-receiver", (*place, "features"), message, 'give one of them another "key"')
        first = (leaf.leaf.shape or ("?",))[0]
        if isinstance(first, int):
            rows[first] = leaf
    if len(rows) > 1:
        sizes = ", ".join(f"{size} ({rows[size].name})" for size in sorted(rows))
        message = f"the leaves have different numbers of rows, {sizes}, but each message is one row of every leaf"
        yield finding("bad-receiver", place, message)
    if not leaves or all(_is_constant(leaf) for leaf in leaves):
        yield finding("bad-receiver", place, "there is nothing to parse: the endpoint has no leaf with rows")


Problem = tuple[str, str]
"""A message and a hint."""

_EMPTY = "a dimension of size 0 leaves no values to count the steps by"
"""TensorFlow 2.21 divides by the size of a step, and crashes."""


def _leaf_problems(bound: BoundLeaf, declared: Feature, receiver: Receiver, place: SpecPath) -> Iterator[Diagnostic]:
    path: SpecPath = (*place, "features", bound.name) if bound.name in (receiver.features or {}) else place
    leaf = bound.leaf
    problems = list(_general_problems(bound, declared, receiver))
    if not problems and leaf.shape:
        match leaf:
            case Tensor():
                problems = list(_dense_problems(bound, leaf, declared, receiver))
            case Ragged():
                problems = list(_ragged_problems(leaf, declared, receiver))
            case Sparse():
                problems = list(_sparse_problems(leaf, declared, receiver))
    for message, hint in problems:
        yield finding("bad-receiver", path, f"{bound.name!r} cannot be parsed: {message}", hint)


def _general_problems(bound: BoundLeaf, declared: Feature, receiver: Receiver) -> Iterator[Problem]:
    leaf = bound.leaf
    if declared.sequence is not None and receiver.kind != "tf_sequence_example":
        yield "only a tf_sequence_example has feature lists", 'remove "sequence"'
    elif leaf.shape is None:
        yield "its rank is unknown", ""
    elif _is_constant(bound):
        if declared != Feature():
            yield "a scalar is not a feature: its value is always its default", ""
    elif leaf.dtype not in _PARSED_AS:
        yield f"a feature cannot hold {leaf.dtype}", "features are int64, float32 or string, or cast from one of these"
    elif not leaf.shape:
        yield "a scalar has no row for each message", "give it a first dimension, or a default"


def _dense_problems(bound: BoundLeaf, leaf: Tensor, declared: Feature, receiver: Receiver) -> Iterator[Problem]:
    shape, sequence = leaf.shape or (), _is_sequence(leaf, declared, receiver)
    if sequence and len(shape) < 2:
        yield "a sequence needs a second dimension, its steps", ""
    elif not all(isinstance(size, int) for size in shape[2 if sequence else 1 :]):
        yield f"a dimension after the {'second' if sequence else 'first'} is not fixed", ""
    elif sequence and 0 in shape[2:]:
        yield _EMPTY, ""
    elif declared.default is not None:
        wanted = () if sequence else shape[1:]
        if sequence and receiver.kind == "tf_sequence_example":
            yield "a feature list cannot have a default: a missing one is empty", ""
        elif shape_of(declared.default) != wanted:
            what = "the padding of a sequence is a scalar" if sequence else f"one message has the shape {list(wanted)}"
            yield f"its default has another shape: {what}", ""
        elif not all(fits_dtype(value, leaf.dtype) for value in scalars(declared.default)):
            yield f"its default is not a value of dtype {leaf.dtype}", ""
    elif leaf.default is not None and not sequence and _repeated_row(leaf) is None:
        hint = f'give "features": {{"{bound.name}": {{"default": ...}}}}'
        yield "the rows of its default differ, but a missing feature is filled with one row", hint


def _ragged_problems(leaf: Ragged, declared: Feature, receiver: Receiver) -> Iterator[Problem]:
    shape = leaf.shape or ()
    if not all(isinstance(size, int) for size in shape[leaf.ragged_rank + 1 :]):
        yield "a uniform dimension is not fixed", ""
    elif 0 in shape[leaf.ragged_rank + 1 :]:
        yield _EMPTY, ""
    if declared.default is not None:
        yield "a ragged feature cannot have a default: a missing one is empty", ""
    if _in_lists(leaf, declared, receiver) and (leaf.ragged_rank > 2 or len(shape) > leaf.ragged_rank + 1):
        hint = '"sequence": false puts it in the context'
        yield "a feature list holds only ragged ranks 1 and 2, without a uniform dimension", hint


def _sparse_problems(leaf: Sparse, declared: Feature, receiver: Receiver) -> Iterator[Problem]:
    rank = 3 if _in_lists(leaf, declared, receiver) else 2
    if len(leaf.shape or ()) != rank:
        yield f"its rank must be {rank}, not {len(leaf.shape or ())}", ""
    if declared.default is not None:
        yield "a sparse feature cannot have a default: a missing one is empty", ""


def _parsed_feature(bound: BoundLeaf, declared: Feature, receiver: Receiver) -> ParsedFeature:
    leaf, key = bound.leaf, declared.key or bound.name
    if _is_constant(bound):
        return ParsedFeature(bound, key, "constant", leaf.dtype)
    dtype, shape = _PARSED_AS[leaf.dtype], leaf.shape or ()
    lists = receiver.kind == "tf_sequence_example"
    match leaf:
        case Tensor() if _is_sequence(leaf, declared, receiver):
            steps = shape[1] if isinstance(shape[1], int) else None
            sizes = _fixed_sizes(shape[2:])
            return ParsedFeature(bound, key, "sequence", dtype, sizes, declared.default, in_lists=lists, steps=steps)
        case Tensor():
            default = declared.default if declared.default is not None else _repeated_row(leaf)
            return ParsedFeature(bound, key, "fixed", dtype, _fixed_sizes(shape[1:]), default)
        case Ragged():
            in_lists = _in_lists(leaf, declared, receiver)
            splits = () if in_lists else tuple(component.wire_name for component in bound.components[2:])
            inner = _fixed_sizes(shape[leaf.ragged_rank + 1 :])
            return ParsedFeature(bound, key, "ragged", dtype, inner, splits=splits, in_lists=in_lists)
        case Sparse():
            return ParsedFeature(bound, key, "sparse", dtype, in_lists=_in_lists(leaf, declared, receiver))


def _in_lists(leaf: Ragged | Sparse, declared: Feature, receiver: Receiver) -> bool:
    """Whether a composite leaf is in the feature lists of a SequenceExample."""
    if receiver.kind != "tf_sequence_example":
        return False
    if declared.sequence is not None:
        return declared.sequence
    return isinstance(leaf, Ragged) or (leaf.shape is not None and len(leaf.shape) == 3)


def _is_sequence(leaf: Tensor, declared: Feature, receiver: Receiver) -> bool:
    if declared.sequence is not None and receiver.kind == "tf_sequence_example":
        return declared.sequence
    return leaf.shape is not None and len(leaf.shape) > 1 and not isinstance(leaf.shape[1], int)


def _is_constant(bound: BoundLeaf) -> bool:
    return isinstance(bound.leaf, Tensor) and bound.leaf.shape == () and bound.leaf.default is not None


def _repeated_row(leaf: Tensor) -> Any:
    """The row that a leaf's default repeats, or None if there is no default or its rows differ."""
    rows = leaf.default
    if not isinstance(rows, (list, tuple)) or not rows or any(repr(row) != repr(rows[0]) for row in rows):
        return None
    return rows[0]


def _fixed_sizes(dims: tuple[Any, ...]) -> tuple[int, ...]:
    return tuple(size for size in dims if isinstance(size, int))
