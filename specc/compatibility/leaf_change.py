"""Changes of single leaves as findings: what they are called, where they are shown, and both sides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from specc.change import Change, Judgement, Side, Surface, Witness
from specc.compatibility.dims import UNLIMITED, Dims, Term, written
from specc.compatibility.endpoint_pair import EndpointPair, SizeChange
from specc.compatibility.halves import Half
from specc.compatibility.pairing import Argument, NodePair, Role
from specc.diagnostics import Place, SpecPath
from specc.language.tensor_string import ANY, Dimension, format_tensor
from specc.language.wire_names import BoundLeaf
from specc.rules.table import RuleId

Judgements = Mapping[Surface, Judgement]


RESULT = "result"
"""What messages call the result itself."""


def leaf_name(half: Half, leaf: BoundLeaf, surfaces: Iterable[Surface]) -> str:
    """What clients call a leaf: its wire name, or its path where only Python sees the change."""
    return half.words[leaf.path] or RESULT if set(surfaces) == {"python"} else leaf.name


def shown(leaf: BoundLeaf) -> str:
    """The leaf as a tensor string."""
    text = format_tensor(leaf.leaf.dtype, leaf.leaf.shape)
    return text if leaf.leaf.kind == "tensor" else f"{leaf.leaf.kind} {text}"


def leaf_side(leaf: BoundLeaf | None) -> Side | None:
    """The Side of a leaf."""
    return None if leaf is None else Side(leaf.path, leaf.leaf.to_json(sort_keys=False))


def leaf_change(  # noqa: PLR0913, PLR0917  # each is one field
    pair: EndpointPair,
    rule: RuleId,
    role: Role,
    old: BoundLeaf | None,
    new: BoundLeaf | None,
    judgements: Judgements,
    message: str,
    *,
    hint: str = "",
    compared: tuple[Any, Any] = (None, None),
    witness: Witness | None = None,
    related: tuple[Place, ...] = (),
) -> Change:
    """The Change of a leaf that stands in OLD, in NEW, or in both."""
    if old is not None:
        name = leaf_name(pair.old, old, judgements)
    else:
        assert new is not None
        name = leaf_name(pair.new, new, judgements)
    return Change(
        rule=rule,
        path=new.path if new is not None else holder(pair, old.path if old is not None else ()),
        message=message,
        hint=hint,
        surfaces=judgements,
        subject=(pair.name, role, name),
        compared=compared,
        old=leaf_side(old),
        new=leaf_side(new),
        witness=witness,
        related=related,
    )


def holder(pair: EndpointPair, path: SpecPath) -> SpecPath:
    """The innermost place of NEW that still holds what stood at ``path`` in OLD."""
    size = len(pair.old.path)
    places = pair.new_places
    if path[size : size + 1] == ("inputs",) and len(path) > size + 1:
        index = pair.new_argument.get(path[size + 1])
        if index is None:
            return (*pair.new.path, "inputs")
        inside = (*pair.new.path, "inputs", index, *path[size + 2 :])
    else:
        inside = (*pair.new.path, *path[size:])
    while inside not in places and len(inside) > size:
        inside = inside[:-1]
    return inside


def removed_leaves(pair: EndpointPair, role: Role) -> Iterator[tuple[BoundLeaf, Judgements]]:
    """The leaves that only OLD has on a surface, each with the surfaces that break."""
    found, nodes = pair.pairing(role), pair.old.nodes
    in_python = {leaf.path for leaf in found.python_removed}
    on_wire = {leaf.path for leaf in found.wire_removed}
    for leaf in (nodes.inputs if role == "inputs" else nodes.outputs) if in_python or on_wire else ():
        judgements = pair.judged("breaking", ("wire", "rest") if leaf.path in on_wire else ())
        judgements |= pair.judged("breaking", ("python",) if leaf.path in in_python else ())
        if judgements:
            yield leaf, judgements


def breaking(judgements: Judgements) -> tuple[Surface, ...]:
    """The surfaces that break."""
    return tuple(surface for surface, judgement in judgements.items() if judgement == "breaking")


def by_leaf(changes: Iterable[SizeChange]) -> Iterator[list[SizeChange]]:
    """Mismatches of one kind, at one leaf and on the same surfaces, together."""
    found: dict[tuple[object, ...], list[SizeChange]] = {}
    for change in changes:
        pair = change.mismatch.positions[0].pair
        found.setdefault((pair.old.path, pair.new.path, change.surfaces), []).append(change)
    yield from found.values()


def sizes_text(
    pair: EndpointPair, changes: Iterable[SizeChange], name: str, verb: str, *, is_reversed: bool = False
) -> str:
    """What each axis of one leaf has on both sides, with the bounds of named dims."""
    texts: dict[int, str] = {}
    for change in changes:
        position = change.mismatch.positions[0]
        old, new = (position.new, position.old) if is_reversed else (position.old, position.new)
        of = "" if texts else f" of {name!r}"
        after = f"{_size_text(new, pair.new.dims)}, before {_size_text(old, pair.old.dims)}"
        texts.setdefault(position.axis, f"axis {position.axis}{of} {verb} {after}")
    return "; ".join(texts.values())


def _size_text(dim: Dimension, dims: Dims) -> str:
    if isinstance(dim, int):
        return str(dim)
    if dim == ANY:
        return "any size"
    low, high = dims.get(dim, UNLIMITED)
    if high is None:
        return f"{dim!r} (at least {low})" if low else repr(dim)
    return f"{dim!r} ({low} to {high})" if low else f"{dim!r} (at most {high})"


def place_of(half: Half, term: Term) -> str:
    """The first input of a half that has a term, and its axis, as text; empty for a term of outputs alone."""
    origin = half.origins.get(term)
    return f"axis {origin[1]} of {origin[0]!r}" if origin else ""


def compared_positions(
    pair: EndpointPair, changes: Iterable[SizeChange], *, is_reversed: bool = False
) -> tuple[Any, Any]:
    """Where the dims of ``changes`` stand, and what they are on both sides, as the fingerprint has them.

    A size that must equal one of OLD's inputs is known by the first place where it stands there.
    """
    listed = list(changes)
    positions = [position for change in listed for position in change.mismatch.positions]
    leaves = [position.pair.new if is_reversed else position.pair.old for position in positions]
    names = [leaf.name for leaf in leaves] if len({leaf.path for leaf in leaves}) > 1 else []
    places = [[position.axis for position in positions], names]
    old = written([position.new if is_reversed else position.old for position in positions], pair.old.dims)
    new = written([position.old if is_reversed else position.new for position in positions], pair.new.dims)
    if is_reversed or any(change.mismatch.limits for change in listed):
        return [*places, old], [*places, new]
    origins = [[_origin(pair, term) for term in change.mismatch.terms] for change in listed]
    return [*places, old], [*places, new, origins]


def _origin(pair: EndpointPair, term: Term) -> int | tuple[str, int] | None:
    return term if isinstance(term, int) else pair.old.origins.get(term)


def argument_change(  # noqa: PLR0913  # each is one field
    pair: EndpointPair,
    rule: RuleId,
    old: Argument | None,
    new: Argument | None,
    judgements: Judgements,
    message: str,
    *,
    hint: str,
    compared: tuple[Any, Any],
    witness: Witness | None,
) -> Change:
    """The Change of an argument that stands in OLD, in NEW, or in both."""
    named = old or new
    assert named is not None
    return Change(
        rule=rule,
        path=(*pair.new.path, "inputs") if new is None else (*pair.new.path, "inputs", new.index),
        message=message,
        hint=hint,
        surfaces=judgements,
        subject=(pair.name, "arguments", named.name),
        compared=compared,
        old=None if old is None else Side((*pair.old.path, "inputs", old.index), old.tree.to_json(sort_keys=False)),
        new=None if new is None else Side((*pair.new.path, "inputs", new.index), new.tree.to_json(sort_keys=False)),
        witness=witness,
    )


def node_change(  # noqa: PLR0913  # each is one field
    pair: EndpointPair,
    rule: RuleId,
    role: Role,
    nodes: NodePair,
    judgements: Judgements,
    message: str,
    *,
    hint: str,
    compared: tuple[Any, Any],
    witness: Witness | None,
) -> Change:
    """The Change of a node of the trees."""
    return Change(
        rule=rule,
        path=nodes.new,
        message=message,
        hint=hint,
        surfaces=judgements,
        subject=(pair.name, role, pair.old.words[nodes.old] or RESULT),
        compared=compared,
        old=Side(nodes.old, nodes.old_tree.to_json(sort_keys=False)),
        new=Side(nodes.new, nodes.new_tree.to_json(sort_keys=False)),
        witness=witness,
    )


def wire_names(leaf: BoundLeaf) -> str:
    """The wire names of a leaf, quoted."""
    return ", ".join(repr(component.wire_name) for component in leaf.components)
