"""The JSON Schema of the language, draft 2020-12, made from the pydantic models: for editors and other validators.

It accepts the documents that the models accept, which a test checks by mutation. It is written so that a validator
reports one mistake once, at its place. It branches with ``if``, never with ``oneOf``. It checks for required keys only
if no key is unknown, since a misspelt key is missing too. It recognises a long form by more than its ``kind``, so that
one whose ``kind`` is misspelt is not taken for a dict of features.

A key refers to a definition through ``allOf``, since VS Code lets a definition override keywords beside ``$ref``. Of
all schemas of one value it shows the innermost title and description: definitions have a title, keys a description.
"""

from __future__ import annotations

from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, WithJsonSchema
from pydantic.fields import FieldInfo

from specc.language.document import COLLECTION_SCHEMA, Document
from specc.language.dtypes import DTYPES
from specc.language.examples import EXAMPLE_VALUE_SCHEMA
from specc.language.json_schema.editor import ENTRIES, KIND, KIND_SNIPPETS, MEANINGS, SNIPPETS, unexpected
from specc.language.json_schema.examples import EXAMPLES
from specc.language.json_schema.parts import attribute_docs, closed, described, plain
from specc.language.leaf_fields import SHAPE_SCHEMA
from specc.language.model_walk import models
from specc.language.scalars import AttributePath
from specc.language.tensor_string import TENSOR_PATTERN
from specc.language.trees import KINDS, NODES
from specc.language.values import REAL_SCHEMA, VALUE_SCHEMA

SCHEMA_ID = "urn:specc:schema:v1"
"""A name and not an address: nothing is ever fetched."""


def document_schema() -> dict[str, Any]:
    """The JSON Schema of a document."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        **_object(Document),
        "title": "specc document",
        "description": Document.__doc__,
        "$defs": {
            "Tree": _tree(),
            "TensorString": {
                "title": "A tensor: dtype[dimensions]. A dimension is a size, a name, or '?' for any size; "
                "[] is a scalar, [...] has unknown rank.",
                "examples": ["float32[batch, 3]", "int64[]", "string[?]", "float32[...]"],
                "type": "string",
                "pattern": TENSOR_PATTERN,
                "patternErrorMessage": "Expected a dtype and its dimensions, such as float32[batch, 3]; a dimension is "
                f"a size, a name or '?'. The dtypes are {', '.join(DTYPES)}.",
            },
            "Shape": SHAPE_SCHEMA,
            "Value": VALUE_SCHEMA,
            "Real": REAL_SCHEMA,
            "ExampleValue": EXAMPLE_VALUE_SCHEMA,
            "Collection": COLLECTION_SCHEMA,
            "AttributePath": {
                "title": "Attributes on the model, joined with dots.",
                "examples": ["optimizer.variables"],
                **_type(AttributePath),
            },
            **{model.__name__: _object(model) for model in models() if model is not Document},
        },
    }


def _tree() -> dict[str, Any]:
    """The schema of a tree: a chain of a string, an array, the short form of a dict, and the long forms."""
    return {
        "title": "A tensor as a string, a list as an array, a dict as an object, or the long form of any node: "
        'an object with a "kind".',
        "examples": ["float32[batch, 3]", ["int64[batch]"], {"kind": "tuple", "items": ["float32[]", "float32[]"]}],
        "defaultSnippets": SNIPPETS["Tree"],
        "type": ["string", "array", "object"],
        "errorMessage": 'Expected a tensor such as "float32[batch, 3]", an array of trees, or an object of trees.',
        "if": {"type": "string"},
        "then": {"$ref": "#/$defs/TensorString"},
        "else": {
            "if": {"type": "array"},
            "then": {"minItems": 1, "items": _TREE},
            "else": {"if": _SHORT, "then": _short_dict(), "else": _long_form()},
        },
    }


_TREE = {"$ref": "#/$defs/Tree"}
# A tree is never a string without a bracket. The kind of a long form is one, and so are the dtype or the class beside
# it, where "kind" is misspelt. An editor takes keys from conditions too, unless doNotSuggest is set.
_SHORT: dict[str, Any] = {
    "properties": {key: {"pattern": r"\[", "doNotSuggest": True} for key in ("kind", "dtype", "typename")}
}


def _short_dict() -> dict[str, Any]:
    """The schema of an object of trees. A key ``kind`` in it may be a feature, or the start of a long form."""
    kind = {
        **described("kind", KIND, list(KINDS)),
        "defaultSnippets": KIND_SNIPPETS,
        "if": True,  # through allOf, an editor would offer all trees beside the kinds
        "then": _TREE,
    }
    del kind["examples"]  # the snippets are the same, with their descriptions
    return {
        "properties": {"kind": kind},
        "additionalProperties": _TREE,
        "propertyNames": {"minLength": 1},
        "minProperties": 1,
    }


def _long_form() -> dict[str, Any]:
    """The schema of an object with a kind; its other keys are checked once the kind is known."""
    chain: dict[str, Any] = {}
    for kind, model in reversed(NODES.items()):
        chain = {
            "if": {"required": ["kind"], "properties": {"kind": {"const": kind}}},
            "then": {"$ref": f"#/$defs/{model.__name__}"},
            **({"else": chain} if chain else {}),
        }
    meanings = [node.__doc__ for node in NODES.values()]
    kind_key = {**described("kind", KIND, list(KINDS)), "enum": list(KINDS), "enumDescriptions": meanings}
    return {"required": ["kind"], "properties": {"kind": kind_key}, **chain}


def _object(model: type[BaseModel]) -> dict[str, Any]:
    model.model_rebuild()  # models are built on first use
    docs = attribute_docs(model)
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    told = {field.alias or name: docs.get(name, "") for name, field in model.model_fields.items()}
    # In JSON the kind identifies a node; the key has a default only in Python.
    required = [key for key, field in fields.items() if field.is_required() or key == "kind"]
    extra = model.model_config.get("json_schema_extra")
    snippets = SNIPPETS.get(model.__name__)
    return {
        "title": plain(model.__doc__ or ""),
        **({"defaultSnippets": snippets} if snippets else {}),
        "type": "object",
        "properties": {key: _key(model, key, field, told[key]) for key, field in fields.items()},
        **(closed(list(fields), {"required": required}) if required else {"additionalProperties": False}),
        "errorMessage": unexpected(model, list(fields)),
        **(extra if isinstance(extra, dict) else {}),
    }


def _key(model: type[BaseModel], key: str, field: FieldInfo, description: str) -> dict[str, Any]:
    if key == "kind" and not field.is_required():
        said = described(key, KIND, [field.default])
    else:
        said = described(key, description, EXAMPLES[model][key])
        if isinstance(field.default, (str, bool, int)) and field.default != "":
            said["default"] = field.default
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    typed = _type(Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation)
    if (model, key) in MEANINGS:
        typed["enumDescriptions"] = [MEANINGS[model, key][value] for value in typed["enum"]]
    if (model, key) in ENTRIES:
        typed["additionalProperties"] = {"description": ENTRIES[model, key], **typed["additionalProperties"]}
    return {**said, **({"allOf": [typed]} if "$ref" in typed else typed), **extra}


def _type(annotation: Any) -> dict[str, Any]:
    """The schema of a type, from its annotation, else from its structure."""
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
    """``schema`` or null, without ``anyOf``, which would report a mistake once for each alternative."""
    if "enum" in schema:
        return {**schema, "enum": [*schema["enum"], None]}
    if isinstance(schema.get("type"), str):
        return {**schema, "type": [schema["type"], "null"]}
    return {"if": {"not": {"type": "null"}}, "then": schema}


def _annotated(inner: Any, metadata: tuple[Any, ...]) -> dict[str, Any]:
    """The schema from the last annotation that has one, as in pydantic; a ``Field`` only adds to it."""
    said: dict[str, Any] | None = None
    extra: dict[str, Any] = {}
    for note in metadata:
        if isinstance(note, WithJsonSchema):
            said = note.json_schema
        elif isinstance(note, FieldInfo) and isinstance(note.json_schema_extra, dict):
            extra |= note.json_schema_extra
    return {**(_type(inner) if said is None else said), **extra}
