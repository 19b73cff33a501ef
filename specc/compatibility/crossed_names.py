"""Leaves whose wire name and path go on at two different leaves: one surface gets other data under the old name."""

from __future__ import annotations

from collections.abc import Iterator

from specc.change import Change
from specc.compatibility.endpoint_pair import EndpointPair
from specc.compatibility.leaf_change import leaf_change
from specc.compatibility.pairing import Role
from specc.diagnostics import Place


def crossed_names(pair: EndpointPair) -> Iterator[Change]:
    """The changes of leaves that are one leaf by wire name, and another one by path."""
    judgements = pair.judged("warning")
    roles: tuple[Role, ...] = ("inputs", "outputs")
    for role in roles if pair.seen("python") and pair.seen("wire", "rest") else ():
        for by_name, by_path in pair.pairing(role).crossed:
            old = by_name.old
            names = [pair.new.words[leaves.new.path] for leaves in (by_name, by_path)]
            yield leaf_change(
                pair,
                "crossed-names",
                role,
                old,
                by_name.new,
                judgements,
                f"the wire name {old.name!r} is that of {names[0]!r}, before of {names[1]!r}, which is still there",
                hint="keep the wire names where they were; if the data moved with the name, say so in a new endpoint",
                compared=(pair.old.words[old.path], names[0]),
                related=(Place(message="what has the path now", path=by_path.new.path),),
            )
