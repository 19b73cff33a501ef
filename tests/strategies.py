"""Documents for property tests, right by construction: nothing is drawn and then thrown away.

``documents`` keep every rule of consistency, ``buildable_documents`` those of building too. Both are drawn as JSON data
(``*_data``), and :mod:`spellings` writes one document in many ways.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from tree_strategies import COIN, DIMS, FULL, WORDS, Draw, Extent, Names, texts, tree, trees

from specc.language.document import Document
from specc.language.dtypes import DTYPES
from specc.language.load import from_json
from specc.language.scalars import MAX_SIZE

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


@st.composite
def _endpoint(draw: Draw, extent: Extent, dims: tuple[str, ...]) -> dict[str, Any]:
    names = Names(draw, extent, WORDS)
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
    }
    endpoint: dict[str, Any] = draw(st.fixed_dictionaries({}, optional=optional))
    endpoint["inputs"] = [tree(draw, extent, dims, names, share, extent.max_depth) for _ in range(count)]
    endpoint["outputs"] = draw(trees(extent, dims, is_input=False))
    if count != 1 or draw(COIN):
        endpoint["arguments"] = names.keys(count)
    return endpoint


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
        "model": st.sampled_from(("m:build", "é.keras")),
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
    return data


def documents(extent: Extent = FULL) -> st.SearchStrategy[Document]:
    """Consistent documents: what ``load`` accepts."""
    return document_data(extent).map(from_json)


def buildable_data(extent: Extent = FULL) -> st.SearchStrategy[dict[str, Any]]:
    """The JSON of a buildable document, in long forms."""
    return document_data(replace(extent, buildable=True))


def buildable_documents(extent: Extent = FULL) -> st.SearchStrategy[Document]:
    """Documents that TensorFlow can build: what ``specc validate`` accepts."""
    return buildable_data(extent).map(from_json)
