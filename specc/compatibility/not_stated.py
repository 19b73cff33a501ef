"""What an archive without a contract does not say, where the other side says more."""

from __future__ import annotations

from collections.abc import Iterator

from specc.change import SURFACES, Change, Surface
from specc.compatibility.dims import dim_term
from specc.compatibility.endpoint_pair import EndpointPair
from specc.compatibility.input_kind_changed import is_rank_unknown, type_difference
from specc.compatibility.pairing import Role
from specc.compatibility.rest_format_changed import perhaps_without_rows
from specc.diagnostics import Place
from specc.language.tensor_string import ANY
from specc.language.wire_names import BoundLeaf


def not_stated(pair: EndpointPair) -> Iterator[Change]:
    """One Change for the inputs and one for the outputs whose sizes are not known on a side, and one for the trees."""
    yield from _trees(pair)
    if pair.old.described.has_contract and pair.new.described.has_contract:
        return
    roles: tuple[Role, ...] = ("inputs", "outputs")
    for role in roles:
        found: dict[str, BoundLeaf] = {}
        surfaces: set[Surface] = set()
        for leaf, seen in _places(pair, role):
            found.setdefault(pair.new.words[leaf.path] if seen == ("python",) else leaf.name, leaf)
            surfaces.update(seen)
        if found:
            first = next(iter(found.values()))
            yield Change(
                rule="not-stated",
                path=first.path,
                message=f"an archive without a contract does not state all sizes of {_listed(list(found))}",
                hint="compare with the spec, or with an archive that was built from one",
                surfaces=pair.judged("warning", sorted(surfaces, key=SURFACES.index)),
                subject=(pair.name, role),
                compared=(pair.old.described.has_contract, sorted(found)),
                related=tuple(Place(message="here", path=leaf.path) for leaf in list(found.values())[1:]),
            )


def _trees(pair: EndpointPair) -> Iterator[Change]:
    """The Change of an endpoint of which one side was only read from its signature."""
    halves = (pair.old, pair.new)
    unknown = [half.name in half.described.undescribed for half in halves]
    in_python = all(half.described.has_python and half.name == pair.name for half in halves)
    if in_python and unknown[0] != unknown[1]:
        which = "OLD" if unknown[0] else "NEW"
        yield Change(
            rule="not-stated",
            path=pair.new.path,
            message=f"{which} does not state the arguments and the result of {pair.name!r} in Python",
            hint="compare with the spec, or with an archive that was built from one",
            surfaces={"python": "warning"},
            subject=(pair.name, "python"),
            compared=(unknown[0], unknown[1]),
        )


def _places(pair: EndpointPair, role: Role) -> Iterator[tuple[BoundLeaf, tuple[Surface, ...]]]:
    """The leaves of NEW whose compatibility depends on what is not known, each with the surfaces."""
    for leaves, surfaces in pair.leaf_pairs(role):
        difference = type_difference(leaves)
        hidden = difference is not None and not difference.aspect.startswith("rank")
        if hidden or not is_rank_unknown(pair, leaves):
            continue
        if role == "inputs":
            matters = difference is not None or pair.old.described.has_contract
        else:
            matters = leaves.old.leaf.shape is not None
        if matters:
            yield leaves.new, surfaces
    for change in pair.size_changes(role):
        if not change.is_stated:
            for position in change.mismatch.positions:
                yield position.pair.new, change.surfaces
    if role == "outputs":
        yield from ((leaf, pair.seen("rest")) for leaf in perhaps_without_rows(pair))
    if role == "inputs" and not pair.new.described.has_contract:
        yield from _perhaps_tied(pair)


def _perhaps_tied(pair: EndpointPair) -> Iterator[tuple[BoundLeaf, tuple[Surface, ...]]]:
    """The inputs with a ``?`` of NEW that may stand for one size, where OLD states that there are several."""
    for view, unified in pair.solutions.items():
        sides = unified.sides
        is_said = pair.old.described.has_contract
        open_ones = [each for each in sides.told_inputs if each.new == ANY and (is_said or each.old != ANY)]
        terms = {dim_term("old", each.pair.old, each.axis, pair.old.dims) for each in open_ones}
        if len(terms) > 1:
            for each in open_ones:
                yield each.pair.new, pair.seen(*(("wire", "rest") if view == "wire" else ("python",)))


def _listed(names: list[str]) -> str:
    return f"{', '.join(map(repr, names[:8]))}{', ...' if len(names) > 8 else ''}"
