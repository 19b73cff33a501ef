"""Inputs that NEW needs or takes in addition, and inputs that it no longer takes."""

from __future__ import annotations

from collections.abc import Iterator

from specc.change import Change, Judgement, Surface
from specc.compatibility.endpoint_pair import EndpointPair
from specc.compatibility.leaf_change import breaking, leaf_change, leaf_name, removed_leaves, shown
from specc.compatibility.pairing import Argument
from specc.language.trees import has_default
from specc.language.wire_names import BoundLeaf


def input_added(pair: EndpointPair) -> Iterator[Change]:
    """The changes of inputs that only NEW has; an added argument speaks for its own."""
    found = pair.inputs
    in_python = {leaf.path for leaf in found.python_added}
    on_wire = {leaf.path for leaf in found.wire_added}
    arguments = _indices(pair.arguments.added)
    for leaf in pair.new.nodes.inputs if in_python or on_wire else ():
        if leaf.path[3] in arguments:
            continue
        default = has_default(leaf.leaf)
        judgements: dict[Surface, Judgement] = {}
        if leaf.path in on_wire:
            judgements |= pair.judged("safe" if default else "breaking", ("wire",)) | pair.judged("breaking", ("rest",))
        if leaf.path in in_python:
            judgements |= pair.judged("breaking", ("python",))
        if judgements:
            name = leaf_name(pair.new, leaf, judgements)
            broken = breaking(judgements)
            yield leaf_change(
                pair,
                "input-added",
                "inputs",
                None,
                leaf,
                judgements,
                f"{name!r} is a new input, {shown(leaf)}" + ("" if default else ", without a default"),
                hint="give it a default, as an argument of its own at the end; REST clients need a new endpoint",
                compared=(None, [*_kind(leaf), default]),
                witness=pair.witnesses.refused(broken, f"the request has no {name!r}") if broken else None,
            )


def input_removed(pair: EndpointPair) -> Iterator[Change]:
    """The changes of inputs that only OLD has; those of a removed argument are part of its change."""
    arguments = _indices(pair.arguments.removed)
    for leaf, judgements in removed_leaves(pair, "inputs"):
        if leaf.path[3] not in arguments:
            name = leaf_name(pair.old, leaf, judgements)
            yield leaf_change(
                pair,
                "input-removed",
                "inputs",
                leaf,
                None,
                judgements,
                f"the input {name!r}, {shown(leaf)}, is gone",
                hint="keep it, with a default, even if it is ignored",
                compared=(_kind(leaf), None),
                witness=pair.witnesses.refused(breaking(judgements), f"{name!r} is not an input any more"),
            )


def _indices(arguments: tuple[Argument, ...]) -> set[str | int]:
    """Where ``arguments`` are in ``inputs``, as the paths of their leaves have it."""
    return {argument.index for argument in arguments}


def _kind(leaf: BoundLeaf) -> list[str]:
    return [leaf.leaf.kind, leaf.leaf.dtype]
