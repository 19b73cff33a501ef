"""Warm-up requests as others read them: TensorFlow's records, the protos of TensorFlow Serving, and a Session."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

import specc
from specc.language.document import Document
from specc.language.load import from_json

pytestmark = pytest.mark.tensorflow

SPEC: dict[str, Any] = {
    "specc": 1,
    "name": "shop",
    "dims": {"batch": {}},
    "endpoints": {
        "price": {
            "function": "price",
            "inputs": [{"area": "float32[batch]", "rooms": "int32[batch, 2]", "city": "string[batch]"}],
            "outputs": "float32[batch]",
            "method": "regress",
            "receivers": {"examples": {"kind": "tf_example"}, "steps": {"kind": "tf_sequence_example"}},
            "receiver": "examples",
            "examples": {
                "two": {
                    "inputs": [{"area": [70.5, 1.0], "rooms": [[1, 2], [3, -4]], "city": ["a", {"base64": "/w=="}]}]
                },
                "one": {"inputs": [{"area": [2.0], "rooms": [[0, 0]], "city": [""]}], "outputs": [2.0]},
                "refused": {"inputs": [{"area": [-1.0], "rooms": [[0, 0]], "city": [""]}], "error": ""},
            },
        },
        "mean": {
            "function": "mean",
            "inputs": [
                {"kind": "ragged", "dtype": "float32", "shape": ["batch", "?"], "name": "x"},
                {"kind": "tensor", "dtype": "float64", "shape": [], "default": 2.0, "name": "scale"},
            ],
            "arguments": ["x", "scale"],
            "outputs": "float32[batch]",
            "examples": {"rows": {"inputs": [[[1.0, 3.0], []]]}},
        },
    },
    "default": "price",
}


class Shop(tf.Module):
    """Prices of flats, and means of rows."""

    def price(self, features: Any) -> Any:
        return features["area"] + tf.cast(tf.reduce_sum(features["rooms"], 1), tf.float32)

    def mean(self, x: Any, scale: Any) -> Any:
        return tf.reduce_mean(x, 1) * tf.cast(scale, tf.float32)


@pytest.fixture(scope="module")
def document() -> Document:
    return from_json(SPEC)


@pytest.fixture(scope="module")
def logs(document: Document, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    path = tmp_path_factory.mktemp("warmup") / "requests"
    path.write_bytes(specc.emit("warmup", document).data)
    records = list(tf.data.TFRecordDataset(str(path)).as_numpy_iterator())  # which compares the checksums
    found = []
    for record in records:
        log = prediction_log_pb2.PredictionLog.FromString(record)
        assert log.SerializeToString(deterministic=True) == record  # nothing unknown, in the order of the fields
        found.append(log)
    return found


def test_each_signature_has_its_requests(logs: list[Any]) -> None:
    found = [
        (log.WhichOneof("log_type"), _request(log).model_spec.name, _request(log).model_spec.signature_name)
        for log in logs
    ]
    assert found == [
        ("predict_log", "shop", "mean"),
        ("regress_log", "shop", "price"),
        ("regress_log", "shop", "price"),
        ("predict_log", "shop", "raw:price"),
        ("predict_log", "shop", "raw:price"),
        ("predict_log", "shop", "steps:price"),
        ("predict_log", "shop", "steps:price"),
    ]


def test_tensors_and_examples_are_those_of_the_spec(logs: list[Any]) -> None:
    mean = logs[0].predict_log.request.inputs
    assert sorted(mean) == ["scale", "x_row_splits", "x_values"]
    np.testing.assert_array_equal(tf.make_ndarray(mean["x_values"]), np.array([1, 3], np.float32))
    assert tf.make_ndarray(mean["scale"]).dtype == np.float64
    one, two = (log.regress_log.request.input.example_list.examples for log in logs[1:3])
    assert len(one) == 1
    assert two[1].features.feature["city"].bytes_list.value[:] == [b"\xff"]
    assert two[1].features.feature["rooms"].int64_list.value[:] == [3, -4]


def test_a_session_answers_each_request(logs: list[Any], document: Document, tmp_path: Path) -> None:
    specc.compile(document).export(Shop(), tmp_path / "archive")
    with tf.compat.v1.Session(graph=tf.Graph()) as session:
        graph = tf.compat.v1.saved_model.load(session, ["serve"], str(tmp_path / "archive"))
        for log in logs:
            request = _request(log)
            signature = graph.signature_def[request.model_spec.signature_name]
            if log.WhichOneof("log_type") == "predict_log":
                feeds = {name: tf.make_ndarray(value) for name, value in request.inputs.items()}
            else:
                examples = request.input.example_list.examples
                feeds = {"inputs": np.array([example.SerializeToString() for example in examples], object)}
            assert sorted(feeds) == sorted(signature.inputs)
            placed = {signature.inputs[name].name: value for name, value in feeds.items()}
            session.run([info.name for info in signature.outputs.values()], placed)


def _request(log: Any) -> Any:
    return getattr(log, log.WhichOneof("log_type")).request
