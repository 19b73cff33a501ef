"""Outputs with another wire name. REST does not print the name of the only output."""

from __future__ import annotations

from collections.abc import Iterator

from specc.change import Change
from specc.compatibility.endpoint_pair import EndpointPair
from specc.compatibility.leaf_change import breaking, leaf_change, wire_names
from specc.compatibility.pairing import LeafPair
from specc.language.trees import leaf_kind
from specc.rest.binary import is_base64
from specc.rest.forms import is_bare


def output_renamed(pair: EndpointPair) -> Iterator[Change]:
    """The changes of wire names of outputs."""
    bare = is_bare(pair.old.nodes.outputs) and is_bare(pair.new.nodes.outputs)
    for leaves in pair.outputs.renamed if pair.seen("wire", "rest") else ():
        if leaf_kind(leaves.old.leaf) == leaf_kind(leaves.new.leaf):
            old, new = wire_names(leaves.old), wire_names(leaves.new)
            safe_on_rest = bare and not _changes_text(leaves)
            judgements = pair.judged("breaking", ("wire",))
            judgements |= pair.judged("safe" if safe_on_rest else "breaking", ("rest",))
            broken = breaking(judgements)
            yield leaf_change(
                pair,
                "output-renamed",
                "outputs",
                leaves.old,
                leaves.new,
                judgements,
                f"the wire name of {old} is {new}",
                hint='keep the old wire name with "name"',
                compared=(old, new),
                witness=pair.witnesses.ruled_out(broken, f"the answer has no {old}", (leaves.new,)) if broken else None,
            )


def _changes_text(leaves: LeafPair) -> bool:
    """Whether REST writes one of the two as Base64, and the other as text."""
    old, new = leaves.old, leaves.new
    return is_base64(old.leaf.dtype, old.name) != is_base64(new.leaf.dtype, new.name)
