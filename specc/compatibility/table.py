"""Stand-in for the comparison."""

from __future__ import annotations

from collections.abc import Iterator

from specc.change import SURFACES, Change, Side, Witness
from specc.compatibility.sides import Comparison
from specc.language.canonical import endpoint_to_json
from specc.language.trees import tree_to_json
from specc.language.wire_names import input_leaves


def compare(comparison: Comparison) -> list[Change]:
    """All changes."""
    return list(_compare(comparison))


def _compare(comparison: Comparison) -> Iterator[Change]:
    old, new = comparison.old.document, comparison.new.document
    for name in sorted(old.endpoints.keys() | new.endpoints.keys()):
        at = ("endpoints", name)
        if name not in new.endpoints:
            yield Change(
                rule="endpoint-removed",
                path=at[:1],
                message=f"the endpoint {name!r} is gone",
                hint="keep it until no client calls it",
                surfaces=dict.fromkeys(SURFACES, "breaking"),
                subject=(name,),
                old=Side(at, endpoint_to_json(old.endpoints[name])),
                witness=Witness("wire", name, {}, None, f"there is no signature {name!r}"),
            )
        elif name not in old.endpoints:
            yield Change(
                rule="endpoint-added",
                level="info",
                path=at,
                message=f"the endpoint {name!r} is new",
                surfaces=dict.fromkeys(SURFACES, "safe"),
                subject=(name,),
                new=Side(at, endpoint_to_json(new.endpoints[name])),
            )
        else:
            before = {leaf.name: leaf for leaf in input_leaves(old.endpoints[name], at)}
            for leaf in input_leaves(new.endpoints[name], at):
                was = before.get(leaf.name)
                if was is None or was.leaf.dtype == leaf.leaf.dtype:
                    continue
                inputs = {
                    each.name: {
                        "dtype": each.leaf.dtype,
                        "shape": [d if isinstance(d, int) else 1 for d in each.leaf.shape or ()],
                    }
                    for each in before.values()
                }
                yield Change(
                    rule="input-dtype-changed",
                    path=leaf.path,
                    message=f"{leaf.name!r} is {leaf.leaf.dtype}, before {was.leaf.dtype}",
                    hint="keep the dtype, and add an endpoint for the new one",
                    surfaces=dict.fromkeys(SURFACES, "breaking"),
                    subject=(name, leaf.name),
                    compared=(was.leaf.dtype, leaf.leaf.dtype),
                    old=Side(was.path, tree_to_json(was.leaf)),
                    new=Side(leaf.path, tree_to_json(leaf.leaf)),
                    witness=Witness(
                        "wire",
                        name,
                        inputs,
                        None,
                        f"{leaf.name} is {was.leaf.dtype}, and {leaf.leaf.dtype} is accepted",
                    ),
                )
