"""Random edits of sizes, dims and leaves."""

from __future__ import annotations

from random import Random
from typing import Any

from random_documents import (
    DIMS,
    DTYPES,
    Json,
    all_leaves,
    an_endpoint,
    random_dim,
    set_default,
    set_range,
    some_leaves,
)


def _shaped(rng: Random, data: Json, **said: Any) -> Json | None:
    found, _ = some_leaves(rng, data, **said)
    return rng.choice([leaf for leaf in found if leaf["shape"] not in ("...", [])] or [None])


def rename_dim(rng: Random, data: Json) -> None:
    old, new = rng.choice(DIMS), "renamed"
    if old not in data["dims"]:
        return
    data["dims"][new] = data["dims"].pop(old)
    for endpoint in data["endpoints"].values():
        replace_dim(endpoint, old, new)


def replace_dim(endpoint: Json, old: Any, new: Any) -> None:
    for leaf in all_leaves(endpoint):
        if leaf["shape"] != "...":
            leaf["shape"] = [new if size == old else size for size in leaf["shape"]]


def move_bounds(rng: Random, data: Json) -> None:
    dim = data["dims"][rng.choice(sorted(data["dims"]))]
    field = rng.choice(("min", "max"))
    bound = rng.choice((None, 0, 1, 2, 3, 4, 5))
    dim.pop(field, None)
    if bound is not None:
        dim[field] = bound


def free_bounds(rng: Random, data: Json) -> None:
    data["dims"][rng.choice(sorted(data["dims"]))] = {}


def change_size(rng: Random, data: Json) -> None:
    leaf = _shaped(rng, data)
    if leaf:
        leaf["shape"][rng.randrange(len(leaf["shape"]))] = random_dim(rng)


def change_integer(rng: Random, data: Json) -> None:
    leaf = _shaped(rng, data)
    axes = [axis for axis, size in enumerate(leaf["shape"]) if isinstance(size, int)] if leaf else []
    if leaf and axes:
        leaf["shape"][rng.choice(axes)] = rng.randint(0, 4)
        if "default" in leaf:
            set_default(rng, leaf)


def free_input_size(rng: Random, data: Json) -> None:
    leaf = _shaped(rng, data, inputs=1)
    if leaf and "default" not in leaf:
        leaf["shape"][rng.randrange(len(leaf["shape"]))] = "?"


def fix_output_size(rng: Random, data: Json) -> None:
    leaf = _shaped(rng, data, inputs=0)
    if leaf and "?" in leaf["shape"]:
        leaf["shape"][leaf["shape"].index("?")] = random_dim(rng)


def tie(rng: Random, data: Json) -> None:
    replace_dim(an_endpoint(rng, data), rng.choice(("?", *DIMS)), rng.choice(DIMS))


def write_three(rng: Random, data: Json) -> None:
    pair = [3, "three"]
    rng.shuffle(pair)
    replace_dim(an_endpoint(rng, data), *pair)


def change_rank(rng: Random, data: Json) -> None:
    found, _ = some_leaves(rng, data)
    leaf = rng.choice(found)
    if leaf["shape"] == "...":
        leaf["shape"] = [random_dim(rng)]
    else:
        leaf["shape"] = rng.choice(("...", leaf["shape"][:-1], [*leaf["shape"], random_dim(rng)]))


def change_dtype(rng: Random, data: Json) -> None:
    leaf = rng.choice(some_leaves(rng, data)[0])
    leaf["dtype"] = rng.choice(DTYPES)
    if "default" in leaf:
        set_default(rng, leaf)


def change_kind(rng: Random, data: Json) -> None:
    leaf = rng.choice(some_leaves(rng, data)[0])
    leaf["kind"] = rng.choice(("tensor", "ragged", "sparse"))
    if leaf["kind"] != "tensor":
        for field in ("default", "minimum", "maximum"):
            leaf.pop(field, None)
    if leaf["kind"] == "ragged":
        leaf |= {"ragged_rank": rng.choice((1, 1, 2)), "row_splits_dtype": rng.choice(("int32", "int64"))}
        if rng.random() < 0.7:
            leaf["shape"] = ["batch", "?", "?"]
    else:
        leaf.pop("ragged_rank", None)
        leaf.pop("row_splits_dtype", None)


def change_default(rng: Random, data: Json) -> None:
    leaf = rng.choice(some_leaves(rng, data, inputs=1)[0])
    rng.choice((lambda: set_default(rng, leaf), lambda: leaf.pop("default", None)))()


def add_default(rng: Random, data: Json) -> None:
    for leaf in some_leaves(rng, data, inputs=1)[0]:
        if "default" not in leaf:
            return set_default(rng, leaf)
    return None


def change_range(rng: Random, data: Json) -> None:
    found, _ = some_leaves(rng, data)
    dense = [leaf for leaf in found if leaf["kind"] == "tensor"]
    if dense:
        set_range(rng, rng.choice([leaf for leaf in dense if "minimum" in leaf or "maximum" in leaf] or dense))
