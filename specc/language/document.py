"""One document: the endpoints, dimensions and variable collections of one model."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    BeforeValidator,
    Field,
    PlainValidator,
    PrivateAttr,
    WithJsonSchema,
    model_serializer,
    model_validator,
)

from specc.language.examples import Example, ExampleName
from specc.language.jax_options import JaxOptions
from specc.language.leaf_fields import NON_EMPTY_OBJECT, DtypeValue
from specc.language.receivers import Receiver
from specc.language.record import Form, Record, ShortRecord
from specc.language.save_options import SaveOptions
from specc.language.scalars import (
    AttributePath,
    DimName,
    Flag,
    FunctionPath,
    ImportPath,
    ModelPath,
    ModuleName,
    NonEmpty,
    Size,
    Text,
    describe,
    problem,
)
from specc.language.tolerance import Tolerance
from specc.language.trees import Tensor, Tree, tensor
from specc.rules.table import Target

VERSION: Literal[1] = 1
CALL = "__call__"
"""The method that Python calls when an object is called: a model's own function, and the revived object's endpoint."""
DEFAULT_FUNCTION = CALL
DEFAULT_ARGUMENTS = ("inputs",)
"""The default name of a single argument."""

# One shared object for all documents without options: pydantic deep-copies a default that is not a plain value.
# Made without their own validators, which would be built for nothing else.
_no_jax_options = cache(JaxOptions.model_construct)
_no_save_options = cache(SaveOptions.model_construct)
_no_tolerance = cache(Tolerance.model_construct)

Method: TypeAlias = Literal["predict", "classify", "regress", "train", "eval"]
Mode: TypeAlias = Literal["predict", "train", "eval"]


def _check_version(value: Any) -> int:
    if isinstance(value, bool) or value != VERSION:
        raise problem("bad-version", f"{describe(value)} is not a version of the language", f"write {VERSION}")
    return VERSION


def _check_tensor_string(value: Any) -> Tensor:
    if isinstance(value, Tensor):
        return value
    if not isinstance(value, str):
        raise problem("wrong-type", f"expected a tensor such as 'float32[4, 2]', found {describe(value)}")
    return tensor(value)


TensorString = Annotated[Tensor, PlainValidator(_check_tensor_string), WithJsonSchema({"$ref": "#/$defs/TensorString"})]


class Dim(Record):
    """A named dimension: it has one size within one call of one endpoint."""

    min: Size = 0
    """The smallest size."""
    max: Size | None = None
    """The largest size; unlimited by default."""
    description: Text = ""
    """What the dimension counts."""


class Endpoint(Record):
    """One way to call the model: a function, what goes in and what comes out."""

    description: Text = ""
    """What the endpoint returns, and for whom."""
    function: FunctionPath | None = DEFAULT_FUNCTION
    """An attribute path on the model, module:attribute called with the model first, or null for one given in code."""
    kwargs: Annotated[dict[Text, Any], Form.KEEPS_ORDER] = Field(default_factory=dict)
    """Keyword arguments of the function, fixed in the archive; they are passed in the order written here."""
    preprocess: ImportPath | None = None
    """module:attribute; takes the declared inputs and returns what the function takes."""
    postprocess: ImportPath | None = None
    """module:attribute; takes what the function returns and returns the declared outputs."""
    autograph: Flag = False
    """Whether Python control flow on tensors is converted while the function is traced."""
    gradients: Flag = True
    """Whether the archive keeps custom gradients; false makes a smaller and faster archive for inference only."""
    jax: JaxOptions = Field(default_factory=_no_jax_options)
    """Options for Keras on JAX only: platforms, is_static and jax2tf_kwargs."""
    arguments: tuple[NonEmpty, ...] = ()
    """The names of the arguments, required for several: either all are names of parameters, or all go by position."""
    inputs: Annotated[tuple[Tree, ...], Form.KEEPS_ORDER]
    """The trees of the arguments; dicts are passed with their keys in the order written here."""
    outputs: Tree
    """The tree of the result."""
    method: Method = "predict"
    """What the signature is for: predict, classify and regress are for serving, train and eval for supervision."""
    receivers: dict[NonEmpty, Receiver] = Field(default_factory=dict)
    """Additional signatures ``receiver:endpoint``, each of which parses the inputs out of serialized messages."""
    receiver: NonEmpty | None = None
    """The receiver that is the plain signature; the endpoint's own inputs are then published as ``raw:endpoint``."""
    optional: Flag = False
    """Whether an archive may be built without this endpoint, if tracing it fails or differs from what is declared."""
    pure: Flag | None = None
    """Whether the same call gives the same answer and moves no variable; expected of serving methods by default."""
    rowwise: Flag | None = None
    """Whether the answer for a row depends only on that row, so that a server may batch requests."""
    tolerance: Tolerance = Field(default_factory=_no_tolerance)
    """How near the numbers of an answer must be to those that are expected; no part of the contract."""
    examples: dict[ExampleName, Example] = Field(default_factory=dict)
    """Calls with what they give, by name; no part of the contract."""

    @model_validator(mode="before")
    @classmethod
    def _name_single_argument(cls, value: Any) -> Any:
        if isinstance(value, dict) and "arguments" not in value:
            inputs = value.get("inputs")
            if isinstance(inputs, (list, tuple)) and len(inputs) == 1:
                return {**value, "arguments": DEFAULT_ARGUMENTS}
        return value

    def promises(self) -> Endpoint:
        """The same endpoint without examples and tolerance."""
        if not self.examples and self.tolerance == _no_tolerance():
            return self
        return self.model_copy(update={"examples": {}, "tolerance": _no_tolerance()})

    def _implied(self) -> tuple[str, ...]:
        return ("arguments",) if len(self.inputs) == 1 and self.arguments == DEFAULT_ARGUMENTS else ()

    def __eq__(self, other: object) -> bool:
        """Whether both have the same canonical JSON, as for a Document."""
        return isinstance(other, Endpoint) and repr(self.to_json()) == repr(other.to_json())

    def __hash__(self) -> int:
        return hash(repr(self.to_json()))


class Selection(ShortRecord):
    """Variables of the model, selected by path, trainability and dtype."""

    short = "from"
    from_: AttributePath = Field(alias="from")
    """A dotted path on the model to a variable, a list of them, or anything that has variables."""
    match: NonEmpty = "**"
    """A glob over the variables' paths; * stays within one segment, ** crosses."""
    trainable: Flag | None = None
    """true selects only trainable variables, false only the others."""
    dtype: DtypeValue | None = None
    """Selects only variables of this dtype."""
    content: Annotated[dict[NonEmpty, TensorString], *NON_EMPTY_OBJECT] | None = None
    """The expected dtype and shape of every selected variable, by its path."""


def _to_selections(value: Any) -> Any:
    """The array of selections of a collection, which may be written as its one item."""
    items = value if isinstance(value, (list, tuple)) else (value,)
    if not items:
        raise problem("empty-container", "an array of selections must not be empty")
    return items


_COLLECTIONS = ["optimizer.variables", {"from": "variables", "match": "encoder/**", "trainable": True}]
SELECTION_SCHEMA: dict[str, Any] = {
    "if": {"type": "string"},
    "then": {"$ref": "#/$defs/AttributePath"},
    "else": {"$ref": "#/$defs/Selection"},
}
COLLECTION_SCHEMA: dict[str, Any] = {
    "title": "Variables of the model: a dotted path, a selection, or an array of them.",
    "examples": _COLLECTIONS,
    "if": {"type": "array"},
    "then": {"minItems": 1, "items": {"examples": _COLLECTIONS, **SELECTION_SCHEMA}},
    "else": SELECTION_SCHEMA,
}

Collection: TypeAlias = Annotated[
    tuple[Selection, ...], BeforeValidator(_to_selections), WithJsonSchema({"$ref": "#/$defs/Collection"})
]


class Document(Record):
    """A specc document: the endpoints and variables that one model's archive offers to its callers."""

    schema_: Text | None = Field(default=None, alias="$schema")
    """The JSON Schema, for the editor."""
    specc: Annotated[Literal[1], PlainValidator(_check_version), WithJsonSchema({"const": VERSION})]
    """The version of the language."""
    name: NonEmpty | None = None
    """The model's name."""
    description: Text = ""
    """What the model does."""
    model: ModelPath | None = None
    """module:attribute of a model or what returns one; or, beside the spec, a .keras or .h5 file or SavedModel/."""
    imports: tuple[ModuleName, ...] = ()
    """Modules to import before the model, in this order: they register its ops, or its custom Keras classes."""
    dims: dict[DimName, Dim] = Field(default_factory=dict)
    """The named dimensions, with their bounds."""
    endpoints: Annotated[dict[NonEmpty, Endpoint], *NON_EMPTY_OBJECT]
    """The ways to call the model, by name."""
    default: Annotated[NonEmpty | None, Form.EXPLICIT_NULL] = None
    """The endpoint that is also published as serving_default; null for none. Required if there are several."""
    variable_collections: Annotated[dict[NonEmpty, Collection], Form.ONE_OR_MORE] = Field(default_factory=dict)
    """Lists of variables that the archive offers by name."""
    track: tuple[AttributePath, ...] = ()
    """Attributes of the model, such as lookup tables, that the archive keeps although no endpoint reaches them."""
    mode: Mode = "predict"
    """What the archive is for; sets its tag (serve, train, eval) and the default signature's key."""
    serving_only: Flag = False
    """Whether signatures that a server cannot serve, those of the methods train and eval, are left out."""
    save_options: SaveOptions = Field(default_factory=_no_save_options)
    """The fields of tf.saved_model.SaveOptions."""
    targets: Annotated[tuple[Target, ...], Form.SET] = ()
    """Where the archive will be used; the limits of these targets are checked too."""

    _directory: Path | None = PrivateAttr(default=None)

    @model_validator(mode="before")
    @classmethod
    def _default_to_single_endpoint(cls, value: Any) -> Any:
        if isinstance(value, dict) and "default" not in value:
            endpoints = value.get("endpoints")
            if isinstance(endpoints, dict) and len(endpoints) == 1:
                (name,) = endpoints
                return {**value, "default": name} if name and isinstance(name, str) else value
        return value

    @property
    def directory(self) -> Path | None:
        """The directory that the files of examples are in: that of the spec; None for a document made in code."""
        return self._directory

    def in_directory(self, directory: str | os.PathLike[str]) -> Document:
        """The same document, whose files of examples are found from ``directory``."""
        document = self.model_copy()
        document._directory = Path(directory).absolute()
        return document

    def promises(self) -> Document:
        """What the document promises to callers: itself without examples and tolerance, which are evidence.

        An archive's contract holds this document, and its digest is computed from it.
        """
        endpoints = {name: endpoint.promises() for name, endpoint in self.endpoints.items()}
        if all(endpoints[name] is endpoint for name, endpoint in self.endpoints.items()):
            return self
        return self.model_copy(update={"endpoints": endpoints})

    @property
    def determines_default(self) -> bool:
        """Whether the document determines a default: by name, by null, or because it has one endpoint."""
        return "default" in self.model_fields_set

    def _implied(self) -> tuple[str, ...]:
        by_itself = len(self.endpoints) == 1 and self.default in self.endpoints
        return ("default",) if by_itself or not self.determines_default else ()

    def __eq__(self, other: object) -> bool:
        """Whether both have the same canonical JSON.

        Python treats 1, 1.0 and true as equal, 0.0 and -0.0, and dicts in any order; a function may not.
        """
        return isinstance(other, Document) and repr(self.to_json()) == repr(other.to_json())

    def __hash__(self) -> int:
        return hash(repr(self.to_json()))

    @model_serializer(mode="plain")
    def _serialize(self) -> dict[str, Any]:
        data: dict[str, Any] = self.to_json()
        return data
