"""First specs of modules with tf.functions, and of a function."""

from collections.abc import Callable
from typing import Any

import pytest
import tensorflow as tf
from inferred_models import named

import specc

pytestmark = pytest.mark.tensorflow


class Tool(tf.Module):
    """Functions with a signature, with a trace, with neither, and one that is private."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = tf.Variable(2.0)
        self.late = tf.function(lambda x: x)
        self._hidden = tf.function(lambda x: x, input_signature=[tf.TensorSpec([])])

    @tf.function(input_signature=[tf.TensorSpec([None, 3]), tf.TensorSpec([], name="K")])
    def scale(self, x: Any, k: Any) -> Any:
        return {"scaled": x * k * self.weight}

    @tf.function
    def shift(self, x: Any, training: bool = False) -> Any:
        return x + (1.0 if training else 2.0)

    @tf.function(input_signature=[tf.TensorSpec([None, None]), tf.TensorSpec([None, None])])
    def product(self, x: Any, y: Any) -> Any:
        return tf.matmul(x, y)


def test_the_functions_of_a_module(built: Callable[..., Any]) -> None:
    tool = Tool()
    tool.shift(tf.ones([2]), training=True)
    inferred = specc.infer_spec(tool)
    data = inferred.document.to_json()
    assert data["endpoints"] == {
        "product": {
            "function": "product",
            "arguments": ["x", "y"],
            "inputs": ["float32[batch, time]", "float32[time, y_time]"],
            "outputs": "float32[batch, y_time]",
        },
        "scale": {
            "function": "scale",
            "arguments": ["x", "k"],
            "inputs": ["float32[batch, 3]", named("K", "float32[]")],
            "outputs": {"scaled": "float32[batch, 3]"},
        },
        "shift": {
            "function": "shift",
            "kwargs": {"training": False},
            "arguments": ["x"],
            "inputs": ["float32[2]"],
            "outputs": "float32[2]",
        },
    }
    assert data["default"] is None
    assert [str(guess) for guess in inferred.guesses if guess.path[0] != "dims"] == [
        "endpoints.product.outputs: 'output_0' has no name of its own; add a \"name\", such as 'product'",
        "endpoints.shift.kwargs.training: false, for inference: the function was called only with training=True",
        "endpoints.shift.outputs: 'output_0' has no name of its own; add a \"name\", such as 'shift'",
        "endpoints.late: left out: the tf.function was never called; give it an input_signature, or call it once where "
        "the model is created",
        "default: none; choose one of product, scale, shift",
    ]
    revived = built(inferred, tool)
    assert revived.shift(tf.ones([2])).numpy().tolist() == [3.0, 3.0]


def test_a_single_function(built: Callable[..., Any]) -> None:
    double = tf.function(lambda rows: rows * 2, input_signature=[tf.TensorSpec([None, 5])])
    inferred = specc.infer_spec(double)
    assert inferred.document.to_json()["endpoints"] == {
        "serve": {"arguments": ["rows"], "inputs": ["float32[batch, 5]"], "outputs": "float32[batch, 5]"}
    }
    assert built(inferred, double).serve(tf.ones([1, 5])).numpy().tolist() == [[2.0] * 5]


ROWS = [tf.TensorSpec([None])]
WRITE = 'write a function that returns tensors, and name it in "function"'


class Mixed(tf.Module):
    """A good function, one that returns a Python constant, and many that cannot be endpoints."""

    @tf.function(input_signature=ROWS)
    def good(self, x: Any) -> Any:
        return x + 1

    @tf.function(input_signature=ROWS)
    def constant(self, x: Any) -> Any:
        if tf.reduce_sum(x) > 0:  # needs AutoGraph
            x = -x
        return {"x": x, "size": 3, "unit": "m"}

    @tf.function(input_signature=ROWS)
    def none(self, x: Any) -> Any:
        return {"x": x, "y": None}

    @tf.function(input_signature=ROWS)
    def keys(self, x: Any) -> Any:
        return {1: x}

    @tf.function(input_signature=ROWS)
    def mixed_keys(self, x: Any) -> Any:
        return {1: x, "a": x}

    @tf.function(input_signature=ROWS)
    def array(self, x: Any) -> Any:
        return tf.TensorArray(tf.float32, 1).unstack(x[None])

    @tf.function(input_signature=ROWS)
    def python(self, x: Any) -> Any:
        return tf.py_function(lambda value: value, [x], tf.float32)

    @tf.function(input_signature=ROWS)
    def dataset(self, x: Any) -> Any:
        return tf.data.Dataset.from_tensors(x)

    @tf.function(input_signature=ROWS)
    def raises(self, x: Any) -> Any:
        raise ValueError("no:\nnever")

    @tf.function(input_signature=ROWS)
    def leaves(self, x: Any) -> Any:
        raise SystemExit(3)

    @tf.function(input_signature=[{1: tf.TensorSpec([])}])
    def takes_keys(self, x: Any) -> Any:
        return x[1]

    @tf.function(input_signature=[tf.OptionalSpec(tf.TensorSpec([]))])
    def takes_optional(self, x: Any) -> Any:
        return x.get_value()

    @tf.function(input_signature=[tf.TensorSpec([], tf.variant)])
    def takes_variant(self, x: Any) -> Any:
        return tf.constant(1)

    @tf.function
    def takes_object(self, x: Any, convert: Any = None) -> Any:
        return x


LEFT_OUT = {
    "array": "the function returns a value that a signature cannot return: a variant tensor cannot leave its process: "
    f"TensorSpec(shape=(), dtype=tf.variant, name=None); {WRITE}",
    "dataset": "the function returns a _VariantDataset, which is not a tensor; a signature returns tensors, in lists, tuples and "
    f"dicts; {WRITE}",
    "keys": f"the function returns an empty container, or a dict with a key that is not a string; {WRITE}",
    "mixed_keys": "tracing failed: TypeError: '<' not supported between instances of 'str' and 'int'",
    "none": f"the function returns None; a signature returns tensors, in lists, tuples and dicts; {WRITE}",
    "python": "the function calls Python code through tf.py_function or tf.numpy_function, which cannot be saved; write it "
    "with TensorFlow ops",
    "takes_keys": "an argument is not a tensor, or a list, tuple or dict of tensors",
    "takes_object": "'convert' was a Python object, which cannot be written in a spec; write a function that takes tensors only, "
    'and name it in "function"',
    "takes_optional": "an argument is not a tensor, or a list, tuple or dict of tensors",
    "takes_variant": "an argument is not a tensor, or a list, tuple or dict of tensors",
}  # fmt: skip


def test_a_function_that_cannot_be_an_endpoint_is_left_out_with_the_reason(built: Callable[..., Any]) -> None:
    mixed = Mixed()
    mixed.takes_object(tf.ones([2]), convert=tf.negative)
    inferred = specc.infer_spec(mixed)
    endpoints = inferred.document.to_json()["endpoints"]
    assert sorted(endpoints) == ["constant", "good"]
    assert endpoints["constant"]["outputs"] == {"size": "int32[]", "unit": "string[]", "x": "float32[batch]"}
    reasons = {
        str(guess.path[1]): guess.message.removeprefix("left out: ")
        for guess in inferred.guesses
        if guess.message.startswith("left out")
    }
    assert reasons.pop("raises").startswith(
        "tracing failed: ValueError: no: never; raised in test_spec_from_functions.py, line "
    )
    assert reasons.pop("leaves").startswith("tracing failed: it called sys.exit(3)")
    assert reasons == LEFT_OUT
    assert not any("\n" in str(guess) for guess in inferred.guesses)
    revived = built(inferred, mixed)
    assert revived.constant(tf.ones([1]))["size"].numpy() == 3


def test_a_module_of_functions_that_cannot_be_endpoints_is_an_error_with_each_reason() -> None:
    module = tf.Module()
    module.late = tf.function(lambda x: x)  # type: ignore[attr-defined]
    module.none = tf.function(lambda x: None, input_signature=ROWS)  # type: ignore[attr-defined]
    with pytest.raises(specc.SpecError) as caught:
        specc.infer_spec(module)
    assert [str(finding) for finding in caught.value.diagnostics] == [
        "endpoints.late: bad-signature: the tf.function was never called; give it an input_signature, or call it once where "
        "the model is created",
        "endpoints.none.outputs: output-conflict: the function returns None; a signature returns tensors, in lists, tuples "
        f"and dicts; {WRITE}",
    ]


class Switched(tf.Module):
    """Functions with a switch between training and inference."""

    @tf.function
    def both(self, x: Any, training: bool = False) -> Any:
        return x * (2.0 if training else 1.0)

    @tf.function
    def unset(self, x: Any, training: bool | None = None) -> Any:
        return x * (2.0 if training else 1.0)

    @tf.function
    def other(self, x: Any, is_training: bool = True) -> Any:
        return x * (2.0 if is_training else 1.0)

    @tf.function
    def required(self, x: Any, training: bool) -> Any:
        return x * (2.0 if training else 1.0)

    @tf.function
    def only(self, x: Any, training: bool = False) -> Any:
        if not training:
            raise ValueError("not for inference")
        return x * 2.0

    @tf.function
    def silent(self, x: Any, training: bool = False) -> Any:
        return x * 2.0 if training else None


def test_inference_is_preferred_to_training(built: Callable[..., Any]) -> None:
    switched, x = Switched(), tf.ones([2])
    switched.both(x, training=True)
    switched.both(x, training=False)
    switched.unset(x, training=True)
    switched.unset(x)
    switched.other(x)
    switched.required(x, True)
    switched.only(x, training=True)
    switched.silent(x, training=True)
    inferred = specc.infer_spec(switched)
    assert {name: endpoint.kwargs for name, endpoint in inferred.document.endpoints.items()} == {
        "both": {"training": False},
        "unset": {},
        "other": {"is_training": False},
        "required": {"training": False},
        "only": {"training": True},
        "silent": {"training": True},
    }
    assert [str(guess) for guess in inferred.guesses if "kwargs" in guess.path] == [
        "endpoints.only.kwargs.training: true, for training: the function was called only so, and cannot be traced with false",
        "endpoints.other.kwargs.is_training: false, for inference: the function was called only with is_training=True",
        "endpoints.required.kwargs.training: false, for inference: the function was called only with training=True",
        "endpoints.silent.kwargs.training: true, for training: the function was called only so, and cannot be traced with false",
    ]
    revived = built(inferred, switched)
    assert [revived.signatures[name](x=x)["output_0"].numpy()[0] for name in ("both", "other", "required")] == [1.0] * 3


def test_a_single_trace_for_training_stays_one() -> None:
    switched = Switched()
    switched.traced = switched.both.get_concrete_function(tf.TensorSpec([None]), training=True)  # type: ignore[attr-defined]
    inferred = specc.infer_spec(switched)
    assert inferred.document.endpoints["traced"].kwargs == {"training": True}
    assert inferred.document.endpoints["both"].kwargs == {"training": False}


def test_a_function_that_is_called_serving_default() -> None:
    module = tf.Module()
    module.serving_default = tf.function(lambda x: x, input_signature=ROWS)  # type: ignore[attr-defined]
    module.other = tf.function(lambda x: x, input_signature=ROWS)  # type: ignore[attr-defined]
    document = specc.infer_spec(module).document
    assert {name: endpoint.function for name, endpoint in document.endpoints.items()} == {
        "other": "other",
        "serve": "serving_default",
    }
    assert document.default == "serve"


def test_the_functions_of_a_part_are_named() -> None:
    module, part = tf.Module(), Switched()
    module.part = part  # type: ignore[attr-defined]
    module.good = tf.function(lambda x: x, input_signature=ROWS)  # type: ignore[attr-defined]
    inferred = specc.infer_spec(module)
    assert list(inferred.document.endpoints) == ["good"]
    assert [str(guess) for guess in inferred.guesses if guess.path == ("endpoints",)] == [
        "endpoints: tf.functions of parts that are not exported: part.both, part.only, part.other, part.required, part.silent "
        'and part.unset; an endpoint with "function": "part.both" calls one'
    ]
