"""An example, or several, of every key of the language: for the JSON Schema, and so for the hover text of editors."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from specc.language.document import Dim, Document, Endpoint, Selection
from specc.language.examples import Example
from specc.language.jax_options import JaxOptions
from specc.language.receivers import Feature, Receiver
from specc.language.save_options import SaveOptions, Sharding
from specc.language.tolerance import OutputTolerance, Tolerance
from specc.language.trees import Dict, List, NamedTuple, Ragged, RaggedNames, Sparse, SparseNames, Tensor, Tuple

_NAME = ["user_id"]
_DTYPES = ["float32", "int64", "string"]
_SHAPES = [["batch", 3, "?"], "..."]
_TEXT = ["Seconds since the user was last seen."]
EXAMPLES: dict[type[BaseModel], dict[str, list[Any]]] = {
    Document: {
        "$schema": ["../../schemas/specc.v1.schema.json"],
        "specc": [1],
        "name": ["ranker"],
        "description": ["Scores user and item pairs for the home feed."],
        "model": ["ranker.model:build", "ranker.keras", "ranker/1/"],
        "imports": [["tensorflow_text"], ["ranker.layers"]],
        "dims": [{"batch": {}}, {"batch": {}, "time": {"min": 1, "max": 512}}],
        "endpoints": [{"score": {"function": "call", "inputs": ["float32[batch, 3]"], "outputs": "float32[batch, 1]"}}],
        "default": ["score", None],
        "variable_collections": [{"optimizer_variables": "optimizer.variables"}],
        "track": [["title_lookup"]],
        "mode": ["train"],
        "serving_only": [True],
        "save_options": [{"experimental_custom_gradients": False}],
        "targets": [["tf-serving", "litert"]],
    },
    Dim: {"min": [1], "max": [512], "description": ["Events of one user, latest last."]},
    Endpoint: {
        "description": ["The score of each pair, higher is better."],
        "function": ["call", "ranker.serving:score", None],
        "kwargs": [{"training": False}],
        "preprocess": ["ranker.features:decode"],
        "postprocess": ["ranker.features:label"],
        "autograph": [True],
        "gradients": [False],
        "jax": [{"platforms": ["cpu", "cuda"]}],
        "arguments": [["features", "context"]],
        "inputs": [
            ["float32[batch, 3]"],
            [{"user": {"id": "int64[batch]"}}, ["float32[batch, 3]", "float32[batch, 4]"]],
        ],
        "outputs": ["float32[batch, 1]", {"score": "float32[batch, 1]"}],
        "method": ["classify"],
        "receivers": [{"examples": {"kind": "tf_example"}}],
        "receiver": ["examples"],
        "optional": [True],
        "pure": [False],
        "rowwise": [True],
        "tolerance": [{"rtol": 1e-3}, {"outputs": {"mask": {"mismatched": 1e-4}}}],
        "examples": [{"zeros": {"inputs": [[[0, 0, 0]]], "outputs": [[0.5]]}}],
    },
    Example: {
        "description": ["Two users, one with a short history."],
        "inputs": [[[[0.1, 0.2, 0.3]]], [{"user": {"id": [7]}}], {"file": "ranker.examples/night.npz"}],
        "outputs": [{"click": [[0.25]], "parts": None}, {"file": "ranker.examples/night.npz"}],
        "error": ["out of range", ""],
    },
    Tolerance: {"rtol": [1e-3], "atol": [1e-6], "outputs": [{"mask": {"mismatched": 1e-4}}]},
    OutputTolerance: {"rtol": [1e-3], "atol": [1e-6], "mismatched": [1e-4]},
    JaxOptions: {
        "platforms": [["cpu"], ["cpu", "cuda"]],
        "is_static": [True],
        "jax2tf_kwargs": [{"polymorphic_shapes": ["(batch, time)", "(batch, time)"]}],
    },
    Receiver: {
        "kind": ["tf_example", "tf_sequence_example"],
        "description": ["Batch jobs, which read the examples from files."],
        "features": [{"user_id": {"key": "uid"}}],
    },
    Feature: {"key": ["uid"], "default": [0, "unknown"], "sequence": [True]},
    SaveOptions: {
        "namespace_whitelist": [["Company"]],
        "save_debug_info": [True],
        "function_aliases": [{"scorer": "score"}],
        "experimental_debug_stripper": [True],
        "experimental_io_device": ["/job:localhost"],
        "experimental_variable_policy": ["save_variable_devices"],
        "experimental_custom_gradients": [False],
        "experimental_image_format": [False],
        "experimental_skip_saver": [True],
        "experimental_sharding_callback": [{"max_shard_size": 1_000_000_000}, "ranker.saving:by_table"],
        "extra_tags": [["gpu"]],
    },
    Sharding: {"callback": ["ranker.saving:by_table"], "max_shard_size": [1_000_000_000]},
    Selection: {
        "from": ["variables", "optimizer.variables"],
        "match": ["encoder/**", "*/kernel"],
        "trainable": [True],
        "dtype": _DTYPES,
        "content": [{"dense/kernel": "float32[4, 2]"}],
    },
    Tensor: {
        "dtype": _DTYPES,
        "shape": _SHAPES,
        "name": _NAME,
        "default": [0.5, [1, 2, 3], "NaN", {"base64": "/wA="}, {"real": 1.0, "imag": 0.0}],
        "minimum": [0, "-Infinity"],
        "maximum": [1, "Infinity"],
        "description": _TEXT,
    },
    Ragged: {
        "dtype": _DTYPES,
        "shape": [["batch", "?"]],
        "ragged_rank": [2],
        "row_splits_dtype": ["int32"],
        "name": _NAME,
        "names": [{"values": "tokens", "row_splits": "token_splits"}],
        "description": _TEXT,
    },
    RaggedNames: {"values": ["tokens"], "row_splits": ["token_splits", ["sentence_splits", "token_splits"]]},
    Sparse: {
        "dtype": _DTYPES,
        "shape": [["batch", 1000]],
        "name": _NAME,
        "names": [{"indices": "tag_indices"}],
        "description": _TEXT,
    },
    SparseNames: {"indices": ["tag_indices"], "values": ["tags"], "dense_shape": ["tag_shape"]},
    List: {"items": [["float32[]", "float32[]"]]},
    Tuple: {"items": [["float32[]", "float32[]"]]},
    NamedTuple: {"typename": ["Pair"], "fields": [[["left", "float32[]"], ["right", "float32[]"]]]},
    Dict: {"items": [{"id": "int64[batch]"}]},
}
