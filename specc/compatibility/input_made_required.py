"""Defaults of inputs, which are what a request without the input means."""

from __future__ import annotations

from collections.abc import Iterator

from specc.change import Change, Judgement, Surface
from specc.compatibility.dims import fixed
from specc.compatibility.endpoint_pair import EndpointPair
from specc.compatibility.input_kind_changed import type_difference
from specc.compatibility.leaf_change import breaking, leaf_change, leaf_name
from specc.compatibility.pairing import LeafPair
from specc.compatibility.shown_values import shown_value
from specc.language.stored_values import stored_value
from specc.language.trees import Leaf, Tensor, has_default


def input_default_changed(pair: EndpointPair) -> Iterator[Change]:
    """The changes of inputs with a default that is gone, new, or another one in the precision of the dtype."""
    for leaves, surfaces in pair.differing_pairs("inputs"):
        old, new = leaves.old.leaf, leaves.new.leaf
        if not (has_default(old) or has_default(new)):
            continue
        difference = type_difference(leaves)
        if difference is not None and difference.aspect != "rank freed":
            continue
        if has_default(old) and not has_default(new):
            yield _left_out(pair, leaves, surfaces)
        elif has_default(new) and not has_default(old):
            name = leaf_name(pair.old, leaves.old, surfaces)
            yield leaf_change(
                pair,
                "input-made-optional",
                "inputs",
                leaves.old,
                leaves.new,
                pair.judged("safe", surfaces),
                f"{name!r} has a default, {_shown(new)}",
                compared=(None, _stored(new)),
            )
        elif has_default(old) and _same_shape(pair, leaves) and _stored(old) != _stored(new):
            yield _left_out(pair, leaves, surfaces)


def _left_out(pair: EndpointPair, leaves: LeafPair, surfaces: tuple[Surface, ...]) -> Change:
    """The Change of an input that clients could leave out, in Python as part of a whole argument."""
    gone = not has_default(leaves.new.leaf)
    in_python = int(leaves.old.path[3]) >= pair.old.first_optional
    of_surface: dict[Surface, Judgement] = {
        "wire": "breaking",
        "rest": "safe",
        "python": "breaking" if in_python else "safe",
    }
    judgements = {surface: of_surface[surface] for surface in surfaces}
    name, broken = leaf_name(pair.old, leaves.old, surfaces), breaking(judgements)
    without = {leaves.old.name} if "wire" in broken else pair.old.optional_words
    reason = f"the request has no {name!r}, which " + ("has to be there" if gone else "means another value")
    return leaf_change(
        pair,
        "input-made-required" if gone else "input-default-changed",
        "inputs",
        leaves.old,
        leaves.new,
        judgements,
        f"{name!r} has {'no default' if gone else f'the default {_shown(leaves.new.leaf)}'}, "
        f"before {_shown(leaves.old.leaf)}",
        hint="keep the default, and add an endpoint " + ("where the input is required" if gone else "with the new one"),
        compared=(_stored(leaves.old.leaf), None if gone else _stored(leaves.new.leaf)),
        witness=pair.witnesses.refused(broken, reason, absent=without) if broken else None,
    )


def _same_shape(pair: EndpointPair, leaves: LeafPair) -> bool:
    return fixed(leaves.old.leaf.shape, pair.old.dims) == fixed(leaves.new.leaf.shape, pair.new.dims)


def _stored(leaf: Leaf) -> str:
    """The default as the archive stores it; as text, in which NaN equals itself and -0.0 is not 0.0."""
    return repr(stored_value(leaf.default, leaf.dtype)) if isinstance(leaf, Tensor) else ""


def _shown(leaf: Leaf) -> str:
    return shown_value(leaf.default if isinstance(leaf, Tensor) else None)
