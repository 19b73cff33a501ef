"""Each function is traced once, however many endpoints run it."""

from typing import Any

import keras
import pytest
import tensorflow as tf

pytestmark = pytest.mark.tensorflow

VECTOR = "float32[batch, 3]"
X = tf.constant([[1.0, 2.0, 3.0]])


class Counting(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.dense = keras.layers.Dense(3)
        self.calls: list[str] = []
        self(X)
        self.calls.clear()

    def call(self, x: Any, training: bool = False) -> Any:
        self.calls.append(f"call {training}")
        return self.dense(x)

    def double(self, x: Any) -> Any:
        self.calls.append("double")
        return x * 2.0


def shift(x: Any) -> Any:
    return x + 1.0


def scale(y: Any) -> Any:
    return {"scaled": y * 2.0}


HERE = __name__
ENDPOINT = {"inputs": [VECTOR], "outputs": VECTOR}
RENAMED = {"kind": "tensor", "dtype": "float32", "shape": ["batch", 3], "name": "renamed"}
WITH_DEFAULT = {"kind": "tensor", "dtype": "float32", "shape": [1, 3], "default": [[1.0, 2.0, 3.0]]}


@pytest.mark.parametrize(
    ("endpoints", "calls", "cores"),
    [
        ({"one": ENDPOINT}, ["call False"], 1),
        ({"one": ENDPOINT, "two": ENDPOINT}, ["call False"], 1),
        ({"one": ENDPOINT, "other_names": {**ENDPOINT, "arguments": ["x"], "inputs": [RENAMED]}}, ["call False"], 1),
        ({"one": ENDPOINT, "other_outputs": {**ENDPOINT, "outputs": RENAMED}}, ["call False"], 1),
        ({"one": ENDPOINT, "pre": {**ENDPOINT, "preprocess": f"{HERE}:shift"}}, ["call False"], 1),
        (
            {"a_post": {**ENDPOINT, "postprocess": f"{HERE}:scale", "outputs": {"scaled": VECTOR}}, "one": ENDPOINT},
            ["call False"],
            1,
        ),
        ({"one": ENDPOINT, "training": {**ENDPOINT, "kwargs": {"training": True}}}, ["call False", "call True"], 2),
        ({"one": ENDPOINT, "said": {**ENDPOINT, "kwargs": {"training": False}}}, ["call False", "call False"], 2),
        ({"one": ENDPOINT, "other": {**ENDPOINT, "function": "double"}}, ["call False", "double"], 2),
        ({"one": ENDPOINT, "fixed": {"inputs": ["float32[1, 3]"], "outputs": VECTOR}}, ["call False"] * 2, 2),
        ({"one": {"inputs": [WITH_DEFAULT], "outputs": VECTOR}}, ["call False"], 1),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else "",
)
def test_a_function_is_traced_once(endpoints: Any, calls: list[str], cores: int, export: Any) -> None:
    model = Counting()
    revived, report = export(model, endpoints)
    assert sorted(model.calls) == calls
    assert report.cores == cores
    assert sorted(revived.signatures) == sorted([*endpoints, "serving_default"])


def test_endpoints_that_share_a_core_keep_their_own_names_and_numbers(export: Any) -> None:
    model = Counting()
    revived, _ = export(
        model,
        {
            "one": ENDPOINT,
            "pre": {**ENDPOINT, "preprocess": f"{HERE}:shift"},
            "post": {**ENDPOINT, "postprocess": f"{HERE}:scale", "outputs": {"scaled": VECTOR}},
            "renamed": {**ENDPOINT, "inputs": [RENAMED], "outputs": {"y": VECTOR}, "postprocess": f"{HERE}:as_y"},
        },
    )
    want = model.dense(X).numpy().tolist()
    shifted = model.dense(X + 1.0).numpy().tolist()
    doubled = (model.dense(X) * 2.0).numpy().tolist()
    signatures = revived.signatures
    assert signatures["one"](inputs=X)["output_0"].numpy().tolist() == want
    assert signatures["pre"](inputs=X)["output_0"].numpy().tolist() == shifted
    assert signatures["post"](inputs=X)["scaled"].numpy().tolist() == doubled
    assert signatures["renamed"](renamed=X)["y"].numpy().tolist() == want
    assert [revived.pre(X).numpy().tolist(), revived.post(X)["scaled"].numpy().tolist()] == [shifted, doubled]


def as_y(y: Any) -> Any:
    return {"y": y}


def test_preprocessing_may_change_the_number_of_arguments(export: Any) -> None:
    endpoint = {
        "function": f"{HERE}:add",
        "preprocess": f"{HERE}:split",
        "inputs": [{"left": VECTOR, "right": VECTOR}],
        "outputs": VECTOR,
    }
    revived, _ = export(Counting(), {"serve": endpoint})
    assert revived.serve({"left": X, "right": X * 2.0}).numpy().tolist() == (X * 3.0).numpy().tolist()


def split(features: Any) -> Any:
    return features["left"], features["right"]


def add(model: Any, left: Any, right: Any) -> Any:
    return left + right


def test_postprocessing_may_drop_what_is_no_tensor(export: Any) -> None:
    endpoint = {**ENDPOINT, "function": f"{HERE}:with_none", "postprocess": f"{HERE}:first"}
    revived, _ = export(Counting(), {"serve": endpoint})
    assert revived.serve(X).numpy().tolist() == X.numpy().tolist()


def with_none(model: Any, x: Any) -> Any:
    return x, None, {"text": "no tensor"}


def first(result: Any) -> Any:
    return result[0]


def test_a_step_that_raises_is_named(refused: Any) -> None:
    endpoint = {**ENDPOINT, "preprocess": f"{HERE}:shift", "postprocess": f"{HERE}:fails"}
    for autograph in (False, True):
        assert refused(Counting(), {"serve": {**endpoint, "autograph": autograph}}) == [
            "endpoints.serve.postprocess: trace-failed: tracing failed: RuntimeError: not today; raised in "
            f"test_cores.py, line {fails.__code__.co_firstlineno + 1}, in fails"
        ]


@pytest.mark.parametrize(
    "around",
    [
        {},
        {"preprocess": f"{HERE}:shift"},
        {"postprocess": f"{HERE}:first"},
        {"inputs": [{"kind": "tensor", "dtype": "float32", "shape": [1, 3], "default": [[1, 2, 3]]}]},
    ],
    ids=["alone", "behind preprocessing", "before postprocessing", "with a default"],
)
def test_a_gradient_tape_inside_a_function_is_kept(around: Any, export: Any) -> None:
    endpoint = {**ENDPOINT, "function": f"{HERE}:gradient", "outputs": ["float32[?, 3]"], **around}
    if "postprocess" in around:
        endpoint["outputs"] = "float32[?, 3]"
    revived, _ = export(Counting(), {"serve": endpoint})
    given = X + 1.0 if "preprocess" in around else X
    assert tf.reshape(revived.serve(X), [-1]).numpy().tolist() == tf.reshape(given * 2.0, [-1]).numpy().tolist()


def gradient(model: Any, x: Any) -> Any:
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reduce_sum(x * x)
    return tape.gradient(y, [x])


def test_preprocessing_must_return_tensors(refused: Any) -> None:
    assert refused(Counting(), {"serve": {**ENDPOINT, "preprocess": f"{HERE}:to_text"}}) == [
        "endpoints.serve.preprocess: step-conflict: returned a str, which is not a tensor, where a tensor is needed"
    ]


def to_text(x: Any) -> Any:
    return {"x": x, "text": "no tensor"}


def fails(result: Any) -> Any:
    raise RuntimeError("not today")


def test_autograph_reaches_the_steps_and_the_function(export: Any) -> None:
    steps = {"preprocess": f"{HERE}:negate_if", "postprocess": f"{HERE}:negate_if"}
    endpoint = {**ENDPOINT, "function": f"{HERE}:branch", "autograph": True, **steps}
    revived, _ = export(Counting(), {"serve": endpoint})
    assert revived.serve(X).numpy().tolist() == (X * 10.0).numpy().tolist()


def negate_if(x: Any) -> Any:
    if tf.reduce_sum(x) > 0:
        return -x
    return -x


def branch(model: Any, x: Any) -> Any:
    if tf.reduce_sum(x) < 0:
        return x * 10.0
    return x
