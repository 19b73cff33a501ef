"""Outputs that NEW no longer gives, and outputs that it gives in addition."""

from __future__ import annotations

from collections.abc import Iterator

from specc.change import Change, Judgement, Surface
from specc.compatibility.endpoint_pair import EndpointPair
from specc.compatibility.leaf_change import breaking, leaf_change, leaf_name, removed_leaves, shown


def output_removed(pair: EndpointPair) -> Iterator[Change]:
    """The changes of outputs that only OLD has."""
    for leaf, judgements in removed_leaves(pair, "outputs"):
        name = leaf_name(pair.old, leaf, judgements)
        yield leaf_change(
            pair,
            "output-removed",
            "outputs",
            leaf,
            None,
            judgements,
            f"the output {name!r}, {shown(leaf)}, is gone",
            hint="keep it, and add an endpoint without it",
            compared=([leaf.leaf.kind, leaf.leaf.dtype], None),
            witness=pair.witnesses.ruled_out(breaking(judgements), f"the answer has no {name!r}", ()),
        )


def output_added(pair: EndpointPair) -> Iterator[Change]:
    """The changes of outputs that only NEW has: a dict may have more keys, no other container may have more parts."""
    found = pair.outputs
    in_python = {leaf.path for leaf in found.python_added}
    on_wire = {leaf.path for leaf in found.wire_added}
    for leaf in pair.new.nodes.outputs if in_python or on_wire else ():
        judgements: dict[Surface, Judgement] = pair.judged("safe", ("wire", "rest") if leaf.path in on_wire else ())
        if leaf.path in in_python:
            judgements |= pair.judged("safe" if leaf.path in found.into_dicts else "breaking", ("python",))
        if judgements:
            name, broken = leaf_name(pair.new, leaf, judgements), breaking(judgements)
            reason = f"the result has {pair.new.words[leaf.path]!r} in addition, and is not a dict"
            yield leaf_change(
                pair,
                "output-added",
                "outputs",
                None,
                leaf,
                judgements,
                f"{name!r} is a new output, {shown(leaf)}",
                hint="return a dict: it may grow" if broken else "",
                compared=(None, [leaf.leaf.kind, leaf.leaf.dtype, leaf.path in found.into_dicts]),
                witness=pair.witnesses.ruled_out(broken, reason, (leaf,)) if broken else None,
            )
