"""What specc uses of TensorFlow beside its public API: each name is there, and is used in one module only."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from tensorflow.python.framework import ops

import specc

pytestmark = pytest.mark.tensorflow

SOURCE = Path(specc.__file__).parent
MODULES = {
    "tensorflow.python.client.pywrap_tf_session": ("TF_GetAllOpList", "compiler/op_registry.py"),
    "tensorflow.python.framework.op_def_registry": ("get", "compiler/op_registry.py"),
    "tensorflow.python.framework.ops": ("gradient_registry", "compiler/write/gradients.py"),
    "tensorflow.python.saved_model.save_context": ("save_context", "compiler/write/distributed.py"),
    "tensorflow.python.saved_model.pywrap_saved_model": ("fingerprinting", "compiler/write/seal.py"),
}
"""A name of each module that is not public, and the module of specc that uses it."""
_IMPORTED = re.compile(r"^from (tensorflow\.python\.\S+) import (\w+)", re.MULTILINE)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_has_the_name(module: str) -> None:
    assert hasattr(importlib.import_module(module), MODULES[module][0])


def test_every_module_is_listed() -> None:
    used = {
        (module, path.relative_to(SOURCE).as_posix())
        for path in SOURCE.rglob("*.py")
        for package, name in _IMPORTED.findall(path.read_text(encoding="utf-8"))
        for module in [f"{package}.{name}" if f"{package}.{name}" in MODULES else package]
    }
    in_child = {each for each in used if each[1].startswith("verification/child/")}  # which runs on its own
    assert used - in_child == {(module, path) for module, (_, path) in MODULES.items()}


def test_a_graph_has_its_functions_and_each_has_its_graph() -> None:
    graph = tf.Graph()
    doubled = tf.function(lambda x: x * 2).get_concrete_function(tf.TensorSpec([], tf.float32))
    doubled.add_to_graph(graph)
    (function,) = graph._functions.values()
    assert function.graph is doubled.graph


def test_a_polymorphic_function_has_its_traces_and_parameters() -> None:
    function = tf.function(lambda x, y=3: x * y, input_signature=[tf.TensorSpec([], tf.float32)])
    trace = function.get_concrete_function()
    assert function._list_all_concrete_functions_for_serialization() == [trace]
    assert function.function_spec.fullargspec.args == ["x", "y"]
    assert function.function_spec.jit_compile is None


def test_a_custom_gradient_is_registered_under_an_attribute_of_its_op() -> None:
    @tf.custom_gradient
    def doubled(x: Any) -> Any:
        return x * 2, lambda given: given * 7

    trace = tf.function(doubled).get_concrete_function(tf.TensorSpec([], tf.float32))
    (op,) = [each for each in trace.graph.get_operations() if each.type == "IdentityN"]
    gradient = ops.gradient_registry.lookup(op.get_attr("_gradient_op_type").decode())
    assert callable(gradient)


def test_a_table_has_the_methods_that_its_base_documents_and_a_device() -> None:
    initializer = tf.lookup.KeyValueTensorInitializer(["a"], [1])
    table = tf.lookup.StaticHashTable(initializer, -1)
    assert table._resource_device == ""
    for name in ("_create_resource", "_initialize", "_destroy_resource"):
        assert callable(getattr(table, name))
    assert type(table)._destroy_resource is tf.saved_model.experimental.TrackableResource._destroy_resource
    for name in ("_export_to_saved_model_graph", "_serialize_to_tensors", "_trackable_children"):
        assert hasattr(tf.saved_model.experimental.TrackableResource, name)


def test_structures_are_encoded() -> None:
    encoded = tf.__internal__.saved_model.encode_structure((tf.TensorSpec([None], tf.string, "words"), None))
    assert encoded.tuple_value.values[0].tensor_spec_value.name == "words"
    assert tf.__internal__.CompositeTensor is not None
    assert tf.__internal__.tracking.AutoTrackable is not None
