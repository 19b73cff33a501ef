"""The JSON Schema of the language, draft 2020-12, made from the pydantic models: for editors and other validators.

It accepts the documents that the models accept, which a test proves by mutation. It branches with ``if``, never with
``oneOf``, so that a typo deep in a tree is one error at the typo and not one for each kind of node.
"""

from __future__ import annotations

import json
import sys
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, WithJsonSchema
from pydantic.fields import FieldInfo

from specc.language.document import COLLECTION_SCHEMA, Dim, Document, Endpoint, Selection
from specc.language.leaf_fields import SHAPE_SCHEMA
from specc.language.receivers import Feature, Receiver
from specc.language.save_options import SaveOptions, Sharding
from specc.language.scalars import DOTTED, END
from specc.language.tensor_string import TENSOR_PATTERN
from specc.language.trees import (
    KINDS,
    Dict,
    List,
    NamedTuple,
    Ragged,
    RaggedNames,
    Sparse,
    SparseNames,
    Tensor,
    Tuple,
)
from specc.language.values import REAL_SCHEMA, VALUE_SCHEMA

SCHEMA_ID = "urn:specc:schema:v1"
"""A name and no address: nothing is ever fetched."""

MODELS: dict[str, type[BaseModel]] = {
    model.__name__: model
    for model in (
        Dim, Endpoint, Selection, Tensor, Ragged, RaggedNames, Sparse, SparseNames, List, Tuple, NamedTuple, Dict,
        Receiver, Feature, SaveOptions, Sharding,
    )
}  # fmt: skip
"""The definitions that are objects with a fixed set of keys."""

_TREE = {"$ref": "#/$defs/Tree"}

_NAME = ["user_id"]
_DTYPES = ["float32", "int64", "string"]
_SHAPES = [["batch", 3, "?"], "..."]
_TEXT = ["Seconds since the user was last seen."]
_EXAMPLES: dict[type[BaseModel], dict[str, list[Any]]] = {
    Document: {
        "$schema": ["../../schemas/specc.v1.schema.json"],
        "specc": [1],
        "name": ["ranker"],
        "description": ["Scores user and item pairs for the home feed."],
        "model": ["ranker.model:build", "ranker.keras", "ranker/1/"],
        "dims": [{"batch": {}, "time": {"min": 1, "max": 512}}],
        "endpoints": [{"score": {"function": "call", "inputs": ["float32[batch, 3]"], "outputs": "float32[batch, 1]"}}],
        "default": ["score", None],
        "variable_collections": [{"optimizer_variables": "optimizer.variables"}],
        "track": [["title_lookup"]],
        "mode": ["train"],
        "serving_only": [True],
        "save_options": [{"experimental_custom_gradients": False}],
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
        "arguments": [["features", "context"]],
        "inputs": [[{"user": {"id": "int64[batch]"}}, ["float32[batch, 3]", "float32[batch, 4]"]]],
        "outputs": ["float32[batch, 1]", {"score": "float32[batch, 1]"}],
        "method": ["classify"],
        "receivers": [{"examples": {"kind": "tf_example"}}],
        "receiver": ["examples"],
        "optional": [True],
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


def document_schema() -> dict[str, Any]:
    """The JSON Schema of a document."""
    document = _object(Document)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "specc document",
        **document,
        "$defs": {
            "Tree": _tree(),
            "TensorString": {
                "description": "Dtype and shape of a dense tensor; a dimension is a size, a name, or '?' for any size; "
                "[] is a scalar, [...] has unknown rank.",
                "examples": ["float32[batch, 3]", "int64[]", "string[?]", "float32[...]"],
                "type": "string",
                "pattern": TENSOR_PATTERN,
            },
            "Shape": SHAPE_SCHEMA,
            "Value": VALUE_SCHEMA,
            "Real": REAL_SCHEMA,
            "Collection": COLLECTION_SCHEMA,
            "AttributePath": {
                "description": "Attributes on the model, joined with dots.",
                "examples": ["optimizer.variables"],
                "type": "string",
                "pattern": f"^({DOTTED}){END}",
            },
            **{name: _object(model) for name, model in MODELS.items()},
        },
    }


def schema_text() -> str:
    """The JSON Schema as the text of ``schemas/specc.v1.schema.json``."""
    return json.dumps(document_schema(), indent=2, ensure_ascii=False) + "\n"


def _tree() -> dict[str, Any]:
    """A chain: by type, then the long forms by kind; any other object is the short form of a dict."""
    kinds = dict(zip(KINDS, (Tensor, Ragged, Sparse, List, Tuple, NamedTuple, Dict), strict=True))
    long: dict[str, Any] = {"$ref": f"#/$defs/{kinds.pop('dict').__name__}"}
    for kind, model in reversed(kinds.items()):
        long = {
            "if": {"properties": {"kind": {"const": kind}}},
            "then": {"$ref": f"#/$defs/{model.__name__}"},
            "else": long,
        }
    chain: dict[str, Any] = {
        "if": {"type": "object", "required": ["kind"], "properties": {"kind": {"enum": list(KINDS)}}},
        "then": long,
        "else": {"additionalProperties": _TREE, "propertyNames": {"minLength": 1}, "minProperties": 1},
    }
    chain = {"if": {"type": "array"}, "then": {"minItems": 1, "items": _TREE}, "else": chain}
    return {
        "description": "A tensor as a string, a list as an array, a dict as an object, or the long form of any node: "
        'an object with a "kind".',
        "examples": ["float32[batch, 3]", ["int64[batch]"], {"kind": "tuple", "items": ["float32[]", "float32[]"]}],
        "type": ["string", "array", "object"],
        "if": {"type": "string"},
        "then": {"$ref": "#/$defs/TensorString"},
        "else": chain,
    }


def _object(model: type[BaseModel]) -> dict[str, Any]:
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    # A node is told by its kind, so the key has a default only in Python.
    required = [key for key, field in fields.items() if field.is_required() or key == "kind"]
    extra = model.model_config.get("json_schema_extra")
    return {
        "description": model.__doc__,
        "type": "object",
        "properties": {key: _key(model, key, field) for key, field in fields.items()},
        **({"required": required} if required else {}),
        "additionalProperties": False,
        **(extra if isinstance(extra, dict) else {}),
    }


def _key(model: type[BaseModel], key: str, field: FieldInfo) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if key == "kind" and not field.is_required():
        said["description"] = "The kind of node that this object is the long form of."
        said["examples"] = [field.default]
    else:
        said["description"] = field.description
        said["examples"] = _EXAMPLES[model][key]
        if isinstance(field.default, (str, bool, int)) and field.default != "":
            said["default"] = field.default
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    return {
        **said,
        **_type(Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation),
        **extra,
    }


def _type(annotation: Any) -> dict[str, Any]:
    """The schema of a type: what its annotation says, else what its structure says."""
    arguments = get_args(annotation)
    match get_origin(annotation):
        case origin if origin is Annotated:
            return _annotated(arguments[0], arguments[1:])
        case origin if origin in (Union, UnionType):
            (said,) = [argument for argument in arguments if argument is not NoneType]
            return _nullable(_type(said))
        case origin if origin is Literal:
            return {"const": arguments[0]} if len(arguments) == 1 else {"enum": list(arguments)}
        case origin if origin is tuple and arguments[-1] is ...:
            return {"type": "array", "items": _type(arguments[0])}
        case origin if origin is tuple:
            count = len(arguments)
            items = [_type(argument) for argument in arguments]
            return {"type": "array", "prefixItems": items, "minItems": count, "maxItems": count}
        case origin if origin is dict:
            return {"type": "object", "propertyNames": _type(arguments[0]), "additionalProperties": _type(arguments[1])}
    if annotation is Any:
        return {}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {"$ref": f"#/$defs/{annotation.__name__}"}
    raise TypeError(f"no JSON Schema for {annotation!r}")


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    """Null too, without ``anyOf``, which would report a mistake once for each alternative."""
    if isinstance(schema.get("type"), str) and "enum" not in schema:
        return {**schema, "type": [schema["type"], "null"]}
    return {"if": {"not": {"type": "null"}}, "then": schema}


def _annotated(inner: Any, metadata: tuple[Any, ...]) -> dict[str, Any]:
    """The last word of the annotations, as pydantic takes it; a ``Field`` among them only adds to the structure."""
    said: dict[str, Any] | None = None
    extra: dict[str, Any] = {}
    for note in metadata:
        if isinstance(note, WithJsonSchema):
            said = note.json_schema
        elif isinstance(note, FieldInfo) and isinstance(note.json_schema_extra, dict):
            extra |= note.json_schema_extra
    return {**(_type(inner) if said is None else said), **extra}


if __name__ == "__main__":
    sys.stdout.write(schema_text())
