"""Cases for TensorFlow's legacy exporter, each written twice: as a document, and as receivers and export outputs.

One case gives the JSON of a document (:func:`to_data`) and a graph with the arguments of ``export_utils``
(:func:`by_legacy`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import legacy_exporter as legacy
import pytest
import tensorflow as tf
from legacy_exporter import LegacyExport, Tensor, WireSignature, export_output, export_utils, mode_keys

import specc
from specc.language.document import Document
from specc.language.load import require_buildable
from specc.language.signatures import METHOD_NAMES, published_signatures
from specc.language.wire_names import Component

SERVING_DEFAULT = "serving_default"
Outputs = Any
"""A tensor, or a dict of them by name, nested as in the method."""

Names = dict[tuple[str, ...], str]
"""The explicit wire names of outputs, where those made from their keys cannot be used, by their keys."""


@dataclass(frozen=True)
class Head:
    """One export output: its method, its tensors, and their names."""

    method: str
    outputs: Outputs
    names: Names = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """Receivers and outputs, as given to both exporters.

    ``batch`` is the first dimension of every feature, or -1; ``receivers`` are the names of those that parse a vector of
    tf.Examples; with ``serialized``, the first of them is the plain one. ``kinds`` has the features that are ragged or
    sparse, and ``renamed`` the wire names that features are given.
    """

    mode: str
    batch: int
    features: dict[str, Tensor]
    receivers: tuple[str, ...]
    serialized: bool
    heads: dict[str, Head]
    serving_only: bool = False
    kinds: dict[str, str] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)


SCALAR: Tensor = ("float32", ())
VECTOR: Tensor = ("float32", (-1, 3))
FEW: dict[str, Tensor] = {"user": ("int64", (-1,)), "price": ("float32", (-1, 2)), "word": ("string", (-1,))}
BARE = Case("predict", -1, {"user": ("int64", (-1,))}, (), False, {"score": Head("predict", VECTOR)})


def tensor_text(tensor: Tensor) -> str:
    dtype, shape = tensor
    return f"{dtype}[{', '.join('batch' if size == -1 else str(size) for size in shape)}]"


def named_tensor(tensor: Tensor, name: str | None) -> Any:
    """A tensor's leaf, in the long form if it has a name."""
    if name is None:
        return tensor_text(tensor)
    dtype, shape = tensor
    return {
        "kind": "tensor",
        "dtype": dtype,
        "shape": ["batch" if size == -1 else size for size in shape],
        "name": name,
    }


def feature_json(case: Case, key: str) -> Any:
    (dtype, shape), name = case.features[key], case.renamed.get(key)
    if key not in case.kinds:
        return named_tensor((dtype, shape), name)
    rows = "batch" if case.batch == -1 else case.batch
    leaf = {"kind": case.kinds[key], "dtype": dtype, "shape": [rows, "?"]}
    return leaf if name is None else {**leaf, "name": name}


def outputs_json(outputs: Outputs, names: Names, *at: str) -> Any:
    return (
        {key: outputs_json(value, names, *at, key) for key, value in outputs.items()}
        if isinstance(outputs, dict)
        else named_tensor(outputs, names.get(at))
    )


def to_data(case: Case) -> dict[str, Any]:
    """The case as the JSON of a document."""
    endpoints = {}
    for name, head in case.heads.items():
        endpoint: dict[str, Any] = {
            "function": None,
            "arguments": ["features"],
            "inputs": [{key: feature_json(case, key) for key in case.features}],
            "outputs": outputs_json(head.outputs, head.names),
            "method": head.method,
        }
        if case.receivers:
            endpoint["receivers"] = {receiver: {"kind": "tf_example"} for receiver in case.receivers}
        if case.serialized:
            endpoint["receiver"] = case.receivers[0]
        endpoints[name] = endpoint
    default = SERVING_DEFAULT if SERVING_DEFAULT in case.heads else next(iter(case.heads))
    data = {"specc": 1, "dims": {"batch": {}}, "endpoints": endpoints, "default": default, "mode": case.mode}
    return {**data, "serving_only": case.serving_only}


def ours(document: Document) -> dict[str, WireSignature]:
    """The signatures that the writer publishes, as plain data."""
    return {
        signature.key: WireSignature(
            METHOD_NAMES[signature.method], wire_tensors(signature.inputs), wire_tensors(signature.outputs)
        )
        for signature in published_signatures(document)
    }


def wire_tensors(components: tuple[Component, ...]) -> dict[str, Tensor]:
    return {
        component.wire_name: (
            component.dtype,
            tuple(size if isinstance(size, int) else -1 for size in component.shape or ()),
        )
        for component in components
    }


@dataclass
class Graph:
    """Placeholders for the receivers of a case, in sequence, and tensors that depend on the features."""

    serialized: dict[str, Any] = field(default_factory=dict)
    features: dict[str, Any] = field(default_factory=dict)
    rows: Any = None


def build_graph(case: Case) -> Graph:
    """In the default graph: the first receiver's examples are parsed; each other one can be fed further upstream."""
    graph, rows = Graph(), None if case.batch == -1 else case.batch
    if not case.receivers:
        graph.features = {wire_name(case, key): placeholder(case, key) for key in case.features}
    else:
        examples = tf.compat.v1.placeholder(tf.string, [rows])
        for receiver in reversed(case.receivers):
            graph.serialized[receiver] = examples
            examples = tf.identity(examples)
        parsing = {wire_name(case, key): parsed_feature(case, key) for key in case.features}
        graph.features = dict(tf.io.parse_example(graph.serialized[case.receivers[0]], parsing))
    # What every output is computed from, so that each depends on the whole of the receiver.
    graph.rows = tf.add_n([sum_of(each) for each in graph.features.values()])
    return graph


def wire_name(case: Case, key: str) -> str:
    return case.renamed.get(key, key)


def placeholder(case: Case, key: str) -> Any:
    """A feature that is fed as it is."""
    (dtype, shape), rows = case.features[key], None if case.batch == -1 else case.batch
    match case.kinds.get(key):
        case "ragged":
            splits = tf.compat.v1.placeholder(tf.int64, [None if rows is None else rows + 1])
            return tf.RaggedTensor.from_row_splits(tf.compat.v1.placeholder(dtype, [None]), splits, validate=False)
        case "sparse":
            return tf.compat.v1.sparse_placeholder(dtype, [rows, None])
        case _:
            return tf.compat.v1.placeholder(dtype, [None if size == -1 else size for size in shape])


def parsed_feature(case: Case, key: str) -> Any:
    (name, shape), kind = case.features[key], case.kinds.get(key)
    dtype = tf.dtypes.as_dtype(name)
    match kind:
        case "ragged":
            return tf.io.RaggedFeature(dtype, row_splits_dtype=tf.int64)
        case "sparse":
            return tf.io.VarLenFeature(dtype)
        case _:
            return tf.io.FixedLenFeature(shape[1:], dtype)


def sum_of(feature: Any) -> Any:
    """A number that depends on the whole of a feature."""
    parts = tf.nest.flatten(feature, expand_composites=True)
    numbers = [tf.strings.length(part) if part.dtype == tf.string else part for part in parts]
    return tf.add_n([tf.reduce_sum(tf.cast(number, tf.float32)) for number in numbers])


def computed(graph: Graph, tensor: Tensor) -> Any:
    """A tensor of this dtype and shape that depends on the features."""
    dtype, shape = tensor
    known = [None if size == -1 else size for size in shape]
    dynamic = [tf.cast(tf.math.mod(graph.rows, 5.0), tf.int32) if size == -1 else size for size in shape]
    number = tf.fill(dynamic, graph.rows) if shape else graph.rows
    made = tf.as_string(number) if dtype == "string" else tf.cast(number, dtype)
    return tf.ensure_shape(made, known)


def computed_outputs(graph: Graph, outputs: Outputs, names: Names, *at: str) -> Any:
    """The outputs; legacy has no names but the keys."""
    if isinstance(outputs, dict):
        return {
            names.get((*at, key), key): computed_outputs(graph, value, names, *at, key)
            for key, value in outputs.items()
        }
    return computed(graph, outputs)


def export_output_of(head: Head, graph: Graph) -> Any:
    outputs = computed_outputs(graph, head.outputs, head.names)
    match head.method:
        case "predict":
            return export_output.PredictOutput(outputs)
        case "classify":
            return export_output.ClassificationOutput(**outputs)
        case "regress":
            return export_output.RegressionOutput(outputs)
        case _:
            kind = export_output.TrainOutput if head.method == "train" else export_output.EvalOutput
            return kind(**supervised(outputs))


def supervised(outputs: dict[str, Any]) -> dict[str, Any]:
    """The keyword arguments of a TrainOutput: a metric is a pair."""
    metrics = outputs.get("metrics")
    pairs = metrics and {name: (metric["value"], metric["update_op"]) for name, metric in metrics.items()}
    return {**outputs, "metrics": pairs}


def export_outputs(case: Case, graph: Graph) -> dict[str, Any]:
    """``export_outputs_for_mode``, as an Estimator calls it."""
    if case.mode == "predict" and case.heads.keys() == {SERVING_DEFAULT}:
        (head,) = case.heads.values()
        if head.method == "predict":
            predictions = computed_outputs(graph, head.outputs, head.names)
            return export_utils.export_outputs_for_mode(mode_keys.EstimatorModeKeys.PREDICT, predictions=predictions)
    if case.mode == "predict":
        heads = {name: export_output_of(head, graph) for name, head in case.heads.items()}
        return export_utils.export_outputs_for_mode(mode_keys.KerasModeKeys.PREDICT, serving_export_outputs=heads)
    (head,) = case.heads.values()
    mode = {"train": mode_keys.KerasModeKeys.TRAIN, "eval": mode_keys.KerasModeKeys.TEST}[case.mode]
    return export_utils.export_outputs_for_mode(mode, **supervised(computed_outputs(graph, head.outputs, head.names)))


def by_legacy(case: Case) -> LegacyExport:
    """The signatures of the legacy exporter for the case; every string receiver is called ``inputs``."""
    with tf.Graph().as_default():
        graph = build_graph(case)
        ways: dict[str, Any] = {name: {"inputs": examples} for name, examples in graph.serialized.items()}
        plain: Any = dict(graph.features)
        if case.serialized:
            ways["raw"], plain = plain, ways.pop(case.receivers[0])
        return legacy.build(plain, export_outputs(case, graph), ways, case.serving_only)


def refusals(case: Case, **more: Any) -> list[str]:
    """The findings of the language for the case, which it must refuse."""
    with pytest.raises(specc.SpecError) as caught:
        require_buildable(specc.from_json({**to_data(case), **more}))
    return [str(each) for each in caught.value.diagnostics]
