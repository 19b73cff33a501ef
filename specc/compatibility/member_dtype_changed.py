"""Rule for a variable of another dtype."""

from __future__ import annotations

from collections.abc import Iterator

from specc.change import Change, Side, Witness
from specc.compatibility.collection_pairs import collection_pairs
from specc.compatibility.sides import Comparison


def member_dtype_changed(comparison: Comparison) -> Iterator[Change]:
    """A change for each variable of a collection whose pinned dtype is another one; it speaks for the shape."""
    for pair in collection_pairs(comparison):
        for path, old in pair.old.members.items():
            new = pair.new.members.get(path)
            if new is not None and old.dtype != new.dtype:
                shape = [dim if isinstance(dim, int) else 1 for dim in new.shape or ()]
                answer = {path: {"dtype": new.dtype, "shape": shape}}
                reason = f"{path!r} is {new.dtype}, not {old.dtype}"
                yield Change(
                    rule="member-dtype-changed",
                    path=pair.new.places[path],
                    message=f"the variable {path!r} of {pair.name!r} is {new.dtype}, before {old.dtype}",
                    hint="keep the dtype, or add a collection with the new one",
                    surfaces={"python": "breaking"},
                    subject=(pair.name, path),
                    compared=(old.dtype, new.dtype),
                    old=Side(pair.old.places[path], old.to_json(sort_keys=False)),
                    new=Side(pair.new.places[path], new.to_json(sort_keys=False)),
                    witness=Witness("python", pair.name, {}, answer, reason),
                )
