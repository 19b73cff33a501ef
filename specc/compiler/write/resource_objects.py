"""Lookup tables, other resources and the files that they read, as objects and nodes of an archive.

A ``tf.saved_model.experimental.TrackableResource`` documents three methods, which create, initialize and destroy it.
They are traced for Python, which revives a resource with them, and called in the main graph for other runtimes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import tensorflow as tf

from specc.compiler.write.assets import AssetFiles
from specc.compiler.write.checkpoint import Checkpoint
from specc.compiler.write.library import Library, describe_function, full_arg_spec, function_spec, name_of
from specc.compiler.write.meta_graph import ROOT, MetaGraph, NotWritable, add_call

Resource = tf.saved_model.experimental.TrackableResource
_MUTABLE = (tf.lookup.experimental.MutableHashTable, tf.lookup.experimental.DenseHashTable)
_INITIALIZERS = (tf.lookup.KeyValueTensorInitializer, tf.lookup.TextFileInitializer)
_PLAIN = tf.__internal__.tracking.AutoTrackable
"""An object with attributes only, as the initializer of a revived table."""
_MAIN_OP = "saved_model_main_op"
_INIT_OP = "__saved_model_init_op"
_OF_TENSORFLOW = (*_INITIALIZERS, *_MUTABLE, tf.lookup.StaticHashTable)
_STORED = "table"
"""The attribute of a mutable table that a checkpoint holds, as TensorFlow calls it."""
_WAYS_OF_SAVING = (
    "_export_to_saved_model_graph", "_gather_saveables_for_checkpoint", "_restore_from_tensors",
    "_serialize_to_proto", "_serialize_to_tensors", "_trackable_children",
)  # fmt: skip
"""The private methods with which a class says how it is saved: only TensorFlow can save a class that overrides one."""


class Resources:
    """The resources and files of a MetaGraph that is being written."""

    def __init__(self, graph: MetaGraph, library: Library, checkpoint: Checkpoint) -> None:
        self.graph, self.library, self.checkpoint = graph, library, checkpoint
        self.assets = AssetFiles(graph)
        self._objects: dict[int, int] = {}
        self._alive: list[Any] = []
        self._initialized: list[str] = []

    def add(self, parts: Iterable[Any], name: str) -> None:
        """Adds resources, assets and variables as the list ``name`` of the root.

        Raises:
            NotWritable: one of them has a way of saving of its own.
        """
        held = self.graph.add_list(ROOT, name, ())
        for position, part in enumerate(parts):
            self.graph.add_child(held, str(position), self._object(part, f"{name}/{position}"))

    def add_initialization(self) -> None:
        """Adds the node that other runtimes run first: it sets the paths of assets, and initializes all resources."""
        done = self.graph.add_node("initialize_all", "NoOp", [*self.assets.assigned, *self._initialized])
        self.graph.proto.collection_def[_MAIN_OP].node_list.value.append(done.name)  # for older loaders
        result = self.graph.proto.signature_def[_INIT_OP].outputs[_INIT_OP]
        result.name = done.name
        result.tensor_shape.unknown_rank = True

    def _object(self, part: Any, path: str) -> int:
        """The object of a part, which is added with its own parts if it is new."""
        if isinstance(part, tf.Variable):
            return self.checkpoint.variable(part, path)
        if id(part) in self._objects:
            return self._objects[id(part)]
        self._alive.append(part)
        if isinstance(part, tf.saved_model.Asset):
            self._objects[id(part)] = self.assets.add(part)
            return self._objects[id(part)]
        _require_known(part)
        held = self._objects[id(part)] = self.graph.add_object()
        if isinstance(part, Resource):
            self._add_handle(part, held)
        else:
            self.graph.make_user_object(held)
        for name, child in tf.train.TrackableView(part).children(part).items():
            self.graph.add_child(held, name, self._object(child, f"{path}/{name}"))
        if isinstance(part, Resource):
            self._add_functions(part, held)
            if isinstance(part, _MUTABLE):
                self._add_contents(part, held, path)
        return held

    def _add_handle(self, part: Any, held: int) -> None:
        """Adds the node that creates a resource; TensorFlow has no public way to ask for its device."""
        device = getattr(part, "_resource_device", "")
        self.graph.objects.nodes[held].resource.device = device
        created = tf.Graph()
        with created.as_default(), tf.device(device):
            handle = part._create_resource()
        node = self.graph.import_graph(created)[handle.op.name]
        self.graph.hold(part.resource_handle, held, f"{node}:{handle.value_index}" if handle.value_index else node)

    def _add_functions(self, part: Any, held: int) -> None:
        """Adds the functions with which Python creates, initializes and destroys a resource."""

        def creator() -> Any:
            return part._create_resource()

        def initializer() -> int:
            part._initialize()
            return 1

        def destroyer() -> int:
            part._destroy_resource()
            return 1

        methods = {"_create_resource": creator, "_initialize": initializer}
        if getattr(part._destroy_resource, "__func__", None) is not Resource._destroy_resource:  # which does nothing
            methods["_destroy_resource"] = destroyer
        traces = {name: _trace(method) for name, method in methods.items()}
        self._alive += traces.values()
        self.library.add(traces.values())
        for name, trace in traces.items():
            self.library.describe(trace)
            function = describe_function(self.graph, [name_of(trace)], function_spec(full_arg_spec(), ()))
            self.graph.add_child(held, name, function)
        initialize = traces["_initialize"]
        captured = [
            self.assets.initial_path(tensor) or self.graph.captured(tensor).node
            for tensor in initialize.captured_inputs
        ]
        call = add_call(self.graph, "initialize", self.library.definition(initialize), captured)
        self._initialized.append(f"^{call.name}")

    def _add_contents(self, table: Any, held: int, path: str) -> None:
        """Adds the functions with which a checkpoint saves and restores a mutable table, as TensorFlow's own."""

        def save_fn(checkpoint_key: Any) -> list[dict[str, Any]]:
            parts = zip(("-keys", "-values"), table.export(), strict=True)
            return [
                {"name": checkpoint_key + part, "tensor": tensor, "slice_spec": tf.constant("")}
                for part, tensor in parts
            ]

        def restore_fn(keys: Any, values: Any) -> int:
            tf.raw_ops.LookupTableImportV2(table_handle=table.resource_handle, keys=keys, values=values)
            return 1

        names = ("restored_tensors_0", "restored_tensors_1")
        dtypes = (table.key_dtype, table.value_dtype)
        specs = [tf.TensorSpec(None, dtype, name) for dtype, name in zip(dtypes, names, strict=True)]
        traces = [_trace(save_fn, tf.TensorSpec([], tf.string, "checkpoint_key")), _trace(restore_fn, *specs)]
        self._alive += traces
        self.library.add(traces)
        stored = self.graph.objects.nodes[held].saveable_objects[_STORED]
        stored.save_function, stored.restore_function = (
            self.library.add_bare(trace, arguments)
            for trace, arguments in zip(traces, (("checkpoint_key",), names), strict=True)
        )
        self.checkpoint.add_table(held, path, _STORED, table, tuple(map(self.library.definition, traces)))


def _trace(method: Callable[..., Any], *specs: Any) -> Any:
    return tf.function(method, autograph=False, input_signature=specs).get_concrete_function()


def _require_known(part: Any) -> None:
    """Raises NotWritable if a part is saved in a way of its own."""
    if isinstance(part, _OF_TENSORFLOW):
        known = type(part) in _OF_TENSORFLOW
    else:
        base = Resource if isinstance(part, Resource) else _PLAIN
        known = isinstance(part, base) and not any(
            name in vars(part) or getattr(type(part), name, None) is not getattr(base, name, None)
            for name in _WAYS_OF_SAVING
        )
    functions = (tf.types.experimental.PolymorphicFunction, tf.types.experimental.ConcreteFunction)
    holds_functions = not isinstance(part, Resource) and any(
        isinstance(each, functions) for each in vars(part).values()
    )
    if not known or holds_functions or getattr(part, "_self_saveable_object_factories", None):
        raise NotWritable(f"{type(part).__name__!r} has a way of saving of its own")
