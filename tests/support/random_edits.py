"""Seeded random edits of a document's JSON. An edit may have nothing to do, or make a document that cannot be built."""

from __future__ import annotations

import copy
from collections.abc import Callable
from random import Random
from typing import Any

from random_documents import (
    DIMS,
    DTYPES,
    WORDS,
    Json,
    as_document,
    collection,
    containers,
    is_container,
    leaves,
    parts,
    random_dim,
    random_document,
    random_endpoint,
    random_leaf,
    random_members,
    set_default,
    set_range,
)

from specc.language.document import Document
from specc.language.wire_names import BoundLeaf, input_leaves, output_leaves

Edit = Callable[[Random, Json], None]


def random_pair(rng: Random) -> tuple[Document, Document]:
    """A random document, and what one to three random edits make of it."""
    old = random_document(rng)
    return _document(old), _document(random_edit(rng, old, rng.choice((1, 1, 1, 2, 3))))


def random_edit(rng: Random, data: Json, count: int) -> Json:
    """``data`` after ``count`` random edits, each of which leaves a document that can be built."""
    while count:
        edited = copy.deepcopy(data)
        edit = rng.choice(EDITS)
        edit(rng, edited)
        if edited != data and as_document(edited):
            data, count = edited, count - 1
    return data


def _document(data: Json) -> Document:
    document = as_document(data)
    assert document is not None
    return document


def _endpoint(rng: Random, data: Json) -> Json:
    return data["endpoints"][rng.choice(sorted(data["endpoints"]))]  # type: ignore[no-any-return]


def _some_leaves(rng: Random, data: Json, *, inputs: float = 0.55) -> tuple[list[Json], bool]:
    """The leaves of the inputs, or of the outputs, of an endpoint; never none."""
    endpoint, is_input = _endpoint(rng, data), rng.random() < inputs
    is_input = is_input and bool(endpoint["inputs"])
    trees = endpoint["inputs"] if is_input else [endpoint["outputs"]]
    return [leaf for tree in trees for leaf in leaves(tree)], is_input


def _shaped(rng: Random, data: Json, **said: Any) -> Json | None:
    found, _ = _some_leaves(rng, data, **said)
    return rng.choice([leaf for leaf in found if leaf["shape"] not in ("...", [])] or [None])


# Sizes


def rename_dim(rng: Random, data: Json) -> None:
    old, new = rng.choice(DIMS), "renamed"
    if old not in data["dims"]:
        return
    data["dims"][new] = data["dims"].pop(old)
    for endpoint in data["endpoints"].values():
        replace_dim(endpoint, old, new)


def replace_dim(endpoint: Json, old: Any, new: Any) -> None:
    for leaf in _all_leaves(endpoint):
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


def free_input_size(rng: Random, data: Json) -> None:
    leaf = _shaped(rng, data, inputs=1)
    if leaf and "default" not in leaf:
        leaf["shape"][rng.randrange(len(leaf["shape"]))] = "?"


def fix_output_size(rng: Random, data: Json) -> None:
    leaf = _shaped(rng, data, inputs=0)
    if leaf and "?" in leaf["shape"]:
        leaf["shape"][leaf["shape"].index("?")] = random_dim(rng)


def tie(rng: Random, data: Json) -> None:
    replace_dim(_endpoint(rng, data), rng.choice(("?", *DIMS)), rng.choice(DIMS))


def write_three(rng: Random, data: Json) -> None:
    pair = [3, "three"]
    rng.shuffle(pair)
    replace_dim(_endpoint(rng, data), *pair)


def change_rank(rng: Random, data: Json) -> None:
    found, _ = _some_leaves(rng, data)
    leaf = rng.choice(found)
    if leaf["shape"] == "...":
        leaf["shape"] = [random_dim(rng)]
    else:
        leaf["shape"] = rng.choice(("...", leaf["shape"][:-1], [*leaf["shape"], random_dim(rng)]))


# Leaves


def change_dtype(rng: Random, data: Json) -> None:
    leaf = rng.choice(_some_leaves(rng, data)[0])
    leaf["dtype"] = rng.choice(DTYPES)
    if "default" in leaf:
        set_default(rng, leaf)


def change_kind(rng: Random, data: Json) -> None:
    leaf = rng.choice(_some_leaves(rng, data)[0])
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
    leaf = rng.choice(_some_leaves(rng, data, inputs=1)[0])
    rng.choice((lambda: set_default(rng, leaf), lambda: leaf.pop("default", None)))()


def add_default(rng: Random, data: Json) -> None:
    for leaf in _some_leaves(rng, data, inputs=1)[0]:
        if "default" not in leaf:
            return set_default(rng, leaf)
    return None


def change_range(rng: Random, data: Json) -> None:
    found, _ = _some_leaves(rng, data)
    dense = [leaf for leaf in found if leaf["kind"] == "tensor"]
    if dense:
        set_range(rng, rng.choice([leaf for leaf in dense if "minimum" in leaf or "maximum" in leaf] or dense))


# Names and structure


def _bound(rng: Random, data: Json) -> list[tuple[Json, BoundLeaf]]:
    """The leaves of the inputs, or of the outputs, of an endpoint, with their wire names."""
    document, name = as_document(data), rng.choice(sorted(data["endpoints"]))
    assert document is not None
    endpoint = document.endpoints[name]
    is_input = bool(endpoint.inputs) and rng.random() < 0.5
    bound = input_leaves(endpoint) if is_input else output_leaves(endpoint)
    json = data["endpoints"][name]
    trees = json["inputs"] if is_input else [json["outputs"]]
    return list(zip([leaf for tree in trees for leaf in leaves(tree)], bound, strict=True))


def rename_on_wire(rng: Random, data: Json) -> None:
    rng.choice(_bound(rng, data))[0]["name"] = rng.choice((*WORDS, "named", "named_bytes"))


def swap_on_wire(rng: Random, data: Json) -> None:
    found = _bound(rng, data)
    if len(found) > 1:
        (one, first), (other, second) = rng.sample(found, 2)
        one["name"], other["name"] = second.name, first.name


def spell_names(rng: Random, data: Json) -> None:
    for leaf, bound in _bound(rng, data):
        leaf["name"] = bound.name


def rename_key(rng: Random, data: Json) -> None:
    if rng.random() < 0.6:
        _spell_all(data)
    found = [tree for tree in _all_containers(rng, data) if tree["kind"] in ("dict", "namedtuple")]
    if found:
        tree, word = rng.choice(found), rng.choice(WORDS)
        if tree["kind"] == "dict":
            tree["items"][word] = tree["items"].pop(rng.choice(sorted(tree["items"])))
        else:
            rng.choice(tree["fields"])[0] = word


def regroup(rng: Random, data: Json) -> None:
    """Changes the structure under the same wire names: another kind of container, or one container more or fewer."""
    _spell_all(data)
    endpoint = _endpoint(rng, data)
    is_output = not endpoint["inputs"] or rng.random() < 0.5
    where, key = (endpoint, "outputs") if is_output else (endpoint["inputs"], 0)
    tree = where[key]
    found = list(containers(tree))
    if not found or rng.random() < 0.3:
        where[key] = {"kind": "dict", "items": {"all": tree}}
        return
    change = rng.choice(found)
    children = parts(change)
    if change is tree and len(children) == 1 and rng.random() < 0.5:
        where[key] = children[0]
        return
    change.pop("fields", None)
    change |= {"kind": rng.choice(("list", "tuple")), "items": children}


def change_namedtuple(rng: Random, data: Json) -> None:
    for tree in _all_containers(rng, data):
        if tree["kind"] == "namedtuple":
            if rng.random() < 0.5:
                tree["typename"] = "Other"
            else:
                tree["fields"].reverse()


def reverse_keys(rng: Random, data: Json) -> None:
    for tree in _all_containers(rng, data):
        if tree["kind"] == "dict":
            tree["items"] = dict(reversed(tree["items"].items()))


def add_leaf(rng: Random, data: Json) -> None:
    found = _all_containers(rng, data)
    if found:
        tree = rng.choice(found)
        leaf = random_leaf(rng, is_input=True, simple=True)
        if rng.random() < 0.5:
            leaf["shape"] = []
            set_default(rng, leaf)
        _insert(rng, tree, leaf)


def add_output(rng: Random, data: Json) -> None:
    found = list(containers(_endpoint(rng, data)["outputs"]))
    dicts = [tree for tree in found if tree["kind"] == "dict"]
    if found:
        _insert(rng, rng.choice(dicts or found), random_leaf(rng, is_input=False))


def _insert(rng: Random, tree: Json, leaf: Json) -> None:
    match tree["kind"]:
        case "dict":
            tree["items"].setdefault(rng.choice(WORDS), leaf)
        case "namedtuple":
            tree["fields"].append([rng.choice(WORDS), leaf])
        case _:
            tree["items"].append(leaf)


def remove_leaf(rng: Random, data: Json) -> None:
    found = [tree for tree in _all_containers(rng, data) if len(parts(tree)) > 1]
    if found:
        tree = rng.choice(found)
        if tree["kind"] == "dict":
            del tree["items"][rng.choice(sorted(tree["items"]))]
        else:
            tree["fields" if tree["kind"] == "namedtuple" else "items"].pop()


def _all_leaves(endpoint: Json) -> list[Json]:
    return [leaf for tree in (*endpoint["inputs"], endpoint["outputs"]) for leaf in leaves(tree)]


def _all_containers(rng: Random, data: Json) -> list[Json]:
    endpoint = _endpoint(rng, data)
    trees = rng.choice((endpoint["inputs"], [endpoint["outputs"]]))
    return [tree for root in trees if is_container(root) for tree in containers(root)]


def _spell_all(data: Json) -> None:
    """Writes out the wire names of all leaves, so that an edit of the structure keeps them."""
    document = as_document(data)
    assert document is not None
    for name, endpoint in document.endpoints.items():
        bound = (*input_leaves(endpoint), *output_leaves(endpoint))
        for leaf, item in zip(_all_leaves(data["endpoints"][name]), bound, strict=True):
            leaf["name"] = item.name


# Arguments


def add_argument(rng: Random, data: Json) -> None:
    endpoint = _endpoint(rng, data)
    leaf = random_leaf(rng, is_input=True, simple=True)
    if rng.random() < 0.6:
        leaf["shape"] = []
        set_default(rng, leaf)
    index = rng.choice((len(endpoint["inputs"]), len(endpoint["inputs"]), rng.randint(0, len(endpoint["inputs"]))))
    endpoint["inputs"].insert(index, leaf)
    endpoint["arguments"].insert(index, rng.choice(("more", *WORDS)))


def remove_argument(rng: Random, data: Json) -> None:
    endpoint = _endpoint(rng, data)
    if endpoint["inputs"]:
        index = rng.randrange(len(endpoint["inputs"]))
        del endpoint["inputs"][index], endpoint["arguments"][index]


def rename_argument(rng: Random, data: Json) -> None:
    if rng.random() < 0.7:
        _spell_all(data)
    endpoint = _endpoint(rng, data)
    if endpoint["inputs"]:
        endpoint["arguments"][rng.randrange(len(endpoint["arguments"]))] = rng.choice(("other", *WORDS))


def reorder_arguments(rng: Random, data: Json) -> None:
    endpoint = _endpoint(rng, data)
    order = list(range(len(endpoint["inputs"])))
    rng.shuffle(order)
    endpoint["inputs"] = [endpoint["inputs"][index] for index in order]
    endpoint["arguments"] = [endpoint["arguments"][index] for index in order]


# Receivers


def change_receiver(rng: Random, data: Json) -> None:
    endpoint = rng.choice([each for each in data["endpoints"].values() if each.get("receivers")] or [None])
    if endpoint is None:
        return
    receivers = endpoint["receivers"]
    edit = rng.choice(("add", "remove", "rename", "kind", "plain", *["feature"] * 4))
    name = rng.choice(sorted(receivers))
    match edit:
        case "add":
            receivers["more"] = {"kind": "tf_example"}
        case "remove":
            del receivers[name]
        case "rename":
            receivers["other"] = receivers.pop(name)
            if endpoint.get("receiver") == name:
                endpoint["receiver"] = "other"
        case "kind":
            receivers[name]["kind"] = rng.choice(("tf_example", "tf_sequence_example"))
        case "plain":
            endpoint["receiver"] = rng.choice((None, *sorted(receivers)))
        case _:
            _change_feature(rng, data, endpoint, receivers[name])


def _change_feature(rng: Random, data: Json, endpoint: Json, receiver: Json) -> None:
    document = as_document(data)
    assert document is not None
    name = next(key for key, each in data["endpoints"].items() if each is endpoint)
    bound = rng.choice(input_leaves(document.endpoints[name]))
    feature = receiver.setdefault("features", {}).setdefault(bound.name, {})
    field = rng.choice(("key", "default", "default", "sequence"))
    leaf: Json = {"kind": "tensor", "dtype": bound.leaf.dtype, "shape": list((bound.leaf.shape or ())[1:])}
    set_default(rng, leaf)
    if not feature.get(field) and field == "default" and "default" not in leaf:
        leaf |= {"shape": []}
        set_default(rng, leaf)
    value = {"key": rng.choice(WORDS), "default": leaf.get("default"), "sequence": rng.random() < 0.5}[field]
    feature.pop(field, None)
    if value is not None and rng.random() < 0.8:
        feature[field] = value
    if not feature:
        del receiver["features"][bound.name]
    if not receiver["features"]:
        del receiver["features"]


# Endpoints and the archive


def change_endpoint(rng: Random, data: Json) -> None:
    endpoint = _endpoint(rng, data)
    field = rng.choice(("optional", "gradients", "method", "function", "kwargs", "description"))
    values: dict[str, tuple[Any, ...]] = {
        "method": ("predict", "classify", "regress", "train", "eval"),
        "function": ("call", "embed"),
        "kwargs": ({}, {"training": False}),
        "description": ("Scores.", ""),
    }
    endpoint[field] = rng.choice(values.get(field, (True, False)))


def add_endpoint(rng: Random, data: Json) -> None:
    data["endpoints"].setdefault(rng.choice(("score", "embed", "rank", "more")), random_endpoint(rng))


def remove_endpoint(rng: Random, data: Json) -> None:
    del data["endpoints"][rng.choice(sorted(data["endpoints"]))]
    if data["default"] not in data["endpoints"]:
        data["default"] = rng.choice((None, *sorted(data["endpoints"])))


def rename_endpoint(rng: Random, data: Json) -> None:
    old = rng.choice(sorted(data["endpoints"]))
    new = rng.choice(("other", "serving_default", "__call__"))
    data["endpoints"][new] = data["endpoints"].pop(old)
    if data["default"] == old:
        data["default"] = new


def change_default_endpoint(rng: Random, data: Json) -> None:
    data["default"] = rng.choice((None, *sorted(data["endpoints"])))


def change_archive(rng: Random, data: Json) -> None:
    options = data.setdefault("save_options", {})
    name = rng.choice(sorted(data["endpoints"]))
    match rng.choice(("mode", "serving_only", "serving_only", "saver", "tags", "alias", "gradients", "debug", "name")):
        case "mode":
            data["mode"] = rng.choice(("predict", "train", "eval"))
        case "serving_only":
            data["serving_only"] = not data.get("serving_only", False)
        case "saver":
            options["experimental_skip_saver"] = not options.get("experimental_skip_saver", False)
        case "tags":
            options["extra_tags"] = rng.choice(([], ["gpu"], ["tpu", "gpu"], ["gpu", "tpu"]))
        case "alias":
            options["function_aliases"] = rng.choice(({}, {"alias": name}, {"alias": name, "other": name}))
        case "gradients":
            options["experimental_custom_gradients"] = not options.get("experimental_custom_gradients", True)
        case "debug":
            options["save_debug_info"] = True
        case _:
            data["name"] = "ranker"


def change_collection(rng: Random, data: Json) -> None:
    found = data.setdefault("variable_collections", {})
    if "weights" not in found or rng.random() < 0.3:
        found[rng.choice(("weights", "moments"))] = [collection(random_members(rng) if rng.random() < 0.8 else None)]
        return
    content = found["weights"][0].get("content")
    edit = rng.choice(("remove", "unpin", "pin", *["member"] * 6))
    if edit == "remove":
        del found["weights"]
    elif edit == "unpin":
        found["weights"][0].pop("content", None)
    elif edit == "pin" or content is None:
        found["weights"][0]["content"] = random_members(rng)
    else:
        content[rng.choice(WORDS if rng.random() < 0.3 else sorted(content))] = rng.choice(
            ("float32[?]", "float32[3]", "float32[...]", "int64[?, 3]", "int64[2, ?]")
        )


EDITS: tuple[Edit, ...] = (
    rename_dim, move_bounds, move_bounds, free_bounds, change_size, change_size, free_input_size, free_input_size,
    fix_output_size, fix_output_size, tie, tie, write_three, change_rank,
    change_dtype, change_kind, change_default, change_default, add_default, change_range, change_range,
    rename_on_wire, swap_on_wire, spell_names, rename_key, regroup, change_namedtuple, reverse_keys,
    add_leaf, add_output, add_output, remove_leaf,
    add_argument, add_argument, remove_argument, rename_argument, reorder_arguments,
    change_receiver, change_receiver, change_receiver, change_endpoint, change_endpoint, add_endpoint, remove_endpoint,
    rename_endpoint, change_default_endpoint, change_archive, change_archive, change_collection, change_collection,
)  # fmt: skip
