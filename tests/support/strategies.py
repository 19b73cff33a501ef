"""Documents for property tests, right by construction: nothing is drawn and then thrown away.

``documents`` keep every rule of consistency, ``buildable_documents`` those of building too. Both are drawn as JSON data
(``*_data``), and :mod:`spellings` writes one document in many ways.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from call_strategies import calls, is_small
from hypothesis import strategies as st
from tree_strategies import COIN, DIMS, FULL, INPUT_WORDS, Draw, Extent, Names, texts, tree, trees

from specc.language.calls.write import inputs_to_json, outputs_to_json
from specc.language.document import Document, Endpoint
from specc.language.dtypes import DTYPES
from specc.language.example_features import find_unparsable
from specc.language.load import from_json
from specc.language.scalars import MAX_SIZE
from specc.language.tolerance import is_inexact
from specc.language.wire_names import output_leaves

__all__ = [
    "Extent",
    "buildable_data",
    "buildable_documents",
    "document_data",
    "documents",
    "json_values",
    "texts",
    "trees",
]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
_paths = st.sampled_from(["call", "__call__", "a.b", "module.name:attribute.part"])
_imports = st.sampled_from(["features:decode", "a.b:c.d"])


_jax_options = st.fixed_dictionaries(
    {},
    optional={
        "platforms": st.lists(st.sampled_from(("cpu", "cuda", "tpu")), max_size=3),
        "is_static": st.booleans(),
        "jax2tf_kwargs": st.dictionaries(texts, json_values, max_size=2),
    },
)


@st.composite
def _endpoint(draw: Draw, extent: Extent, dims: tuple[str, ...]) -> dict[str, Any]:
    names = Names(draw, extent, INPUT_WORDS)
    count = draw(st.integers(0, min(3, extent.max_leaves)))
    share = extent.max_leaves // max(count, 1)
    optional = {
        "description": texts,
        "function": _paths | st.none(),
        "kwargs": st.dictionaries(texts, json_values, max_size=2),
        "preprocess": _imports | st.none(),
        "postprocess": _imports | st.none(),
        "autograph": st.booleans(),
        "gradients": st.booleans(),
        "jax": _jax_options,
        "pure": st.booleans() | st.none(),
        "rowwise": st.sampled_from((False, None)),
    }
    endpoint: dict[str, Any] = draw(st.fixed_dictionaries({}, optional=optional))
    endpoint["inputs"] = [tree(draw, extent, dims, names, share, extent.max_depth) for _ in range(count)]
    endpoint["outputs"] = draw(trees(extent, dims, is_input=False))
    if count != 1 or draw(COIN):
        endpoint["arguments"] = names.keys(count, identifiers=True)
    if extent.signatures:
        endpoint |= draw(_buildable_signatures(endpoint, dims) if extent.buildable else _signatures())
    return endpoint


_features = st.fixed_dictionaries(
    {}, optional={"key": texts.filter(bool) | st.none(), "default": st.sampled_from((0, 1.5, "x", [1, 2])), "sequence": st.booleans() | st.none()}
)  # fmt: skip
_receivers = st.fixed_dictionaries(
    {"kind": st.sampled_from(("tf_example", "tf_sequence_example"))},
    optional={
        "description": texts,
        "features": st.none() | st.dictionaries(texts.filter(bool), _features, min_size=1, max_size=2),
    },
)


@st.composite
def _signatures(draw: Draw) -> dict[str, Any]:
    """Any method and receivers: consistent, and hardly ever buildable."""
    receivers = draw(st.dictionaries(texts.filter(bool), _receivers, max_size=2))
    return {
        "method": draw(st.sampled_from(("predict", "classify", "regress", "train", "eval"))),
        "receivers": receivers,
        "receiver": draw(st.sampled_from((None, *receivers))),
        "optional": draw(COIN),
    }


@st.composite
def _buildable_signatures(draw: Draw, endpoint: dict[str, Any], dims: tuple[str, ...]) -> dict[str, Any]:
    """Receivers where the inputs can be parsed, and methods that the outputs are right for."""
    said: dict[str, Any] = {}
    for kind in ("tf_example", "tf_sequence_example"):
        received = {**endpoint, "receivers": {"examples": {"kind": kind}}}
        endpoints = {"e": received}
        document = from_json({"specc": 1, "dims": {key: {} for key in dims}, "endpoints": endpoints})
        if not list(find_unparsable(document.endpoints["e"], "examples", ())) and draw(COIN):
            said.setdefault("receivers", {})[f"of_{kind}"] = {"kind": kind}
    said["receiver"] = draw(st.sampled_from((None, *said.get("receivers", {}))))
    method = draw(st.sampled_from(("predict", "predict", "train", "eval", *(("regress",) if said["receiver"] else ()))))
    if method == "regress":
        said["outputs"] = {"kind": "tensor", "dtype": "float32", "shape": [2]}
    elif method != "predict":
        said["outputs"] = {"kind": "dict", "items": {"predictions": _said_to_be_predictions(endpoint["outputs"])}}
    return {**said, "method": method}


def _said_to_be_predictions(tree: Any) -> Any:
    """The tree with names that say so, as the methods train and eval want them."""
    match tree:
        case {"kind": "tensor" | "ragged" | "sparse"}:
            named = {key: f"predictions/{tree[key]}" for key in ("name",) if key in tree}
            names = {
                part: [f"predictions/{each}" for each in name] if isinstance(name, list) else f"predictions/{name}"
                for part, name in tree.get("names", {}).items()
            }
            return {**tree, **named, **({"names": names} if "names" in tree else {})}
        case {"kind": "namedtuple", "fields": fields}:
            return {**tree, "fields": [[name, _said_to_be_predictions(part)] for name, part in fields]}
        case {"kind": "dict", "items": items}:
            return {**tree, "items": {key: _said_to_be_predictions(part) for key, part in items.items()}}
        case {"items": items}:
            return {**tree, "items": [_said_to_be_predictions(part) for part in items]}
        case _:
            return [_said_to_be_predictions(part) for part in tree]


_selections = st.fixed_dictionaries(
    {"from": st.sampled_from(("variables", "optimizer.variables"))},
    optional={
        "match": st.sampled_from(("**", "*/kernel", "é")),
        "trainable": st.booleans() | st.none(),
        "dtype": st.sampled_from(tuple(DTYPES)) | st.none(),
        "content": st.dictionaries(texts.filter(bool), st.sampled_from(("bool[]", "float32[2, ?]", "string[...]")), min_size=1, max_size=2),
    },
)  # fmt: skip
_dims = st.dictionaries(
    st.sampled_from(DIMS),
    st.fixed_dictionaries(
        {}, optional={"min": st.integers(0, 3), "max": st.integers(3, 5) | st.sampled_from((None, MAX_SIZE)), "description": texts}
    ),
    max_size=3,
)  # fmt: skip


@st.composite
def document_data(draw: Draw, extent: Extent = FULL) -> dict[str, Any]:
    """The JSON of a document that keeps every rule, in long forms."""
    top = {
        "$schema": texts,
        "name": texts.filter(bool),
        "description": texts,
        "model": st.sampled_from(("m:build", "é.keras", "é.h5", "é/1/")),
        "imports": st.lists(st.sampled_from(("ops", "a.layers", "_b")), max_size=2, unique=True),
    }
    data: dict[str, Any] = {"specc": 1, **draw(st.fixed_dictionaries({}, optional=top)), "dims": draw(_dims)}
    names = Names(draw, extent, ("serve", "Score", "embed_user"))
    endpoints = names.keys(draw(st.integers(1, extent.max_endpoints)))
    data["endpoints"] = {name: draw(_endpoint(extent, tuple(data["dims"]))) for name in endpoints}
    if len(endpoints) > 1 or draw(COIN):
        data["default"] = draw(st.sampled_from((*endpoints, None)))
    collections = st.lists(_selections, min_size=1, max_size=2)
    data["variable_collections"] = {name: draw(collections) for name in names.keys(draw(st.integers(0, 2)))}
    data["track"] = draw(st.lists(st.sampled_from(("title_lookup", "a.b")), max_size=2))
    if extent.signatures:
        data["mode"] = draw(st.sampled_from(("predict", "train", "eval")))
        if extent.buildable:
            default = data.get("default", endpoints[0] if len(endpoints) == 1 else None)
            method = data["endpoints"][default]["method"] if default is not None else "predict"
            data["mode"] = method if method in ("train", "eval") else data["mode"]
            data["save_options"] = {"extra_tags": draw(st.lists(st.sampled_from(("gpu", "tpu")), unique=True))}
        else:
            data["serving_only"] = draw(COIN)
            data["save_options"] = draw(_save_options(tuple(endpoints)))
            data["targets"] = draw(st.lists(st.sampled_from(("tf-serving", "triton", "litert")), max_size=3))
    if extent.evidence and draw(COIN):
        _add_evidence(draw, data)
    return data


_distances = st.sampled_from((0, 1e-3, 1)) | st.floats(0, allow_infinity=False)


def _add_evidence(draw: Draw, data: dict[str, Any]) -> None:
    """Gives one endpoint of a document a tolerance and examples, whose values are in files if it is not small."""
    document = from_json(data)
    name = draw(st.sampled_from(sorted(data["endpoints"])))
    endpoint, said = document.endpoints[name], data["endpoints"][name]
    outputs: dict[str, dict[str, Any]] = {}
    for bound in output_leaves(endpoint):  # several may have one name in a document that cannot be built
        outputs[bound.name] = {"mismatched": st.floats(0, 1)}
        if is_inexact(bound.leaf.dtype):
            outputs[bound.name] |= {"rtol": _distances | st.none(), "atol": _distances | st.none()}
    parts = {output: st.fixed_dictionaries(each) for output, each in outputs.items()}
    tolerance = {
        "rtol": _distances | st.none(),
        "atol": _distances | st.none(),
        "outputs": st.fixed_dictionaries({}, optional=parts),
    }
    said["tolerance"] = draw(st.fixed_dictionaries({}, optional=tolerance))
    names = draw(st.lists(st.sampled_from(("a", "2.b", "C-_d")), max_size=2, unique=True))
    said["examples"] = {each: _example(draw, endpoint, document) for each in names}


def _example(draw: Draw, endpoint: Endpoint, document: Document) -> dict[str, Any]:
    file = {"file": "a/b.npz"}
    call = draw(calls(endpoint, document.dims)) if is_small(endpoint) and draw(st.integers(0, 3)) else None
    inputs = file if call is None else inputs_to_json(endpoint, call.inputs, call.left_out)
    outputs = file if call is None else outputs_to_json(endpoint, call.outputs)
    end = draw(st.sampled_from(({}, {"error": None}, {"error": "x"}, {"outputs": None}, *[{"outputs": outputs}] * 4)))
    return {**draw(st.fixed_dictionaries({}, optional={"description": texts})), "inputs": inputs, **end}


def _save_options(endpoints: tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
    flag, some = st.booleans(), st.lists(texts.filter(bool), max_size=2)
    sharding = st.sampled_from(("m:f", {"callback": "m:f"}, {"max_shard_size": 1000}, None))
    return st.fixed_dictionaries(
        {},
        optional={
            "namespace_whitelist": some | st.none(),
            "save_debug_info": flag,
            "function_aliases": st.dictionaries(texts.filter(bool), st.sampled_from(endpoints), max_size=2),
            "experimental_debug_stripper": flag,
            "experimental_io_device": texts.filter(bool) | st.none(),
            "experimental_variable_policy": st.sampled_from(("save_variable_devices", None)),
            "experimental_custom_gradients": flag,
            "experimental_image_format": flag,
            "experimental_skip_saver": flag,
            "experimental_sharding_callback": sharding,
            "extra_tags": some,
        },
    )


def documents(extent: Extent = FULL) -> st.SearchStrategy[Document]:
    """Consistent documents: what ``load`` accepts."""
    return document_data(extent).map(from_json)


def buildable_data(extent: Extent = FULL) -> st.SearchStrategy[dict[str, Any]]:
    """The JSON of a buildable document, in long forms."""
    return document_data(replace(extent, buildable=True))


def buildable_documents(extent: Extent = FULL) -> st.SearchStrategy[Document]:
    """Documents that TensorFlow can build: what ``specc validate`` accepts."""
    return buildable_data(extent).map(from_json)
