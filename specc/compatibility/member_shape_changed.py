"""Rules for a variable of another shape, and for one whose shape is more precise than before."""

from __future__ import annotations

from collections.abc import Iterator

from specc.change import Change, Side, Witness
from specc.compatibility.collection_pairs import CollectionPair, collection_pairs
from specc.compatibility.sides import Comparison
from specc.language.tensor_string import ANY, Shape, format_tensor
from specc.language.trees import Tensor
from specc.rules.table import RuleId


def member_shape_changed(comparison: Comparison) -> Iterator[Change]:
    """A change for each variable of a collection that may have a shape which the pinned one of OLD rules out."""
    for pair, path, old, new in _reshaped(comparison):
        if not _holds(old.shape, new.shape):
            answer = {path: {"dtype": new.dtype, "shape": _ruled_out(old.shape or (), new.shape)}}
            reason = f"{path!r} has not the shape of {_shown(old)}"
            witness = Witness("python", pair.name, {}, answer, reason)
            yield _change("member-shape-changed", pair, path, (old, new), witness)


def member_shape_narrowed(comparison: Comparison) -> Iterator[Change]:
    """A change for each variable of a collection that has fewer shapes than before."""
    for pair, path, old, new in _reshaped(comparison):
        if _holds(old.shape, new.shape):
            yield _change("member-shape-narrowed", pair, path, (old, new), None)


def _reshaped(comparison: Comparison) -> Iterator[tuple[CollectionPair, str, Tensor, Tensor]]:
    for pair in collection_pairs(comparison):
        for path, old in pair.old.members.items():
            new = pair.new.members.get(path)
            if new is not None and old.dtype == new.dtype and old.shape != new.shape:
                yield pair, path, old, new


def _holds(old: Shape, new: Shape) -> bool:
    """Whether every shape of ``new`` is one of ``old``."""
    if old is None or new is None or len(old) != len(new):
        return old is None
    return all(before in (ANY, after) for before, after in zip(old, new, strict=True))


def _ruled_out(old: tuple[int | str, ...], new: Shape) -> list[int]:
    """The smallest shape of ``new`` that ``old`` rules out."""
    if new is None:
        return [] if old else [1]
    before = old if len(old) == len(new) else (ANY,) * len(new)
    pairs = zip(before, new, strict=True)
    return [after if isinstance(after, int) else 2 if first == 1 else 1 for first, after in pairs]


def _change(
    rule: RuleId, pair: CollectionPair, path: str, tensors: tuple[Tensor, Tensor], witness: Witness | None
) -> Change:
    old, new = tensors
    return Change(
        rule=rule,
        path=pair.new.places[path],
        message=f"the variable {path!r} of {pair.name!r} is {_shown(new)}, before {_shown(old)}",
        hint="keep the shape, or add a collection with the new one" if witness else "",
        surfaces={"python": "breaking" if witness else "safe"},
        subject=(pair.name, path),
        compared=(_shown(old), _shown(new)),
        old=Side(pair.old.places[path], old.to_json(sort_keys=False)),
        new=Side(pair.new.places[path], new.to_json(sort_keys=False)),
        witness=witness,
    )


def _shown(tensor: Tensor) -> str:
    return format_tensor(tensor.dtype, tensor.shape)
