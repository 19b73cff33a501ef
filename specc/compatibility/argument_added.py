"""Whole arguments that only one side has. Each speaks for its leaves."""

from __future__ import annotations

from collections.abc import Iterator

from specc.change import Change, Judgement, Surface
from specc.compatibility.endpoint_pair import EndpointPair
from specc.compatibility.halves import Half
from specc.compatibility.leaf_change import argument_change, breaking
from specc.language.trees import has_default
from specc.language.wire_names import BoundLeaf


def argument_added(pair: EndpointPair) -> Iterator[Change]:
    """The changes of arguments that only NEW has. Python allows one with defaults throughout, after all others."""
    on_wire = {leaf.path for leaf in pair.inputs.wire_added}
    last = max((other.index for _, other in (*pair.arguments.kept, *pair.arguments.renamed)), default=-1)
    leaves = _by_argument(pair.new)
    for argument in pair.arguments.added:
        own = leaves[argument.index]
        come = [leaf for leaf in own if leaf.path in on_wire]
        at_end, optional = argument.index > last, all(has_default(leaf.leaf) for leaf in own)
        judgements: dict[Surface, Judgement] = pair.judged("safe" if at_end and optional else "breaking", ("python",))
        if come:
            needed = not all(has_default(leaf.leaf) for leaf in come)
            judgements |= pair.judged("breaking" if needed else "safe", ("wire",)) | pair.judged("breaking", ("rest",))
        if judgements:
            broken = breaking(judgements)
            place = "" if at_end else ", before others"
            yield argument_change(
                pair,
                "argument-added",
                None,
                argument,
                judgements,
                f"{argument.name!r} is a new argument" + place + ("" if optional else ", without a default"),
                hint="put it last, with a default for each of its inputs; REST clients need a new endpoint",
                compared=(None, [at_end, *([leaf.leaf.kind, leaf.leaf.dtype, has_default(leaf.leaf)] for leaf in own)]),
                witness=pair.witnesses.refused(broken, f"the request has no {argument.name!r}") if broken else None,
            )


def argument_removed(pair: EndpointPair) -> Iterator[Change]:
    """The changes of arguments that only OLD has."""
    on_wire = {leaf.path for leaf in pair.inputs.wire_removed}
    leaves = _by_argument(pair.old)
    for argument in pair.arguments.removed:
        own = leaves[argument.index]
        gone = any(leaf.path in on_wire for leaf in own)
        judgements = pair.judged("breaking", ("wire", "rest", "python") if gone else ("python",))
        if judgements:
            yield argument_change(
                pair,
                "argument-removed",
                argument,
                None,
                judgements,
                f"the argument {argument.name!r} is gone",
                hint="keep it, with a default, even if it is ignored",
                compared=([[leaf.leaf.kind, leaf.leaf.dtype] for leaf in own], None),
                witness=pair.witnesses.refused(breaking(judgements), f"{argument.name!r} is not an argument any more"),
            )


def _by_argument(half: Half) -> dict[int, list[BoundLeaf]]:
    found: dict[int, list[BoundLeaf]] = {argument.index: [] for argument in half.arguments}
    for leaf in half.nodes.inputs:
        found[int(leaf.path[3])].append(leaf)
    return found
