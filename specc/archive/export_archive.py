"""The drop-in for ``keras.export.ExportArchive``: its calls and its wire names, through specc's own writer."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import keras
import tensorflow as tf

from specc.archive.added import Added, add
from specc.archive.cores import Cores
from specc.archive.destinations import replacement
from specc.archive.export import Clock, prepare, publish, require_tensorflow_backend
from specc.archive.input_specs import functional_inputs
from specc.archive.keras_errors import type_error, value_error
from specc.archive.program import compile
from specc.archive.report import ExportReport
from specc.archive.variables import find_variables
from specc.language.document import DEFAULT_FUNCTION, VERSION, Document, Endpoint, Selection
from specc.language.names import input_leaves, output_leaves
from specc.language.save_options import SaveOptions
from specc.language.signatures import DEFAULT_KEYS
from specc.language.tensor_string import format_tensor

_SERVING_DEFAULT = DEFAULT_KEYS["predict"]
_ENDPOINT = "serve"
"""What ``Model.export`` calls its one endpoint."""
_KNOWN_LISTS = (
    "optimizer.variables",
    "variables",
    "trainable_variables",
    "non_trainable_variables",
    "metrics_variables",
)
"""Lists of a model's variables that a document can name by their path."""
_SAYABLE = (
    "namespace_whitelist", "save_debug_info", "experimental_debug_stripper", "experimental_io_device",
    "experimental_custom_gradients", "experimental_skip_saver", "extra_tags",
)  # fmt: skip
"""Fields of ``tf.saved_model.SaveOptions`` that hold plain data, which the document can hold as well."""


class _Tracked(tf.Module):  # type: ignore[misc]  # TensorFlow has no types
    """Everything that was tracked, as one model."""

    variables: Any = ()  # tf.Module's own is a property without a setter

    def __init__(self, resources: Sequence[Any], variables: Sequence[Any]) -> None:
        super().__init__()
        self.resources = list(resources)
        self.variables = list(variables)


@dataclass
class ExportArchive:
    """Puts functions of Keras models and layers into one SavedModel, as ``keras.export.ExportArchive`` does.

    The wire names are Keras's, and so is the rule that the first endpoint is ``serving_default`` as well. Each function
    is traced once, when it is added; each weight is stored once; lookup tables are found without being tracked.
    """

    _resources: list[Any] = field(default_factory=list, init=False)
    _added: dict[str, Added] = field(default_factory=dict, init=False)
    _collections: dict[str, list[Any]] = field(default_factory=dict, init=False)
    _cores: Cores = field(default_factory=Cores, init=False)

    def __post_init__(self) -> None:
        require_tensorflow_backend()

    @property
    def variables(self) -> list[Any]:
        """The variables of the tracked layers and models, in their order, each once."""
        return self._listed("variables")

    @property
    def trainable_variables(self) -> list[Any]:
        """The trainable variables of the tracked layers and models."""
        return self._listed("trainable_variables")

    @property
    def non_trainable_variables(self) -> list[Any]:
        """The other variables of the tracked layers and models."""
        return self._listed("non_trainable_variables")

    def _listed(self, attribute: str) -> list[Any]:
        layers = (resource for resource in self._resources if isinstance(resource, keras.Layer))
        return list({id(variable): variable for layer in layers for variable in getattr(layer, attribute)}.values())

    def track(self, resource: Any) -> None:
        """Keeps the variables of a Keras layer or model, or a TensorFlow resource such as a lookup table.

        Raises:
            SpecValueError: the layer is not built, or ``resource`` is neither.
        """
        if isinstance(resource, keras.Layer):
            if not resource.built:
                message = "the layer provided has not yet been built"
                raise value_error("bad-resource", (), message, "build it, or call it once, before it is exported")
        elif not _is_trackable(resource):
            message = f"{resource!r} is no Keras layer or model and no TensorFlow trackable"
            raise value_error("bad-resource", (), message)
        self._resources.append(resource)

    def add_endpoint(self, name: str, fn: Callable[..., Any], input_signature: Any = None, **kwargs: Any) -> Any:
        """Adds an endpoint that runs ``fn``.

        Args:
            name: what the endpoint is called, on the revived object and among the signatures.
            fn: a callable; without an ``input_signature``, a tf.function that was called before.
            input_signature: a list with one entry for each positional argument: nested ``keras.InputSpec``,
                ``tf.TensorSpec``, ``tf.RaggedTensorSpec``, ``tf.SparseTensorSpec``, ``keras.KerasTensor`` or tensors.
            kwargs: ``jax2tf_kwargs`` and ``is_static`` are for the JAX backend.

        Returns:
            The tf.function of the endpoint, for other endpoints to build on.

        Raises:
            SpecValueError: the name is taken, or the signature is missing or cannot be.
            SpecTypeError: something in the signature is no spec, or the function does not take it.
            SpecError: the function cannot be traced.
        """
        if name in self._added:
            raise value_error("name-clash", ("endpoints", name), f"the endpoint name {name!r} is already taken")
        for option in kwargs:
            if option not in ("jax2tf_kwargs", "is_static"):
                raise type_error("unknown-key", ("endpoints", name), f"add_endpoint() takes no argument {option!r}")
            message = f"{option!r} is for the JAX backend; this is {keras.config.backend()}"
            raise value_error("unknown-key", ("endpoints", name), message)
        added = add(name, fn, input_signature, self._cores)
        self._added[name] = added
        return added.handed_back

    def track_and_add_endpoint(self, name: str, resource: Any, input_signature: Any, **kwargs: Any) -> Any:
        """Tracks a layer or model, and adds an endpoint that calls it; raises what the two methods raise."""
        self.track(resource)
        return self.add_endpoint(name, resource.__call__, input_signature, **kwargs)

    def add_variable_collection(self, name: str, variables: Iterable[Any]) -> None:
        """Offers variables as a list of the revived object.

        Raises:
            SpecValueError: ``variables`` is no list, tuple or set, or holds something else than variables; or an
                endpoint or another collection has the name, which Keras would overwrite.
        """
        path = ("variable_collections", name)
        if not isinstance(variables, (list, tuple, set)):
            message = f"expected variables in a list, tuple or set, found {type(variables).__name__}"
            raise value_error("wrong-type", path, message)
        odd = sorted({type(each).__name__ for each in variables if not isinstance(each, (tf.Variable, keras.Variable))})
        if odd:
            raise value_error("wrong-type", path, f"expected tf.Variable and keras.Variable, found {', '.join(odd)}")
        if name in self._added or name in self._collections:
            raise value_error("name-clash", path, f"{name!r} is taken already", "choose another name")
        ordered = sorted(variables, key=lambda each: each.name) if isinstance(variables, set) else variables
        self._collections[name] = list(ordered)

    @property
    def spec(self) -> Document:
        """The document of what was added: wire names as Keras has them, and null for a function without a path.

        Raises:
            SpecValueError: nothing was added.
        """
        if not self._added:
            raise value_error("missing-endpoint", (), "no endpoints have been set yet", "call add_endpoint()")
        endpoints = {name: self._with_path(added) for name, added in self._added.items()}
        default = _SERVING_DEFAULT if _SERVING_DEFAULT in endpoints else next(iter(endpoints))
        collections = {name: self._selections(variables) for name, variables in self._collections.items()}
        return Document(specc=VERSION, endpoints=endpoints, default=default, variable_collections=collections)

    def _with_path(self, added: Added) -> Endpoint:
        """The declaration, with the function's name where it is a method of the one tracked model."""
        model, function = self._model(), added.function
        name = getattr(function, "__name__", "")
        if function is model or (getattr(function, "__self__", None) is model and name == DEFAULT_FUNCTION):
            return added.endpoint.model_copy(update={"function": DEFAULT_FUNCTION})
        if getattr(function, "__self__", None) is model and getattr(model, name, None) == function:
            return added.endpoint.model_copy(update={"function": name})
        return added.endpoint

    def _selections(self, variables: list[Any]) -> tuple[Selection, ...]:
        """A collection as the document says it: a known list of the model, or each variable by its path."""
        wanted, model = [named.variable for named in find_variables(variables)], self._model()
        for path in _KNOWN_LISTS:
            source = model
            for attribute in path.split("."):
                source = getattr(source, attribute, None)
            found = [named.variable for named in find_variables(source)] if source is not None else []
            if [id(each) for each in found] == [id(each) for each in wanted] and wanted:
                return (Selection.model_validate({"from": path}),)
        paths = dict.fromkeys(named.path for named in find_variables(variables))
        return tuple(Selection.model_validate({"from": "variables", "match": path}) for path in paths)

    def _model(self) -> Any:
        """The one tracked resource, or all of them as one."""
        unique = list({id(resource): resource for resource in self._resources}.values())
        return unique[0] if len(unique) == 1 else _Tracked(unique, self.variables)

    def write_out(self, filepath: str | os.PathLike[str], options: Any = None, verbose: bool = True) -> ExportReport:
        """Writes the archive; one that lies at ``filepath`` is replaced, whole, once the new one is complete.

        Args:
            filepath: a directory that is absent, empty or a SavedModel.
            options: a ``tf.saved_model.SaveOptions``.
            verbose: whether to print what the archive offers.

        Raises:
            SpecValueError: nothing was added.
            SpecError: what was added cannot be built.
            TargetError: ``filepath`` holds something else, or cannot be written.
        """
        document = self.spec
        if options is not None:
            document = document.model_copy(update={"save_options": _said(options)})
        destination = replacement(filepath)
        destination.check()
        functions = {name: added.function for name, added in self._added.items()}
        clock = Clock(lambda _: None)
        program = compile(document)
        prepared = prepare(
            document, program, self._model(), functions, self._cores, clock, collections=self._collections
        )
        if options is not None:
            prepared = replace(prepared, contents=replace(prepared.contents, options=options))
        report = publish(prepared, destination, clock)
        if verbose:
            print(_summary(document, report))  # as Keras does
        return report


def export(
    model: Any,
    filepath: str | os.PathLike[str],
    *,
    verbose: bool | None = None,
    input_signature: Any = None,
    **kwargs: Any,
) -> ExportReport:
    """Exports the forward pass of a Keras model as the endpoint ``serve``, as ``Model.export`` does.

    Args:
        model: a built model: Functional, Sequential, or subclassed and called once.
        filepath: a directory that is absent, empty or a SavedModel, which is replaced whole.
        verbose: whether to print what the archive offers; yes, unless said.
        input_signature: as :meth:`ExportArchive.add_endpoint` takes it; without it, what the model recorded. A
            subclassed model records shapes and no dtypes: as in Keras they are its ``input_dtype``.
        kwargs: those of :meth:`ExportArchive.add_endpoint`.

    Raises:
        SpecTypeError: ``model`` is no Keras model.
        SpecValueError: the model is not built, or was never called.
    """
    if not isinstance(model, keras.Model):
        raise type_error("bad-model", (), f"the model must be a keras.Model, found {type(model).__name__}")
    if kwargs.pop("format", "tf_saved_model") != "tf_saved_model":
        raise value_error("bad-choice", (), "specc writes SavedModels alone", "model.export writes other formats")
    archive = ExportArchive()
    signature = _signature_of(model) if input_signature is None else input_signature
    archive.track_and_add_endpoint(_ENDPOINT, model, signature, **kwargs)
    return archive.write_out(filepath, verbose=verbose is None or verbose)


def _signature_of(model: Any) -> Any:
    if not model.built:
        message = "the model provided has not yet been built"
        raise value_error("bad-model", (), message, "build it, or call it once, before it is exported")
    if isinstance(model, keras.Sequential):
        return list(model.inputs)
    structure = functional_inputs(model)
    if structure is not None:
        return [structure]
    recorded = model.get_build_config() or {}
    shapes = recorded.get("shapes_dict", recorded)
    if not shapes:
        message = "the model provided was never called, so the shapes of its inputs are not known"
        raise value_error("bad-model", (), message, "call it once, or give an input_signature")
    return [_specs(shape, model.input_dtype) for shape in shapes.values()]


def _specs(shapes: Any, dtype: Any) -> Any:
    if isinstance(shapes, dict):
        return {key: _specs(shape, dtype) for key, shape in shapes.items()}
    if all(size is None or isinstance(size, int) for size in shapes):
        return keras.InputSpec(shape=(None, *shapes[1:]), dtype=dtype)
    return [_specs(shape, dtype) for shape in shapes]


def _is_trackable(resource: Any) -> bool:
    """Whether TensorFlow can track ``resource``."""
    try:
        tf.train.TrackableView(resource).children(resource)
    except (AttributeError, TypeError, ValueError):
        return False
    return True


def _said(options: Any) -> SaveOptions:
    """What of a ``tf.saved_model.SaveOptions`` a document can say; the object itself is what is saved with."""
    said = {name: getattr(options, name) for name in _SAYABLE if getattr(options, name, None)}
    if not options.experimental_custom_gradients:
        said["experimental_custom_gradients"] = False
    tags = dict.fromkeys(said.get("extra_tags", ()))
    return SaveOptions.model_validate({**said, "extra_tags": [tag for tag in tags if tag != "serve"]})


def _summary(document: Document, report: ExportReport) -> str:
    """What the archive offers, in the words of Keras."""
    lines = [f"Saved artifact at '{report.path}'. The following endpoints are available:"]
    for name, endpoint in document.endpoints.items():
        lines += ["", f"* Endpoint '{name}'"]
        for arrow, leaves in (("", input_leaves(endpoint)), ("-> ", output_leaves(endpoint))):
            parts = [part for leaf in leaves for part in leaf.components]
            lines += [f"  {arrow}{part.wire_name}: {format_tensor(part.dtype, part.shape)}" for part in parts]
    return "\n".join(lines)
