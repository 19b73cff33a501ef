"""Seeded random documents that can be built, small enough to enumerate their requests: the subject of random edits.

Their JSON has the long form of each node, so that an edit finds the fields of a leaf in one place.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from random import Random
from typing import Any

from specc.errors import SpecError
from specc.language.document import Document
from specc.language.load import from_json, require_buildable

Json = dict[str, Any]

DIMS = ("batch", "time", "k", "m", "three")
WORDS = ("a", "b", "c", "d", "user", "item")
DTYPES = (
    "int32",
    "int32",
    "float32",
    "float32",
    "int8",
    "string",
    "string",
    "float16",
    "bfloat16",
    "bool",
    "complex64",
)
FLOATS = (0.1, 0.10000000149011612, 0.5, 0.0, -0.0, 2.0, "NaN", "Infinity")
ENDPOINTS = ("score", "embed", "rank")


def random_document(rng: Random) -> Json:
    """The JSON of a random document that can be built."""
    while True:
        data = _document(rng)
        if as_document(data):
            return data


def as_document(data: Json) -> Document | None:
    """The Document of ``data``, or None if it cannot be built."""
    try:
        document = from_json(copy.deepcopy(data))
        require_buildable(document)
    except SpecError:
        return None
    return document


def leaves(tree: Json) -> Iterator[Json]:
    """The leaves of a tree in TensorFlow's order."""
    for part in parts(tree):
        yield from leaves(part)
    if not is_container(tree):
        yield tree


def containers(tree: Json) -> Iterator[Json]:
    """The containers of a tree, from outside."""
    if is_container(tree):
        yield tree
        for part in parts(tree):
            yield from containers(part)


def parts(tree: Json) -> list[Json]:
    """The children of a node in TensorFlow's order."""
    match tree["kind"]:
        case "dict":
            return [part for _, part in sorted(tree["items"].items())]
        case "list" | "tuple":
            return list(tree["items"])
        case "namedtuple":
            return [part for _, part in tree["fields"]]
        case _:
            return []


def an_endpoint(rng: Random, data: Json) -> Json:
    """One of the endpoints."""
    return data["endpoints"][rng.choice(sorted(data["endpoints"]))]  # type: ignore[no-any-return]


def some_leaves(rng: Random, data: Json, *, inputs: float = 0.55) -> tuple[list[Json], bool]:
    """The leaves of the inputs, or of the outputs, of an endpoint; never none."""
    endpoint, is_input = an_endpoint(rng, data), rng.random() < inputs
    is_input = is_input and bool(endpoint["inputs"])
    trees = endpoint["inputs"] if is_input else [endpoint["outputs"]]
    return [leaf for tree in trees for leaf in leaves(tree)], is_input


def all_leaves(endpoint: Json) -> list[Json]:
    """The leaves of the inputs and the outputs of an endpoint."""
    return [leaf for tree in (*endpoint["inputs"], endpoint["outputs"]) for leaf in leaves(tree)]


def is_container(tree: Json) -> bool:
    return tree["kind"] in ("dict", "list", "tuple", "namedtuple")


def random_leaf(rng: Random, *, is_input: bool, first: str | None = None, simple: bool = False) -> Json:
    """A random leaf; ``first`` is its first dim, for what a receiver parses."""
    leaf: Json = {"kind": "tensor", "dtype": rng.choice(DTYPES)}
    rank = rng.choice((0, 1, 1, 2, 2, 3))
    shape = [random_dim(rng) for _ in range(rank)]
    if first is not None:
        shape = [first, *(random_dim(rng) if axis == 0 else rng.randint(1, 3) for axis in range(rng.randint(0, 2)))]
    leaf["shape"] = shape
    kind = "tensor" if simple else rng.choice(("tensor",) * 9 + ("ragged", "sparse"))
    if kind == "ragged":
        leaf |= {"kind": kind, "shape": [first or random_dim(rng), "?", *([rng.randint(1, 3)] * rng.randint(0, 1))]}
    elif kind == "sparse":
        leaf |= {"kind": kind, "shape": [first or random_dim(rng), random_dim(rng)]}
    elif first is None and rng.random() < 0.05:
        leaf["shape"] = "..."
    elif is_input and rng.random() < 0.35:
        leaf["shape"] = [rng.randint(1, 3) for _ in range(rank // 2)] if first is None else shape
        set_default(rng, leaf)
    if leaf["kind"] == "tensor" and rng.random() < 0.25:
        set_range(rng, leaf)
    return leaf


def random_dim(rng: Random) -> Any:
    """A size, a name or ``?``."""
    return rng.choice((*DIMS, *DIMS, "?", "?", rng.randint(0, 4), rng.randint(1, 3), 3))


def set_default(rng: Random, leaf: Json) -> None:
    """Gives a leaf of fixed dims a default, mostly of equal elements; leaves others as they are."""
    leaf.pop("default", None)
    if leaf["kind"] != "tensor" or leaf["shape"] == "..." or not all(isinstance(size, int) for size in leaf["shape"]):
        return
    value, *others = (_value(rng, leaf["dtype"]) for _ in leaf["shape"] or [0])
    for size in reversed(leaf["shape"]):
        value = [value] * size
    if others and len(leaf["shape"]) == 2 and leaf["shape"] == [2, 2]:
        value[1] = [others[0]] * 2
    leaf["default"] = value


def _value(rng: Random, dtype: str) -> Any:
    if dtype == "complex64":
        return {"real": rng.choice(FLOATS), "imag": 0.1}
    values = {"string": ("", "x", "y"), "bool": (True, False)}
    return rng.choice(FLOATS if "float" in dtype else values.get(dtype, (0, 1, 2)))


def set_range(rng: Random, leaf: Json) -> None:
    """Gives a leaf of numbers a minimum, a maximum, both or none; a default may then be outside."""
    leaf.pop("minimum", None)
    leaf.pop("maximum", None)
    if leaf["dtype"] in ("string", "bool", "complex64"):
        return
    low, high = rng.choice(((0, None), (-1, None), (0, 5), (None, 5), (None, 6), (-128, 127), (0, 6), (None, None)))
    if "float" in leaf["dtype"]:
        low, high = rng.choice(((0, None), (0.1, None), (0.10000000149011612, 5), (None, 5), ("-Infinity", 5.5)))
    leaf |= {key: value for key, value in (("minimum", low), ("maximum", high)) if value is not None}


def random_tree(rng: Random, *, is_input: bool, depth: int = 2, **said: Any) -> Json:
    """A random tree of at most about six leaves."""
    kind = rng.choice(("leaf", "dict", "dict", "dict", "list", "tuple", "namedtuple") if depth else ("leaf",))
    if kind == "leaf":
        return random_leaf(rng, is_input=is_input, **said)
    words = rng.sample(WORDS, rng.randint(1, 3 if depth == 2 else 2))
    made = [random_tree(rng, is_input=is_input, depth=rng.choice((0, 0, depth - 1)), **said) for _ in words]
    match kind:
        case "dict":
            return {"kind": "dict", "items": dict(zip(words, made, strict=True))}
        case "namedtuple":
            return {"kind": kind, "typename": "Pair", "fields": [list(pair) for pair in zip(words, made, strict=True)]}
        case _:
            return {"kind": kind, "items": made}


def random_endpoint(rng: Random) -> Json:
    """A random endpoint, of the method predict, or of one of the forms that other methods ask for."""
    form = rng.choice(("free",) * 6 + ("received",) * 4 + ("supervised", "supervised", "classification"))
    if form == "classification":
        vector = {"kind": "tensor", "dtype": "string", "shape": ["batch"]}
        scores = {"kind": "tensor", "dtype": "float32", "shape": ["batch", random_dim(rng)]}
        outputs = {"kind": "dict", "items": {"scores": scores}} if rng.random() < 0.5 else {**scores, "name": "outputs"}
        return {"arguments": ["inputs"], "inputs": [vector], "outputs": outputs}
    first = rng.choice(("batch", "batch", "batch", "?", 3)) if form == "received" else None
    names = rng.sample(WORDS, rng.choice((1, 1, 2, 3)))
    inputs = [random_tree(rng, is_input=True, depth=2 if len(names) == 1 else 1, first=first) for _ in names]
    if len(inputs) > 1 and rng.random() < 0.5:
        for leaf in leaves(inputs[-1]):
            leaf |= {"kind": "tensor", "shape": [size for size in leaf["shape"] if isinstance(size, int)]}
            set_default(rng, leaf)
    if rng.random() < 0.5:
        names = ["inputs"] if len(names) == 1 else names
    endpoint: Json = {"arguments": names, "inputs": inputs}
    rows = rng.choice((None, None, "batch"))
    endpoint["outputs"] = random_tree(rng, is_input=False, first=rows)
    if form == "supervised":
        items = {"loss": random_leaf(rng, is_input=False, simple=True), "predictions": random_tree(rng, is_input=False)}
        endpoint |= {"outputs": {"kind": "dict", "items": items}, "method": rng.choice(("predict", "train", "eval"))}
    if form == "received":
        endpoint["receivers"] = {"rec": {"kind": rng.choice(("tf_example", "tf_sequence_example"))}}
        if rng.random() < 0.3:
            endpoint["receiver"] = "rec"
    if rng.random() < 0.15:
        endpoint["optional"] = True
    if rng.random() < 0.2:
        endpoint |= rng.choice(({"gradients": False}, {"jax": {"platforms": ["cpu"]}}))
    return endpoint


def random_members(rng: Random) -> Json:
    """The pinned content of a collection."""
    shapes = ("[]", "[3]", "[?]", "[2, 3]", "[?, 3]", "[...]")
    return {
        name: rng.choice(("float32", "int64")) + rng.choice(shapes) for name in rng.sample(WORDS, rng.randint(1, 3))
    }


def _document(rng: Random) -> Json:
    names = rng.sample(ENDPOINTS, rng.choice((1, 1, 2, 3)))
    if rng.random() < 0.1:
        names[0] = rng.choice(("serving_default", "__call__"))
    data: Json = {
        "specc": 1,
        "dims": {
            "batch": rng.choice(({}, {}, {"min": 1})),
            "time": {"min": rng.randint(0, 1), "max": rng.randint(3, 4)},
            "k": rng.choice(({}, {"max": 3}, {"min": 2})),
            "m": rng.choice(({}, {"min": 1, "max": 5})),
            "three": {"min": 3, "max": 3},
        },
        "endpoints": {name: random_endpoint(rng) for name in names},
        "default": names[0] if rng.random() < 0.8 else None,
    }
    if rng.random() < 0.3:
        contents: Any = [random_members(rng)] if rng.random() < 0.8 else [None]
        data["variable_collections"] = {"weights": [collection(content) for content in contents]}
    if rng.random() < 0.4:
        data["save_options"] = rng.choice(
            (
                {"extra_tags": ["gpu"]},
                {"function_aliases": {"alias": names[0]}},
                {"experimental_skip_saver": True},
                {"experimental_custom_gradients": False},
            )
        )
    data["serving_only"] = rng.random() < 0.2
    if rng.random() < 0.1:
        data["mode"] = rng.choice(("train", "eval"))
    return data


def collection(content: Any) -> Json:
    """One selection of a collection."""
    return {"from": "variables", **({} if content is None else {"content": content})}
