"""An archive in a TensorFlow 1 Session, as the C++ loader has it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf

from specc.compiler.quiet_loggers import quiet_loggers
from specc.language.calls.flat_tensor import FlatTensor
from specc.language.document import Document
from specc.language.wire_names import input_leaves, output_leaves
from specc.verification.child.refusals import AbsentError
from specc.verification.child.results import compare_names, name_parts
from specc.verification.child.state import Effects, effects_of
from specc.verification.child.tensors import from_array, to_array
from specc.verification.protocol import Answered, Call

_INTERNAL = "__saved_model_"
_INITIALIZER = "__saved_model_init_op"
_INITIALIZATION = ("saved_model_main_op", "legacy_init_op")
_RESOURCE, _REFERENCES = "VarHandleOp", ("Variable", "VariableV2")


class LoadedSession:
    """A Session with one MetaGraph of an archive, for calls by the endpoints of ``document``."""

    def __init__(self, directory: str, tags: Iterable[str], document: Document) -> None:
        self.document, self._directory = document, directory
        self._session = tf.compat.v1.Session(graph=tf.Graph())
        # TensorFlow logs the advice that tf.compat.v1 is deprecated.
        with quiet_loggers("tensorflow"), self._session.graph.as_default():
            self._meta_graph = tf.compat.v1.saved_model.load(self._session, list(tags), directory)
        self._effects: dict[str, Effects] = {}
        self._stored: dict[str, FlatTensor] | None = None
        self._readers: dict[str, Any] = {}

    @property
    def signatures(self) -> tuple[str, ...]:
        """The keys of the signatures, sorted."""
        return tuple(sorted(key for key in self._meta_graph.signature_def if not key.startswith(_INTERNAL)))

    def call(self, call: Call) -> Answered:
        """The answer of a signature; an input that is left out is fed as its SignatureDef says, as servers do."""
        if call.address not in self.signatures:
            raise AbsentError(f"the archive has no signature {call.address!r}")
        signature = self._meta_graph.signature_def[call.address]
        feed, left_out = self._feed(signature, call)
        endpoint = self.document.endpoints[call.endpoint]
        fetches = name_parts(self._tensors(signature.outputs), output_leaves(endpoint))
        effects = self._effects_of(call.address, fetches.values())
        before = self._variables() if effects.writes else {}
        moved: tuple[str, ...] = ()
        try:
            start = time.perf_counter()
            values = self._session.run(fetches, feed)
            outputs = {name: from_array(value, fetches[name].dtype.name) for name, value in values.items()}
            seconds = time.perf_counter() - start
        finally:
            if effects.writes:
                after = self._variables()
                moved = tuple(sorted(name for name, value in after.items() if before.get(name) != value))
                self._restore()
        result = compare_names(endpoint, outputs, ("endpoints", call.endpoint))
        return Answered(result.outputs, tuple(result.mismatches), left_out, moved, any(effects), seconds=seconds)

    def _feed(self, signature: Any, call: Call) -> tuple[dict[Any, Any], tuple[str, ...]]:
        """The values of placeholders, and the inputs that are left out."""
        feed: dict[Any, Any] = {}
        left_out: list[str] = []
        inputs = name_parts(self._tensors(signature.inputs), input_leaves(self.document.endpoints[call.endpoint]))
        for name, flat in call.inputs.items():
            if name not in inputs:
                raise ValueError(f"the signature {call.address!r} has no input {name!r}; it has {', '.join(inputs)}")
            value = to_array(flat)
            if name in call.left_out and name in signature.defaults:
                value = tf.make_ndarray(signature.defaults[name])
                left_out.append(name)
            feed[inputs[name]] = value
        return feed, tuple(sorted(left_out))

    def _tensors(self, infos: Mapping[str, Any]) -> dict[str, list[Any]]:
        """The flat tensors of each TensorInfo, in TensorFlow's order of components."""
        found: dict[str, list[Any]] = {}
        for name, info in sorted(infos.items()):
            match info.WhichOneof("encoding"):
                case "coo_sparse":
                    parts = ("indices", "values", "dense_shape")
                    names = [getattr(info.coo_sparse, f"{part}_tensor_name") for part in parts]
                case "composite_tensor":
                    names = [part.name for part in info.composite_tensor.components]
                case _:
                    names = [info.name]
            found[name] = [self._session.graph.as_graph_element(each) for each in names]
        return found

    def _effects_of(self, key: str, tensors: Iterable[Any]) -> Effects:
        if key not in self._effects:
            self._effects[key] = effects_of(self._meta_graph.graph_def, {tensor.op.name for tensor in tensors})
        return self._effects[key]

    def _variables(self) -> Mapping[str, FlatTensor]:
        """The values of the variables in the graph that have one, by name."""
        if not self._readers:
            with self._session.graph.as_default():
                self._readers = {
                    op.name: _reader(op) for op in self._session.graph.get_operations() if _is_variable(op)
                }
        ready = self._session.run({name: is_ready for name, (is_ready, _) in self._readers.items()})
        readers = {name: value for name, (_, value) in self._readers.items() if ready[name]}
        values = self._session.run(readers)
        return {name: from_array(value, readers[name].dtype.name) for name, value in values.items()}

    def _restore(self) -> None:
        """Restores all variables and tables from the checkpoint, after the initialization has run again."""
        graph, saver = self._meta_graph, self._meta_graph.saver_def
        directory = Path(self._directory)
        named = [node for key in _INITIALIZATION for node in graph.collection_def[key].node_list.value]
        named += [info.name for info in graph.signature_def[_INITIALIZER].outputs.values()]
        assets = {each.tensor_info.name: str(directory / "assets" / each.filename) for each in graph.asset_file_def}
        for name in named:
            self._session.run(self._session.graph.as_graph_element(name), assets)
        if saver.restore_op_name:
            prefix = str(directory / "variables" / "variables")
            self._session.run(saver.restore_op_name, {saver.filename_tensor_name: prefix})


def _is_variable(op: Any) -> bool:
    return op.type == _RESOURCE or op.type in _REFERENCES


def _reader(op: Any) -> tuple[Any, Any]:
    """Whether a variable has a value, and its value."""
    variable = op.outputs[0]
    if op.type == _RESOURCE:
        value = tf.raw_ops.ReadVariableOp(resource=variable, dtype=op.get_attr("dtype"))
        return tf.raw_ops.VarIsInitializedOp(resource=variable), value
    return tf.raw_ops.IsVariableInitialized(ref=variable), tf.identity(variable)
