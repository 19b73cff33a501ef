"""A drop-in replacement for ``keras.export.ExportArchive``, with its methods and wire names and specc's writer."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import keras
import tensorflow as tf

from specc.compiler.backends.jax_shapes import BATCH
from specc.compiler.clock import Clock
from specc.compiler.export import publish
from specc.compiler.export_report import ExportReport
from specc.compiler.prepare import prepare
from specc.compiler.program import compile
from specc.compiler.trace.cores import Cores
from specc.compiler.trackables import descendants, is_trackable
from specc.compiler.write.resources import name_tables
from specc.compiler.write.save_options import read_save_options
from specc.diagnostics import printable
from specc.keras_export import keras_words as words
from specc.keras_export.added_endpoint import AddedEndpoint, make_added_endpoint
from specc.keras_export.attribute_paths import function_path, selections
from specc.keras_export.jax_arguments import read_options
from specc.keras_export.keras_errors import require_legal, value_error
from specc.language.document import VERSION, Dim, Document
from specc.language.signatures import DEFAULT_KEYS
from specc.language.tensor_string import format_tensor
from specc.language.wire_names import input_leaves, output_leaves
from specc.publishing.destinations import replacement
from specc.report.writer import write

_SERVING_DEFAULT = DEFAULT_KEYS["predict"]
_COLLECTION_HINT = (
    "make them an attribute of the model, or write a spec without this collection; write_out() does not need a spec"
)


class _Tracked(tf.Module):  # type: ignore[misc]  # TensorFlow has no types
    """All tracked objects, as one model."""

    variables: Any = ()  # tf.Module's own is a property without a setter

    def __init__(self, resources: Sequence[Any], variables: Sequence[Any]) -> None:
        super().__init__()
        self.resources = list(resources)
        self.variables = list(variables)


class ExportArchive:
    """Exports functions of Keras models and layers to one SavedModel, as ``keras.export.ExportArchive`` does.

    As in Keras, the wire names are Keras's and the first endpoint is also ``serving_default``. Each function is traced
    once, when it is added; each weight is stored once; lookup tables need not be tracked.
    """

    def __init__(self, format: str = "saved_model") -> None:
        cores = Cores()  # raises for a backend that cannot be exported
        if format != "saved_model":
            message = f"specc writes only SavedModels, not the format {format!r}"
            raise value_error("bad-choice", (), message, words=words.no_format(format))
        self.tensorflow_version: str = tf.__version__
        self._resources: list[Any] = []
        self._added: dict[str, AddedEndpoint] = {}
        self._collections: dict[str, list[Any]] = {}
        self._cores = cores

    @property
    def variables(self) -> list[Any]:
        """The variables of the tracked layers and models, in order and without duplicates."""
        return self._in_tensorflow(self._listed("variables"))

    @property
    def trainable_variables(self) -> list[Any]:
        """The trainable variables of the tracked layers and models."""
        return self._in_tensorflow(self._listed("trainable_variables"))

    @property
    def non_trainable_variables(self) -> list[Any]:
        """The non-trainable variables of the tracked layers and models."""
        return self._in_tensorflow(self._listed("non_trainable_variables"))

    def _in_tensorflow(self, variables: list[Any]) -> list[Any]:
        """The tf.Variable in the archive for each of ``variables``: the same one, or on JAX the one that mirrors it."""
        return [self._cores.backend.tf_variable(variable) for variable in variables]

    def _listed(self, attribute: str) -> list[Any]:
        layers = (resource for resource in self._resources if isinstance(resource, keras.Layer))
        return list({id(variable): variable for layer in layers for variable in getattr(layer, attribute)}.values())

    def track(self, resource: Any) -> None:
        """Adds the variables of a Keras layer or model, or a resource such as a lookup table, to the archive.

        Raises:
            SpecValueError: the layer is not built, or ``resource`` is neither.
        """
        if isinstance(resource, keras.Layer):
            if not resource.built:
                message = "the layer provided has not yet been built"
                hint = "build it, or call it once, before it is exported"
                raise value_error("bad-resource", (), message, hint, words=words.LAYER_NOT_BUILT)
        elif not is_trackable(resource):
            message = f"{resource!r} is neither a Keras layer or model nor a TensorFlow trackable"
            raise value_error("bad-resource", (), message, words=words.no_resource(resource))
        self._resources.append(resource)
        self._cores.backend.register_model(resource)
        name_tables(resource)

    def add_endpoint(self, name: str, fn: Callable[..., Any], input_signature: Any = None, **kwargs: Any) -> Any:
        """Adds an endpoint that runs ``fn``.

        Args:
            name: the name of the endpoint, on the revived object and as a signature.
            fn: a callable; without an ``input_signature``, a tf.function that was called before. All its traces are
                kept, and the first is the signature.
            input_signature: a list with one entry for each positional argument: nested ``keras.InputSpec``,
                ``tf.TensorSpec``, ``tf.RaggedTensorSpec``, ``tf.SparseTensorSpec``, ``keras.KerasTensor`` or tensors.
            kwargs: ``jax2tf_kwargs`` and ``is_static`` are for the JAX backend, as in Keras; so is ``platforms``, any
                of ``cpu``, ``cuda`` and ``tpu``, by default all three.

        Returns:
            The tf.function of the endpoint, which other endpoints can call.

        Raises:
            SpecValueError: a name is taken or illegal, or the signature is missing or invalid.
            SpecTypeError: an entry of the signature is not a spec, or the function does not take it.
            SpecError: the function cannot be traced. Its exception is the cause, and if its type is built in, the
                error is of that type too.
        """
        if name in self._added or name in self._collections:
            message = f"the name {name!r} is already taken"
            raise value_error("name-clash", ("endpoints", name), message, words=words.name_taken(name))
        options = read_options(kwargs, ("endpoints", name))
        added = make_added_endpoint(name, fn, input_signature, self._cores, options, self._resources)
        self._added[name] = added
        return added.revived.function

    def track_and_add_endpoint(self, name: str, resource: Any, input_signature: Any, **kwargs: Any) -> Any:
        """Tracks a layer or model and adds an endpoint that calls it; raises the errors of the two methods."""
        self.track(resource)
        return self.add_endpoint(name, resource.__call__, input_signature, **kwargs)

    def add_variable_collection(self, name: str, variables: Iterable[Any]) -> None:
        """Adds variables as a list on the revived object.

        Raises:
            SpecValueError: ``variables`` is not a list, tuple or set, or has items that are not variables; or the name
                is illegal, or taken by an endpoint or another collection, which Keras would overwrite.
        """
        path = ("variable_collections", name)
        require_legal({}, {name: ()})
        if not isinstance(variables, (list, tuple, set)):
            message = f"expected variables in a list, tuple or set, found {type(variables).__name__}"
            raise value_error("wrong-type", path, message, words=words.no_collection(variables))
        odd = sorted({type(each).__name__ for each in variables if not isinstance(each, (tf.Variable, keras.Variable))})
        if odd:
            message = f"expected tf.Variable and keras.Variable, found {', '.join(odd)}"
            raise value_error("wrong-type", path, message, words=words.no_variables(variables))
        if name in self._added or name in self._collections:
            raise value_error("name-clash", path, f"the name {name!r} is already taken", "choose another name")
        ordered = sorted(variables, key=lambda each: each.name) if isinstance(variables, set) else variables
        self._collections[name] = list(ordered)

    @property
    def spec(self) -> Document:
        """The Document of the added endpoints, with Keras's wire names, and null for a function without a path.

        Paths are on the tracked model; for several models, on an object that has the variables of all of them.

        Raises:
            SpecValueError: nothing was added, a collection cannot be selected by paths, or an endpoint takes or returns
                an ExtensionType.
        """
        document = self._document()
        for name, added in self._added.items():
            if added.revived.undescribed:
                message = f"what {name!r} takes and returns cannot be written in a spec: {added.revived.undescribed}"
                raise value_error(
                    "bad-signature", ("endpoints", name), message, "write_out() exports it without a spec"
                )
        for name in self._collections.keys() - document.variable_collections.keys():
            message = (
                "no variable list of the model, and no attribute paths, select exactly these variables in this order"
            )
            raise value_error("unknown-collection", ("variable_collections", name), message, _COLLECTION_HINT)
        return document

    def _document(self) -> Document:
        """The document, without the collections that cannot be written in a spec."""
        if not self._added:
            message = "an archive needs an endpoint, and none was added"
            raise value_error("missing-endpoint", (), message, "call add_endpoint()", words=words.NO_ENDPOINTS)
        model, endpoints = self._model(), {}
        for name, added in self._added.items():
            path = added.given and function_path(model, added.given)
            endpoints[name] = added.endpoint.model_copy(update={"function": path})
        default = _SERVING_DEFAULT if _SERVING_DEFAULT in endpoints else next(iter(endpoints))
        found = {name: selections(model, variables) for name, variables in self._collections.items()}
        collections = {name: selection for name, selection in found.items() if selection}
        dims = {BATCH: Dim()} if any(added.names_batch for added in self._added.values()) else {}
        return Document(
            specc=VERSION, dims=dims, endpoints=endpoints, default=default, variable_collections=collections
        )

    def _model(self) -> Any:
        """The tracked model, ignoring tables and its own parts; if there are several, all tracked objects as one."""
        unique = list({id(resource): resource for resource in self._resources}.values())
        models = [resource for resource in unique if isinstance(resource, (keras.Layer, tf.Module))]
        models = models if len(unique) > 1 else unique
        outermost = [model for model in models if not any(_is_part_of(model, other) for other in models)]
        return outermost[0] if len(outermost) == 1 else _Tracked(unique, self._listed("variables"))

    def write_out(self, filepath: str | os.PathLike[str], options: Any = None, verbose: bool = True) -> ExportReport:
        """Writes the archive; an existing one at ``filepath`` is replaced as a whole, after the new one is complete.

        Args:
            filepath: a directory that is missing, empty or a SavedModel; or an unused URL, since a remote archive is
                never replaced.
            options: a ``tf.saved_model.SaveOptions``.
            verbose: whether to print the endpoints of the archive.

        Raises:
            SpecValueError: nothing was added.
            SpecError: an added endpoint or collection cannot be built.
            TargetError: ``filepath`` has other content, or cannot be written.
        """
        document = self._document()
        revived = {name: added.revived for name, added in self._added.items()}
        if options is not None:
            save_options = read_save_options(options, {name: each.function for name, each in revived.items()})
            document = document.model_copy(update={"save_options": save_options})
        destination = replacement(filepath)
        destination.check()
        functions = {name: added.function for name, added in self._added.items()}
        clock = Clock(lambda _: None)
        prepared = prepare(
            compile(document), self._model(), functions, self._cores, clock,
            collections=self._collections, revived=revived,
        )  # fmt: skip
        if options is not None:
            prepared = replace(prepared, contents=replace(prepared.contents, options=options))
        report = publish(prepared, destination, clock)
        if verbose:
            write(f"{_keras_summary(document, report)}\n")  # as Keras does
        return report


def _is_part_of(resource: Any, other: Any) -> bool:
    """Whether ``resource`` belongs to ``other``, which is tracked as well."""
    return resource is not other and any(part is resource for part in descendants(other))


def _keras_summary(document: Document, report: ExportReport) -> str:
    """The endpoints of the archive as text, in Keras's wording."""
    lines = [f"Saved artifact at '{printable(str(report.path))}'. The following endpoints are available:"]
    for name, endpoint in document.endpoints.items():
        lines += ["", f"* Endpoint '{name}'"]
        for arrow, leaves in (("", input_leaves(endpoint)), ("-> ", output_leaves(endpoint))):
            parts = [part for leaf in leaves for part in leaf.components]
            lines += [f"  {arrow}{part.wire_name}: {format_tensor(part.dtype, part.shape)}" for part in parts]
    return "\n".join(lines)
