"""Random edits of names, containers and arguments."""

from __future__ import annotations

from random import Random

from random_documents import (
    WORDS,
    Json,
    all_leaves,
    an_endpoint,
    as_document,
    containers,
    is_container,
    leaves,
    parts,
    random_leaf,
    set_default,
)

from specc.language.wire_names import BoundLeaf, input_leaves, output_leaves


def _all_containers(rng: Random, data: Json) -> list[Json]:
    endpoint = an_endpoint(rng, data)
    trees = rng.choice((endpoint["inputs"], [endpoint["outputs"]]))
    return [tree for root in trees if is_container(root) for tree in containers(root)]


def _spell_all(data: Json) -> None:
    """Writes out the wire names of all leaves, so that an edit of the structure keeps them."""
    document = as_document(data)
    assert document is not None
    for name, endpoint in document.endpoints.items():
        bound = (*input_leaves(endpoint), *output_leaves(endpoint))
        for leaf, item in zip(all_leaves(data["endpoints"][name]), bound, strict=True):
            leaf["name"] = item.name


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


def rename_component(rng: Random, data: Json) -> None:
    """Names one component of a composite leaf, perhaps as another leaf or component was called."""
    found = _bound(rng, data)
    names = [part.wire_name for _, bound in found for part in bound.components]
    for leaf, _ in found:
        if leaf["kind"] != "tensor":
            leaf["names"] = {"values": rng.choice((*names, "flat"))}


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
    endpoint = an_endpoint(rng, data)
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
    found = list(containers(an_endpoint(rng, data)["outputs"]))
    dicts = [tree for tree in found if tree["kind"] == "dict"]
    if found:
        leaf = random_leaf(rng, is_input=False)
        if leaf["kind"] == "tensor" and rng.random() < 0.5:
            leaf["shape"] = []
        _insert(rng, rng.choice(dicts or found), leaf)


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


def add_argument(rng: Random, data: Json) -> None:
    endpoint = an_endpoint(rng, data)
    leaf = random_leaf(rng, is_input=True, simple=True)
    if rng.random() < 0.6:
        leaf["shape"] = []
        set_default(rng, leaf)
    index = rng.choice((len(endpoint["inputs"]), len(endpoint["inputs"]), rng.randint(0, len(endpoint["inputs"]))))
    endpoint["inputs"].insert(index, leaf)
    endpoint["arguments"].insert(index, rng.choice(("more", *WORDS)))


def remove_argument(rng: Random, data: Json) -> None:
    endpoint = an_endpoint(rng, data)
    if endpoint["inputs"]:
        index = rng.randrange(len(endpoint["inputs"]))
        del endpoint["inputs"][index], endpoint["arguments"][index]


def rename_argument(rng: Random, data: Json) -> None:
    if rng.random() < 0.7:
        _spell_all(data)
    endpoint = an_endpoint(rng, data)
    if endpoint["inputs"]:
        endpoint["arguments"][rng.randrange(len(endpoint["arguments"]))] = rng.choice(("other", *WORDS))


def reorder_arguments(rng: Random, data: Json) -> None:
    endpoint = an_endpoint(rng, data)
    order = list(range(len(endpoint["inputs"])))
    rng.shuffle(order)
    endpoint["inputs"] = [endpoint["inputs"][index] for index in order]
    endpoint["arguments"] = [endpoint["arguments"][index] for index in order]
