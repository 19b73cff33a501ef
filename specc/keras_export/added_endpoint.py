"""Adds one endpoint to an ExportArchive: a function as Keras takes it, with the wire names of Keras's archive."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from specc.compiler.backends import runs_in_tensorflow, unwrap_function
from specc.compiler.backends.jax_shapes import BATCH, declared_symbols
from specc.compiler.fewer_collections import fewer_collections
from specc.compiler.prepare import Revived
from specc.compiler.tensorspec import tree_of
from specc.compiler.trace.binding import identity_of
from specc.compiler.trace.cores import Cores, Source, refuse_python_ops
from specc.compiler.trace.output_check import describe, spec_of
from specc.compiler.trace.result_containers import plain_unless_rebuilt
from specc.compiler.user_code import summarize
from specc.compiler.write.distributed import tracing_for_archive
from specc.compiler.write.resources import name_tables
from specc.diagnostics import SpecPath
from specc.keras_export.extension_types import extension_types, flat_endpoint
from specc.keras_export.input_specs import describe_unsupported, map_structure
from specc.keras_export.keras_errors import (
    SpecTypeError,
    SpecValueError,
    require_legal,
    reraising_user_errors,
    type_error,
    value_error,
)
from specc.keras_export.requested_signature import RequestedSignature, request_first_trace, request_signature
from specc.keras_export.revived_function import argument_defaults, revived_function
from specc.language.document import Endpoint
from specc.language.jax_options import JaxOptions
from specc.language.tensor_string import ANY
from specc.language.tree_edits import leaves, with_leaves, without_names
from specc.language.trees import Leaf, Tensor, Tree, tensor
from specc.language.wire_names import input_leaves, output_leaves
from specc.reader.linking import with_wire_names
from specc.reader.protobuf.tensors import tensor_value
from specc.reader.protobuf.wire_format import archive_budget

_NO_OPTIONS = JaxOptions()


@dataclass(frozen=True)
class AddedEndpoint:
    """An added endpoint: its declaration, the function that it runs, and the function that it is revived as.

    ``given`` is the caller's own function if ``function`` calls it as a document would, else None; the revived function
    is returned to the caller.
    """

    endpoint: Endpoint
    function: Callable[..., Any]
    given: Callable[..., Any] | None
    revived: Revived
    names_batch: bool = False
    """Whether its inputs have the dimension ``batch``."""


@fewer_collections()
def make_added_endpoint(  # each is one part of an endpoint
    name: str,
    function: Callable[..., Any],
    input_signature: Any,
    cores: Cores,
    options: JaxOptions = _NO_OPTIONS,
    tracked: Sequence[Any] = (),
) -> AddedEndpoint:
    """The endpoint of ``function``, traced into ``cores``; ``tracked`` objects may own variables that it uses.

    Raises:
        SpecTypeError, SpecValueError: where Keras raises TypeError or ValueError.
        SpecError: the function cannot be traced, or returns a value that a signature cannot return. An exception of the
            function is the error's cause, and if its type is built in, the error is of that type too.
    """
    path: SpecPath = ("endpoints", name)
    if not isinstance(name, str):
        raise type_error("bad-name", (), f"the name of an endpoint must be a string, not {name!r}")
    require_legal({name: Endpoint(function=None, inputs=(), outputs=tensor("bool[]"))})
    requested = (
        request_first_trace(function, path)
        if input_signature is None
        else request_signature(function, input_signature, path)
    )
    requested = replace(requested, function=_uncached(requested.function))
    if unsupported := describe_unsupported(*requested.specs):
        hint = "use dicts with string keys, and containers that are not empty"
        raise type_error("bad-signature", path, f"the function takes {unsupported}", hint)
    if extensions := extension_types(requested.specs):
        return _opaque_endpoint(name, requested, requested.function, function, extensions)
    is_tensorflow = runs_in_tensorflow(requested.function)
    names_batch = (
        keras.config.backend() == "jax" and not is_tensorflow and "polymorphic_shapes" not in options.jax2tf_kwargs
    )
    declared = _declare_inputs(requested, names_batch=names_batch).model_copy(
        update={} if is_tensorflow else {"jax": options}
    )
    require_legal({name: declared})  # before TensorFlow changes names
    leaves = input_leaves(declared)
    names_in = tuple(component.wire_name for leaf in leaves for component in leaf.components)
    source = Source(
        function=requested.function,
        identity=identity_of(requested.function),
        path=(*path, "function"),
        is_tensorflow=is_tensorflow,
        options=declared.jax,
        symbols=declared_symbols(leaves),
        as_result=_constants_to_tensors,
    )
    owner = getattr(unwrap_function(requested.function), "__self__", None)
    findings = list(cores.backend.find_unsupported(source, leaves, None, owner))
    if findings:
        kind = SpecTypeError if any(each.rule == "unknown-key" for each in findings) else SpecValueError
        raise kind(findings)  # jax2tf.convert raises TypeError
    cores.backend.register_model(owner)
    name_tables(owner)

    def names_out(result: Any) -> tuple[str, ...]:
        if not describe_unsupported(result) and extension_types(result):
            return ()
        leaves = output_leaves(declared.model_copy(update={"outputs": _output_tree(result, path)}))
        return tuple(component.wire_name for leaf in leaves for component in leaf.components)

    with reraising_user_errors(), tracing_for_archive(owner, *tracked):
        core = cores.trace(source, requested.specs, names_in, names_out)
    named = [leaf.name if isinstance(leaf.leaf, Tensor) else None for leaf in leaves]
    if extensions := extension_types(core.result):
        revived = function if requested.traces else revived_function(name, core, requested, named)
        return _opaque_endpoint(name, requested, lambda *arguments: core.call(list(arguments)), revived, extensions)
    endpoint = declared.model_copy(update={"outputs": _output_tree(core.result, path)})
    require_legal({name: endpoint})
    given = function if requested.is_plain else None
    if isinstance(function, tf.types.experimental.PolymorphicFunction) and requested.traces:
        for trace in requested.traces:
            refuse_python_ops(trace, (*path, "function"))
        return AddedEndpoint(endpoint, requested.function, given, Revived(function, requested.traces), names_batch)
    return AddedEndpoint(
        endpoint, requested.function, given, Revived(revived_function(name, core, requested, named)), names_batch
    )


def _uncached(function: Callable[..., Any]) -> Callable[..., Any]:
    """A new function that calls ``function``.

    Traces are cached by function, and the model may change between two calls.
    """

    def called(*arguments: Any) -> Any:
        return function(*arguments)

    called._specc_calls = function  # type: ignore[attr-defined]  # see backends.unwrap_function
    return called


def _opaque_endpoint(
    name: str, requested: RequestedSignature, function: Callable[..., Any], revived: Any, extensions: Sequence[str]
) -> AddedEndpoint:
    """The endpoint of a function with an ExtensionType; ``revived`` is a function with its own trace."""
    path: SpecPath = ("endpoints", name)
    traces = requested.traces or (revived.get_concrete_function(),)
    for trace in traces:
        refuse_python_ops(trace, (*path, "function"))
    endpoint, as_signature = flat_endpoint(requested.specs, function, traces[0], path)
    require_legal({name: endpoint})
    many = len(extensions) > 1
    why = f"it takes or returns {', '.join(extensions)}, {'' if many else 'an '}ExtensionType{'s' if many else ''}"
    return AddedEndpoint(endpoint, as_signature, None, Revived(revived, traces, why))


def _declare_inputs(requested: RequestedSignature, *, names_batch: bool) -> Endpoint:
    """The endpoint without its outputs; a leaf has a name if its wire name is not the derived one.

    With ``names_batch``, the open first dimension of every input is the same dimension, as for Keras on JAX.
    """
    trees = [without_names(tree_of(argument)) for argument in requested.specs]
    for index, default in ({} if requested.traces else argument_defaults(requested)).items():
        trees[index] = _with_tensor_defaults(trees[index], default)
    bare = Endpoint(function=None, arguments=requested.arguments, inputs=tuple(trees), outputs=tensor("bool[]"))
    named: list[Leaf] = []
    for leaf, name in zip(input_leaves(bare), requested.wire_names, strict=True):
        if isinstance(name, tuple):
            named.append(with_wire_names(leaf.leaf, tuple(component.wire_name for component in leaf.components), name))
        else:
            named.append(leaf.leaf if name == leaf.name else leaf.leaf.model_copy(update={"name": name}))
    remaining = iter(map(_with_batch_dim, named) if names_batch else named)
    return bare.model_copy(update={"inputs": tuple(with_leaves(tree, remaining) for tree in trees)})


def _with_tensor_defaults(tree: Tree, default: Any) -> Tree:
    """``tree`` with the parts of its default that TensorFlow publishes, which are only tensors."""
    flat = [default] if isinstance(tree, Tensor) else tf.nest.flatten(default)
    return with_leaves(tree, map(_leaf_with_default, leaves(tree), flat))


def _leaf_with_default(leaf: Leaf, default: Any) -> Leaf:
    if not isinstance(leaf, Tensor) or not isinstance(default, tf.Tensor):
        return leaf
    value, _, shape = tensor_value(tf.make_tensor_proto(default), archive_budget())
    # A contract cannot have a default for a leaf of open size.
    return Tensor(dtype=leaf.dtype, shape=shape, default=value) if leaf.shape == shape else leaf


def _with_batch_dim(leaf: Leaf) -> Leaf:
    if not isinstance(leaf, Tensor) or not leaf.shape or leaf.shape[0] != ANY:
        return leaf
    return leaf.model_copy(update={"shape": (BATCH, *leaf.shape[1:])})


def _constants_to_tensors(result: Any) -> Any:
    """The result of a function, with Python numbers and strings and NumPy arrays converted to tensors, as in Keras."""
    constants = (bool, int, float, complex, str, bytes, np.ndarray, np.generic)

    def convert(leaf: Any) -> Any:
        return tf.convert_to_tensor(leaf) if isinstance(leaf, constants) else leaf

    return tf.nest.map_structure(convert, plain_unless_rebuilt(result))


def _output_tree(result: Any, path: SpecPath) -> Tree:
    """The tree of the result of a function."""
    if unsupported := describe_unsupported(result):
        hint = "a signature returns tensors, in lists, tuples and dicts with string keys"
        raise value_error("output-conflict", (*path, "outputs"), f"the function returns {unsupported}", hint)
    specs = map_structure(result, lambda leaf: _output_spec(leaf, path))
    try:
        return without_names(tree_of(specs))
    except TypeError as error:
        message = f"the function returns a value that a signature cannot return: {summarize(error)}"
        raise value_error("output-conflict", (*path, "outputs"), message) from error


def _output_spec(leaf: Any, path: SpecPath) -> Any:
    spec = spec_of(leaf)
    if spec is None:
        message = f"the function returns {describe(leaf)}; a signature returns tensors, in lists, tuples and dicts"
        raise value_error("output-conflict", (*path, "outputs"), message, "return a tensor, or leave it out")
    return spec
