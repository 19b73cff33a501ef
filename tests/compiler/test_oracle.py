"""The signatures of a document, compared with those of the installed TensorFlow's legacy exporter.

A case is drawn once and written twice: as receivers and export outputs for ``export_utils``, and as a document. The
sets of keys, the methods, the wire names, the dtypes and the shapes are equal, and what is INCLUDED is what is published.

Intended differences of specc, each with a test below:

* a bare output of ``predict`` is ``output_0``, as ``tf.saved_model.save`` calls it, where legacy calls it ``output``;
* a receiver's input is ``inputs`` whatever the method, where legacy calls a bare one ``input`` and keeps a dict's key;
* the raw way into ``classify`` and ``regress`` is published with the method ``predict``, where legacy leaves it out, or
  takes a feature that is one string for serialized examples;
* where legacy leaves out a signature that cannot be valid, the document is refused;
* any endpoint may be the default, or none, where legacy requires one called ``serving_default`` among several;
* ``serving_only`` may not drop the default signature, where legacy then exports nothing;
* ``update_op`` is a number, where legacy exports an empty tensor for an op;
* a ragged or sparse tensor is several on the wire, where legacy writes one TensorInfo with an encoding; they may be
  predictions;
* serialized examples are one vector, where legacy takes a string of any shape;
* a default of the method train or eval needs that mode, where legacy publishes a ``serving_default`` that is not valid;
* an unknown mode is a finding, and ``infer`` and ``test`` are spelled ``predict`` and ``eval``.

The bugs of the legacy exporter that are not copied are last, each with both behaviours.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import keras
import legacy_exporter as legacy
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from legacy_exporter import LegacyExport, Tensor, WireSignature, export_output, export_utils, mode_keys
from tagged_session import TaggedSession, meta_graphs

import specc
from specc.language.document import Document
from specc.language.load import require_buildable
from specc.language.signatures import DEFAULT_KEYS, METHOD_NAMES, TAGS, all_signatures, published_signatures
from specc.language.wire_names import Component
from specc.publishing.publish import NewDirectory

pytestmark = pytest.mark.tensorflow

SERVING_DEFAULT = "serving_default"
CLASSIC = ("classify", "regress")
DTYPES = ("float32", "int64", "string")
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

    ``batch`` is the first dimension of every feature, or -1; ``receivers`` are the names of the ways in that parse a
    vector of tf.Examples, and ``serialized`` says whether the first of them is the plain one. ``kinds`` has the
    features that are ragged or sparse, and ``renamed`` the wire names that features are given.
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


# --- the case as a document ---------------------------------------------------------------------------------------


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


# --- the case for the legacy exporter -----------------------------------------------------------------------------


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


def expected(case: Case, found: LegacyExport) -> dict[str, WireSignature]:
    """The signatures of the legacy exporter, with the differences that a case can show."""
    signatures = {key: renamed_bare_output(signature, case, key) for key, signature in found.signatures.items()}
    # Of one string it cannot tell whether it is an example or a feature, and takes it for the examples.
    looks_serialized = [dtype for dtype, _ in case.features.values()] == ["string"]
    raw = {key for key in (*found.signatures, *found.excluded) if is_raw_way_of_a_classification(case, key)}
    assert found.excluded.keys() == (set() if looks_serialized else raw), found.excluded
    for key in raw:
        plain = found.signatures[key.removeprefix("raw:")]
        signatures[key] = replace(plain, method_name=METHOD_NAMES["predict"], inputs=raw_inputs(case))
    return signatures


def raw_inputs(case: Case) -> dict[str, Tensor]:
    """The features as they are on the wire, a ragged or sparse one in parts."""
    inputs: dict[str, Tensor] = {}
    for key, (dtype, shape) in case.features.items():
        name = wire_name(case, key)
        match case.kinds.get(key):
            case "ragged":
                rows = -1 if case.batch == -1 else case.batch + 1
                inputs |= {f"{name}_values": (dtype, (-1,)), f"{name}_row_splits": ("int64", (rows,))}
            case "sparse":
                inputs |= {f"{name}_indices": ("int64", (-1, 2)), f"{name}_values": (dtype, (-1,))}
                inputs[f"{name}_dense_shape"] = ("int64", (2,))
            case _:
                inputs[name] = (dtype, shape)
    return inputs


def is_raw_way_of_a_classification(case: Case, key: str) -> bool:
    way, _, name = key.rpartition(":")
    return way == "raw" and case.heads[head_name(case, name)].method in CLASSIC


def head_name(case: Case, name: str) -> str:
    """The head that a signature is of: the default one is published under another key too."""
    return name if name in case.heads else next(iter(case.heads))


def renamed_bare_output(signature: WireSignature, case: Case, key: str) -> WireSignature:
    head = case.heads[head_name(case, key.rpartition(":")[2])]
    if head.method != "predict" or isinstance(head.outputs, dict):
        return signature
    return replace(signature, outputs={"output_0": signature.outputs["output"]})


# --- drawing cases ------------------------------------------------------------------------------------------------

FEATURES = ("user", "item", "Price", "x_1", "history")
RECEIVERS = ("examples", "backup", "sent_again")
NAMES = ("score", "Rank", "top_k")
SCALAR: Tensor = ("float32", ())
OUTPUT_DTYPES = ("float32", "float64", "int32", "string", "bool")


@st.composite
def tensors(draw: Any, batch: int, dtypes: tuple[str, ...] = OUTPUT_DTYPES) -> Tensor:
    return draw(st.sampled_from(dtypes)), (batch, *draw(st.lists(st.integers(1, 3), max_size=2)))


def some(names: tuple[str, ...], values: Any) -> Any:
    return st.dictionaries(st.sampled_from(names), values, min_size=1, max_size=3)


@st.composite
def heads(draw: Any, batch: int, method: str) -> Head:
    """An output of a method, right by construction."""
    anything = tensors(batch)
    match method:
        case "predict":
            outputs = draw(anything | some(("logits", "parts/0", "é", "a b", "output"), anything))
            return Head(method, outputs, draw(names_of(outputs)) if isinstance(outputs, dict) else {})
        case "classify":
            whole = {"scores": tensors(batch, ("float32",)), "classes": tensors(batch, ("string",))}
            keys = draw(st.sampled_from([("scores",), ("classes",), ("scores", "classes")]))
            return Head(method, {key: draw(whole[key]) for key in keys})
        case "regress":
            return Head(method, draw(tensors(batch, ("float32",))))
        case _:
            metric = st.fixed_dictionaries({"value": st.just(SCALAR), "update_op": st.just(SCALAR)})
            whole = {
                "loss": st.just(SCALAR) | some(("a", "total", "loss", "loss/regularization"), st.just(SCALAR)),
                "predictions": anything | some(("x", "predictions/y", "logits", "predictions"), anything),
                "metrics": some(("accuracy", "metrics/auc", "mse", "metrics"), metric),
            }
            keys = draw(st.lists(st.sampled_from(sorted(whole)), min_size=1, unique=True))
            outputs = {key: draw(whole[key]) for key in sorted(keys)}
            inner = [key for key in ("loss", "predictions") if isinstance(outputs.get(key), dict)]
            return Head(
                method, outputs, {at: name for key in inner for at, name in draw(names_of(outputs[key], key)).items()}
            )


@st.composite
def names_of(draw: Any, outputs: dict[str, Any], *at: str) -> Names:
    """Names for some of the outputs, which differ from those made from the keys."""
    chosen = sorted(draw(st.sets(st.sampled_from(sorted(outputs)))))
    return {(*at, key): "/".join((*at, f"called {index}")) for index, key in enumerate(chosen)}


@st.composite
def cases(draw: Any) -> Case:
    mode = draw(st.sampled_from(["predict", "predict", "train", "eval"]))
    batch = draw(st.sampled_from([-1, 4]))
    features = draw(st.dictionaries(st.sampled_from(FEATURES), tensors(batch, DTYPES), min_size=1, max_size=3))
    kinds = draw(st.dictionaries(st.sampled_from(sorted(features)), st.sampled_from(("ragged", "sparse"))))
    if len(features) == 1 and "string" in (dtype for dtype, _ in features.values()):
        kinds = {}  # legacy takes it for serialized examples, and fails
    features |= {key: (features[key][0], (batch, -1)) for key in kinds}
    renamed = {key: f"called_{key}" for key in draw(st.sets(st.sampled_from(sorted(features))))}
    more: dict[str, Any] = {"kinds": kinds, "renamed": renamed}
    receivers = tuple(draw(st.lists(st.sampled_from(RECEIVERS), unique=True, max_size=2)))
    serialized = bool(receivers) and draw(st.booleans())
    if mode != "predict":
        head = draw(heads(batch, mode))
        made = {DEFAULT_KEYS[mode]: head}
        return Case(mode, batch, features, receivers, serialized, made, draw(st.booleans()), **more)
    methods = ["predict", *(CLASSIC if serialized else ())]
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True))
    if len(names) > 1 or draw(st.booleans()):
        names[0] = SERVING_DEFAULT
    # The default is served; legacy also publishes a given train or eval output.
    chosen = [
        draw(st.sampled_from(methods if index == 0 else [*methods, "train", "eval"])) for index in range(len(names))
    ]
    made = {name: draw(heads(batch, method)) for name, method in zip(names, chosen, strict=True)}
    return Case(mode, batch, features, receivers, serialized, made, draw(st.booleans()), **more)


# --- the oracle ---------------------------------------------------------------------------------------------------


@given(cases())
def test_a_document_publishes_what_the_legacy_exporter_makes(case: Case) -> None:
    document = specc.from_json(to_data(case))
    found = by_legacy(case)
    assert ours(document) == expected(case, found)
    # What the legacy report says is INCLUDED is what is there before serving_only drops what no server can serve.
    everything = {signature.key for signature in all_signatures(document)}
    assert everything == {key for keys in found.included.values() for key in keys} | found.excluded.keys()
    if case.mode == "predict" or not case.serving_only:
        require_buildable(document)


@given(cases())
def test_what_is_published_passes_tensorflows_own_test(case: Case) -> None:
    for signature in published_signatures(specc.from_json(to_data(case))):
        made = tf.compat.v1.saved_model.build_signature_def(
            _infos(signature.inputs), _infos(signature.outputs), METHOD_NAMES[signature.method]
        )
        assert tf.compat.v1.saved_model.is_valid_signature(made) == signature.is_servable


def _infos(components: tuple[Component, ...]) -> dict[str, Any]:
    return {
        component.wire_name: tf.compat.v1.TensorInfo(
            name="x:0", dtype=tf.dtypes.as_dtype(component.dtype).as_datatype_enum
        )
        for component in components
    }


VECTOR: Tensor = ("float32", (-1, 3))
FEW: dict[str, Tensor] = {"user": ("int64", (-1,)), "price": ("float32", (-1, 2)), "word": ("string", (-1,))}
METRIC = {"value": SCALAR, "update_op": SCALAR}
STEP = {
    "loss": {"a": SCALAR, "loss/regularization": SCALAR},
    "predictions": VECTOR,
    "metrics": {"accuracy": METRIC, "metrics/auc": METRIC},
}
WHOLE = {
    "predictions": Case(
        "predict", -1, FEW, (), False, {"score": Head("predict", {"p": VECTOR, "q": ("int32", (-1,))})}
    ),
    "a bare prediction": Case("predict", -1, FEW, ("examples",), False, {"score": Head("predict", VECTOR)}),
    "every serving method": Case(
        "predict",
        -1,
        FEW,
        ("examples",),
        True,
        {
            SERVING_DEFAULT: Head("classify", {"scores": VECTOR, "classes": ("string", (-1, 3))}),
            "rank": Head("regress", ("float32", (-1, 1))),
            "score": Head("predict", {"p": VECTOR}),
        },
    ),
    "training among predictions": Case(
        "predict", -1, FEW, (), False, {SERVING_DEFAULT: Head("predict", {"p": VECTOR}), "learn": Head("train", STEP)}
    ),
    "training dropped": Case(
        "predict",
        -1,
        FEW,
        (),
        False,
        {SERVING_DEFAULT: Head("predict", {"p": VECTOR}), "learn": Head("train", STEP)},
        serving_only=True,
    ),
    "training": Case("train", -1, FEW, ("examples",), True, {"train": Head("train", STEP)}),
    "evaluation": Case("eval", -1, FEW, (), False, {"eval": Head("eval", STEP)}),
    "ragged and sparse features, and names": Case(
        "predict",
        -1,
        {**FEW, "words": ("string", (-1, -1)), "clicks": ("float32", (-1, -1))},
        ("examples",),
        True,
        {
            SERVING_DEFAULT: Head("classify", {"scores": VECTOR}),
            "score": Head("predict", {"p": VECTOR, "q": VECTOR}, {("p",): "probability"}),
            "learn": Head("train", STEP, {("loss", "a"): "loss/called"}),
        },
        kinds={"words": "ragged", "clicks": "sparse"},
        renamed={"words": "tokens", "price": "cost"},
    ),
}


def function_of(head: Head) -> Any:
    """A function with the head's outputs, each of which depends on the features."""

    def function(features: dict[str, Any]) -> Any:
        total = tf.add_n([sum_of(each) for each in features.values()])
        rows = tf.shape(next(iter(features.values())))[0]

        def make(outputs: Outputs) -> Any:
            if isinstance(outputs, dict):
                return {key: make(value) for key, value in outputs.items()}
            dtype, shape = outputs
            number = tf.fill([rows if size == -1 else size for size in shape], total) if shape else total
            return tf.as_string(number) if dtype == "string" else tf.cast(number, dtype)

        return make(head.outputs)

    return function


@pytest.mark.parametrize("name", list(WHOLE))
def test_a_whole_archive_holds_what_the_legacy_exporter_makes(name: str, tmp_path: Path) -> None:
    case = WHOLE[name]
    document = specc.from_json(to_data(case))
    functions = {endpoint: function_of(head) for endpoint, head in case.heads.items()}
    report = specc.compile(document).export(None, tmp_path / "archive", functions=functions)
    (graph,) = meta_graphs(report.path)
    written = {key: legacy.wire(each) for key, each in graph.signature_def.items() if not key.startswith("__")}
    assert written == expected(case, by_legacy(case))
    assert list(graph.meta_info_def.tags) == export_utils.EXPORT_TAG_MAP[{"eval": "test"}.get(case.mode, case.mode)]
    for key, signature in graph.signature_def.items():
        servable = not key.startswith("__") and "serving" in signature.method_name
        assert tf.compat.v1.saved_model.is_valid_signature(signature) == servable, key


@pytest.mark.parametrize(("mode", "name"), [("predict", "predict"), ("train", "train"), ("eval", "test")])
def test_the_names_of_a_mode_are_the_legacy_ones(mode: str, name: str) -> None:
    assert [TAGS[mode]] == export_utils.EXPORT_TAG_MAP[name]  # type: ignore[index]
    assert DEFAULT_KEYS[mode] == export_utils.SIGNATURE_KEY_MAP[name]  # type: ignore[index]


def test_the_names_of_the_methods_are_the_legacy_ones() -> None:
    friendly = {method.lower(): name for name, method in export_utils._FRIENDLY_METHOD_NAMES.items()}
    assert friendly == METHOD_NAMES


# --- intended differences ------------------------------------------------------------------------------------------

BARE = Case("predict", -1, {"user": ("int64", (-1,))}, (), False, {"score": Head("predict", VECTOR)})


def test_a_bare_prediction_has_the_name_that_saved_models_have() -> None:
    assert list(by_legacy(BARE).signatures["score"].outputs) == ["output"]
    assert list(ours(specc.from_json(to_data(BARE)))["score"].outputs) == ["output_0"]


def test_a_receivers_input_has_one_name_whatever_the_method() -> None:
    case = replace(BARE, receivers=("examples",), serialized=True)
    for given_as, name in ((lambda tensor: tensor, "input"), (lambda tensor: {"examples": tensor}, "examples")):
        with tf.Graph().as_default():
            graph = build_graph(case)
            made = legacy.build(given_as(graph.serialized["examples"]), export_outputs(case, graph))
        assert list(made.signatures["score"].inputs) == [name]
    assert list(ours(specc.from_json(to_data(case)))["score"].inputs) == ["inputs"]


@pytest.mark.parametrize(
    ("method", "outputs", "reason"),
    [
        (
            "classify",
            {"scores": VECTOR},
            "Classification signatures can only accept a single tensor input of type tf.string.",
        ),
        ("regress", VECTOR, "Regression signatures can only accept a single tensor input of type tf.string."),
    ],
)
def test_the_raw_way_of_a_classification_is_published_as_a_prediction(method: str, outputs: Any, reason: str) -> None:
    case = replace(BARE, receivers=("examples",), serialized=True, heads={"head": Head(method, outputs)})
    found = by_legacy(case)
    assert sorted(found.signatures) == ["head", SERVING_DEFAULT]
    assert {key: text.startswith(reason) for key, text in found.excluded.items()} == {
        "raw:head": True,
        "raw:serving_default": True,
    }
    published = ours(specc.from_json(to_data(case)))
    assert {key: signature.method_name.rpartition("/")[2] for key, signature in published.items()} == {
        "head": method,
        "raw:head": "predict",
        "raw:serving_default": "predict",
        SERVING_DEFAULT: method,
    }


def test_a_string_feature_is_not_taken_for_serialized_examples() -> None:
    case = replace(
        BARE,
        features={"word": ("string", (-1,))},
        receivers=("examples",),
        serialized=True,
        heads={"head": Head("regress", VECTOR)},
    )
    assert by_legacy(case).signatures["raw:head"] == by_legacy(case).signatures["head"]
    raw = ours(specc.from_json(to_data(case)))["raw:head"]
    assert (raw.method_name, raw.inputs) == (METHOD_NAMES["predict"], case.features)


@pytest.mark.parametrize(("method", "outputs"), [("classify", {"scores": VECTOR}), ("regress", VECTOR)])
def test_a_signature_that_cannot_be_valid_is_refused(method: str, outputs: Any) -> None:
    case = replace(BARE, heads={"head": Head(method, outputs)})
    found = by_legacy(case)
    assert (found.signatures, sorted(found.excluded)) == ({}, ["head", SERVING_DEFAULT])
    assert refusals(case) == [
        f"endpoints.head.inputs: bad-method: the method {method} takes one string vector called 'inputs', not "
        'user (int64[batch]); declare one of the kind "tf_example" in "receivers", and name it in "receiver"'
    ]


def refusals(case: Case, **more: Any) -> list[str]:
    """The findings of the language for the case, which it must refuse."""
    with pytest.raises(specc.SpecError) as caught:
        require_buildable(specc.from_json({**to_data(case), **more}))
    return [str(each) for each in caught.value.diagnostics]


def test_any_of_several_may_be_the_default_or_none() -> None:
    case = replace(BARE, heads={"one": Head("predict", VECTOR), "two": Head("predict", VECTOR)})
    with pytest.raises(ValueError, match="none of them are specified as the default"):
        by_legacy(case)
    assert sorted(ours(specc.from_json({**to_data(case), "default": "two"}))) == ["one", SERVING_DEFAULT, "two"]
    assert sorted(ours(specc.from_json({**to_data(case), "default": None}))) == ["one", "two"]
    data = to_data(case)
    del data["default"]
    with pytest.raises(specc.SpecError, match="missing-default: there are several endpoints but no default"):
        specc.from_json(data)


@pytest.mark.parametrize("mode", ["train", "eval"])
def test_serving_only_may_not_drop_the_default(mode: str) -> None:
    case = Case(mode, -1, FEW, (), False, {mode: Head(mode, {"loss": SCALAR})}, serving_only=True)
    assert by_legacy(case).signatures == {}
    assert refusals(case) == [
        f"default: optional-default: \"serving_only\" leaves out the default endpoint, whose method is '{mode}'; choose "
        "a default that a server can serve, or null"
    ]


@pytest.mark.parametrize("shape", [(), (-1, 2)])
def test_a_string_that_is_no_vector_is_refused(shape: tuple[int, ...]) -> None:
    with tf.Graph().as_default():
        receiver = tf.compat.v1.placeholder(tf.string, [None if size == -1 else size for size in shape])
        made = legacy.build(receiver, {"head": export_output.RegressionOutput(tf.strings.to_number(receiver))})
    assert made.signatures["head"].inputs == {"inputs": ("string", shape)}
    case = replace(BARE, features={"inputs": ("string", shape)}, heads={"head": Head("regress", VECTOR)})
    assert refusals(case) == [
        "endpoints.head.inputs: bad-method: the method regress takes one string vector called 'inputs', not "
        f'inputs ({tensor_text(case.features["inputs"])}); declare one of the kind "tf_example" in "receivers", and name it '
        'in "receiver"'
    ]


def test_a_default_that_trains_is_refused_where_servers_look_for_theirs() -> None:
    case = Case("predict", -1, FEW, (), False, {SERVING_DEFAULT: Head("train", {"loss": SCALAR})})
    assert by_legacy(case).signatures[SERVING_DEFAULT].method_name == METHOD_NAMES["train"]
    assert by_legacy(replace(case, serving_only=True)).signatures == {}
    assert refusals(case) == [
        "default: bad-method: the default is published as 'serving_default', which does not fit the method 'train'; write "
        '"mode": "train", or choose another default, or null'
    ]


@pytest.mark.parametrize("mode", ["train", "eval"])
def test_the_default_of_any_mode_may_predict(mode: str) -> None:
    case = Case(mode, -1, FEW, (), False, {mode: Head("predict", {"p": VECTOR})})
    with tf.Graph().as_default():
        graph = build_graph(case)
        made = legacy.build(graph.features, {mode: export_output_of(case.heads[mode], graph)}, serving_only=False)
    assert made.signatures[mode].method_name == METHOD_NAMES["predict"]
    document = specc.from_json(to_data(case))
    require_buildable(document)
    assert ours(document) == {mode: made.signatures[mode]}
    other = replace(case, heads={mode: Head({"train": "eval", "eval": "train"}[mode], {"loss": SCALAR})})
    assert [line.partition(";")[0] for line in refusals(other)] == [
        f"default: bad-method: the default is published as {mode!r}, which does not fit the method "
        f"{other.heads[mode].method!r}"
    ]


RAGGED = {"kind": "ragged", "dtype": "float32", "shape": ["batch", "?"]}


@pytest.mark.parametrize(
    ("value", "json", "kind"),
    [
        (lambda: {"x": tf.constant(1.0)}, {"x": "float32[]"}, "dict"),
        (lambda: tf.ragged.constant([[1.0]]), RAGGED, "ragged"),
    ],
    ids=["dict", "ragged"],
)
def test_a_metric_has_tensors(value: Any, json: Any, kind: str) -> None:
    with tf.Graph().as_default(), pytest.raises(ValueError, match="metrics/a output value must be a Tensor"):
        export_output.EvalOutput(metrics={"a": (value(), tf.constant(1.0))})
    case = Case("eval", -1, FEW, (), False, {"eval": Head("eval", {"loss": SCALAR})})
    data = to_data(case)
    data["endpoints"]["eval"]["outputs"] = {"metrics": {"a": {"value": json}}}
    with pytest.raises(specc.SpecError) as caught:
        require_buildable(specc.from_json(data))
    assert [str(each) for each in caught.value.diagnostics] == [
        f"endpoints.eval.outputs.metrics.a.value: bad-method: the 'value' of a metric must be one dense tensor, not {kind!r}"
    ]


def test_ragged_predictions_are_published(tmp_path: Path) -> None:
    with tf.Graph().as_default(), pytest.raises(ValueError, match="predictions output value must be a Tensor"):
        export_output.EvalOutput(predictions=tf.ragged.constant([[1.0]]))
    data = to_data(Case("eval", -1, FEW, (), False, {"eval": Head("eval", {"loss": SCALAR})}))
    data["endpoints"]["eval"]["outputs"] = {"predictions": RAGGED}
    functions = {"eval": lambda features: {"predictions": tf.RaggedTensor.from_tensor(features["price"])}}
    report = specc.compile(specc.from_json(data)).export(None, tmp_path / "archive", functions=functions)
    assert report.endpoints[0].outputs == ("predictions_values", "predictions_row_splits")


def test_a_name_keeps_the_prefix() -> None:
    with tf.Graph().as_default():
        assert list(export_output.EvalOutput(loss={"foo": tf.constant(1.0)}).loss) == ["loss/foo"]
    heads = {"eval": Head("eval", {"loss": {"a": SCALAR}}, {("loss", "a"): "foo"})}
    assert refusals(Case("eval", -1, FEW, (), False, heads)) == [
        "endpoints.eval.outputs.loss.a: bad-method: the wire name 'foo' of the output 'loss' must be 'loss' or "
        "start with 'loss/'; remove the \"name\""
    ]


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of one step of evaluation of a compiled Keras model that counts what it predicts right."""
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input([2]), keras.layers.Dense(1, kernel_initializer="ones")])
    model.compile("sgd", "mse", metrics=[keras.metrics.BinaryAccuracy(name="accuracy")])
    metric = {"value": "float32[]", "update_op": "float32[]"}
    step = {
        "function": "specc:eval_step",
        "arguments": ["x", "y"],
        "inputs": ["float32[batch, 2]", "float32[batch, 1]"],
        "outputs": {
            "loss": "float32[]",
            "predictions": "float32[batch, 1]",
            "metrics": {"accuracy": metric, "loss": metric},
        },
        "method": "eval",
    }
    data = {"specc": 1, "dims": {"batch": {}}, "mode": "eval", "endpoints": {"step": step}}
    path = tmp_path_factory.mktemp("evaluated") / "archive"
    specc.compile(specc.from_json(data)).export(model, path)
    return path


def test_an_update_is_a_number(evaluated: Path) -> None:
    with tf.Graph().as_default():
        features = {"user": tf.compat.v1.placeholder(tf.int64, [None])}
        op = tf.group(features["user"])
        outputs = export_utils.export_outputs_for_mode("test", metrics={"accuracy": (tf.constant(1.0), op)})
        made = legacy.build(features, outputs, serving_only=False).signatures["eval"]
    assert made.outputs["metrics/accuracy/update_op"] == ("float32", (0,))
    (graph,) = meta_graphs(evaluated)
    assert legacy.wire(graph.signature_def["eval"]).outputs["metrics/accuracy/update_op"] == SCALAR
    session = TaggedSession(evaluated, ["eval"])
    right, wrong = ({"x": np.ones([1, 2], np.float32), "y": np.full([1, 1], label, np.float32)} for label in (1, 0))
    updates = [session.ask("eval", **batch)["metrics/accuracy/update_op"] for batch in (right, wrong, wrong, right)]
    np.testing.assert_allclose(updates, [1, 1 / 2, 1 / 3, 1 / 2], rtol=1e-6)


def test_an_unknown_mode_is_a_finding() -> None:
    with pytest.raises(ValueError, match="Invalid mode key: serve"):
        export_utils.export_outputs_for_mode("serve", predictions=None)
    for mode in ("serve", "infer", "test"):
        with pytest.raises(specc.SpecError, match="mode: bad-choice"):
            specc.from_json({**to_data(BARE), "mode": mode})


# --- the bugs of the legacy exporter ------------------------------------------------------------------------------


def test_the_callers_dict_is_not_changed() -> None:
    with tf.Graph().as_default():
        mine = {"score": export_output.PredictOutput(tf.constant(1.0))}
        export_utils.get_export_outputs(mine, None)
    assert sorted(mine) == ["score", SERVING_DEFAULT]
    data = to_data(BARE)
    before = repr(data)
    document = specc.from_json(data)
    said = specc.dump(document)
    assert sorted(ours(document)) == ["score", SERVING_DEFAULT]
    assert (repr(data), specc.dump(document)) == (before, said)


def test_scores_of_float64_are_refused_at_once() -> None:
    scores = Head("classify", {"scores": ("float64", (-1, 3))})
    case = replace(BARE, receivers=("examples",), serialized=True, heads={"head": scores})
    found = by_legacy(case)  # the output itself is accepted, although it says that it must be float32
    assert (found.signatures, sorted(found.excluded)) == (
        {},
        ["head", "raw:head", "raw:serving_default", SERVING_DEFAULT],
    )
    assert refusals(case) == [
        "endpoints.head.outputs.scores: bad-method: the 'scores' of a classification must be float32, not float64; cast them "
        'in a "postprocess"'
    ]


def test_a_key_that_only_begins_like_the_prefix_is_prefixed() -> None:
    case = Case("eval", -1, FEW, (), False, {"eval": Head("eval", {"loss": {"lossy": SCALAR, "loss/l2": SCALAR}})})
    assert sorted(by_legacy(case).signatures["eval"].outputs) == ["loss/l2", "lossy"]
    assert sorted(ours(specc.from_json(to_data(case)))["eval"].outputs) == ["loss/l2", "loss/lossy"]


def test_outputs_that_get_one_name_are_refused() -> None:
    several = {"loss": {"a": SCALAR, "loss/a": ("float32", (2,))}}
    case = Case("eval", -1, FEW, (), False, {"eval": Head("eval", several)})
    assert by_legacy(case).signatures["eval"].outputs == {"loss/a": ("float32", (2,))}  # the last of them
    assert refusals(case) == [
        "endpoints.eval.outputs.loss[\"loss/a\"]: name-clash: the wire name 'loss/a' clashes: the leaf at "
        'endpoints.eval.outputs.loss.a has the same name; give one of them a "name"'
    ]


def test_what_serving_only_drops_is_not_reported_as_included() -> None:
    case = WHOLE["training dropped"]
    found = by_legacy(case)
    assert found.included["Train"] == ["learn"]
    assert list(found.signatures) == [SERVING_DEFAULT]
    assert [signature.key for signature in published_signatures(specc.from_json(to_data(case)))] == [SERVING_DEFAULT]


def test_a_trailing_slash_changes_nothing(tmp_path: Path) -> None:
    assert export_utils.get_temp_export_dir(b"/models/ranker/") == b"/models/ranker/temp-"  # inside the target itself
    with NewDirectory(f"{tmp_path / 'archive'}/").staged() as stage:
        (stage.directory / "saved_model.pb").write_bytes(b"")
        assert stage.directory.parent == tmp_path
    assert [path.name for path in tmp_path.iterdir()] == ["archive"]


def test_the_metrics_of_keras_3_are_exported(evaluated: Path) -> None:
    metric = keras.metrics.Mean(name="accuracy")
    metric.update_state(1.0)
    with pytest.raises(AttributeError, match="updates"):
        export_utils.export_outputs_for_mode("test", metrics={"accuracy": metric})
    (graph,) = meta_graphs(evaluated)
    written = legacy.wire(graph.signature_def["eval"])
    metrics = [f"metrics/{name}/{part}" for name in ("accuracy", "loss") for part in ("value", "update_op")]
    assert written.method_name == METHOD_NAMES["eval"]
    assert written.outputs == {"loss": SCALAR, "predictions": ("float32", (-1, 1)), **dict.fromkeys(metrics, SCALAR)}
