"""The canonical JSON of a document: it is equal exactly for equal documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from specc.language.jax_options import JaxOptions
from specc.language.receivers import Feature, Receiver
from specc.language.save_options import SaveOptions
from specc.language.trees import Record, to_lists, tree_to_json

if TYPE_CHECKING:
    from specc.language.document import Dim, Document, Endpoint, Selection

DEFAULT_ARGUMENTS = ("inputs",)
"""The default name of a single argument."""


def document_to_json(document: Document) -> dict[str, Any]:
    """The canonical JSON of a document: fields in the order of the language, names sorted, defaults left out.

    Dict keys in ``inputs`` and ``kwargs`` keep the order of the document, since a function may depend on it.
    """
    data: dict[str, Any] = {} if document.schema_ is None else {"$schema": document.schema_}
    data["specc"] = document.specc
    data |= _non_default_fields(document, "name", "description", "model")
    if document.imports:
        data["imports"] = list(document.imports)
    if document.dims:
        dims = sorted(document.dims.items())
        data["dims"] = {name: dim_to_json(dim) for name, dim in dims}
    data["endpoints"] = {name: endpoint_to_json(endpoint) for name, endpoint in sorted(document.endpoints.items())}
    by_itself = len(document.endpoints) == 1 and document.default in document.endpoints
    if document.default_is_said and not by_itself:
        data["default"] = document.default
    if document.variable_collections:
        collections = sorted(document.variable_collections.items())
        data["variable_collections"] = {name: collection_to_json(collection) for name, collection in collections}
    if document.track:
        data["track"] = list(document.track)
    data |= _non_default_fields(document, "mode", "serving_only")
    save_options = _save_options_to_json(document.save_options)
    if save_options:
        data["save_options"] = save_options
    return {**data, "targets": sorted(set(document.targets))} if document.targets else data


def _save_options_to_json(options: SaveOptions) -> dict[str, Any]:
    data = _non_default_fields(options, *SaveOptions.model_fields)
    for field in ("namespace_whitelist", "extra_tags"):
        if field in data:
            data[field] = list(data[field])
    if "function_aliases" in data:
        data["function_aliases"] = dict(sorted(options.function_aliases.items()))
    sharding = options.experimental_sharding_callback
    if sharding is not None:
        said = _non_default_fields(sharding, "callback", "max_shard_size")
        data["experimental_sharding_callback"] = said.get("callback") if list(said) == ["callback"] else said
    return data


def _non_default_fields(record: Record, *fields: str) -> dict[str, Any]:
    """The fields whose value is not the language's default."""
    model_fields = type(record).model_fields
    said = {}
    for field in fields:
        value = getattr(record, field)
        if value != model_fields[field].get_default(call_default_factory=True, validated_data={}):
            said[model_fields[field].alias or field] = value
    return said


def dim_to_json(dim: Dim) -> dict[str, Any]:
    """The canonical JSON of a named dimension."""
    return _non_default_fields(dim, "min", "max", "description")


def endpoint_to_json(endpoint: Endpoint) -> dict[str, Any]:
    """The canonical JSON of an endpoint, as in :func:`document_to_json`."""
    data = _non_default_fields(endpoint, "description", "function")
    if endpoint.kwargs:
        data["kwargs"] = plain_json(endpoint.kwargs)
    data |= _non_default_fields(endpoint, "preprocess", "postprocess", "autograph", "gradients")
    jax = _jax_to_json(endpoint.jax)
    if jax:
        data["jax"] = jax
    if endpoint.arguments != (DEFAULT_ARGUMENTS if len(endpoint.inputs) == 1 else ()):
        data["arguments"] = list(endpoint.arguments)
    data["inputs"] = [tree_to_json(tree) for tree in endpoint.inputs]
    data["outputs"] = tree_to_json(endpoint.outputs, sort_keys=True)
    data |= _non_default_fields(endpoint, "method")
    if endpoint.receivers:
        data["receivers"] = {name: receiver_to_json(item) for name, item in sorted(endpoint.receivers.items())}
    return data | _non_default_fields(endpoint, "receiver", "optional")


def _jax_to_json(options: JaxOptions) -> dict[str, Any]:
    """The canonical JSON of the JAX options; the platforms are a set, and are sorted."""
    said = _non_default_fields(options, "is_static")
    platforms = sorted(set(options.platforms))
    if platforms != sorted(JaxOptions.model_fields["platforms"].default):
        said = {"platforms": platforms, **said}
    if options.jax2tf_kwargs:
        said["jax2tf_kwargs"] = plain_json(options.jax2tf_kwargs, sort_keys=True)
    return said


def receiver_to_json(receiver: Receiver) -> dict[str, Any]:
    """The canonical JSON of a receiver."""
    data = {"kind": receiver.kind, **_non_default_fields(receiver, "description")}
    if receiver.features is not None:
        data["features"] = {name: _feature_to_json(item) for name, item in sorted(receiver.features.items())}
    return data


def _feature_to_json(feature: Feature) -> dict[str, Any]:
    return {key: to_lists(value) for key, value in _non_default_fields(feature, "key", "default", "sequence").items()}


def plain_json(value: Any, *, sort_keys: bool = False) -> Any:
    """A free-form JSON value, with lists for tuples."""
    match value:
        case dict():
            return {key: plain_json(value[key], sort_keys=sort_keys) for key in (sorted(value) if sort_keys else value)}
        case list() | tuple():
            return [plain_json(item, sort_keys=sort_keys) for item in value]
        case _:
            return value


def collection_to_json(collection: tuple[Selection, ...]) -> Any:
    """The canonical JSON of a variable collection."""
    selections = [_selection_to_json(selection) for selection in collection]
    return selections[0] if len(selections) == 1 else selections


def _selection_to_json(selection: Selection) -> Any:
    data = _non_default_fields(selection, "from_", "match", "trainable", "dtype")
    if selection.content is not None:
        data["content"] = {path: tree_to_json(leaf) for path, leaf in sorted(selection.content.items())}
    return data["from"] if len(data) == 1 else data
