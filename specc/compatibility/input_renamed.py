"""Inputs with another wire name at the same path."""

from __future__ import annotations

from collections.abc import Iterator

from specc.change import Change
from specc.compatibility.endpoint_pair import EndpointPair
from specc.compatibility.leaf_change import leaf_change, wire_names
from specc.language.trees import leaf_kind


def input_renamed(pair: EndpointPair) -> Iterator[Change]:
    """The changes of wire names of inputs."""
    judgements = pair.judged("breaking", ("wire", "rest"))
    for leaves in pair.inputs.renamed if judgements else ():
        if leaf_kind(leaves.old.leaf) == leaf_kind(leaves.new.leaf):
            old, new = wire_names(leaves.old), wire_names(leaves.new)
            yield leaf_change(
                pair,
                "input-renamed",
                "inputs",
                leaves.old,
                leaves.new,
                judgements,
                f"the wire name of {old} is {new}",
                hint='keep the old wire name with "name"',
                compared=(old, new),
                witness=pair.witnesses.refused(judgements, f"there is no input {old}"),
            )
