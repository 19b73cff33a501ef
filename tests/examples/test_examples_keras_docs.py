"""Every sample of the export documentation of Keras and TensorFlow, as a spec: each endpoint has its results."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from example_archives import SPECS, Example, assert_model_numbers, assert_verifies_clean, build_example
from three_ways import assert_agree, flat_outputs, three_ways

pytestmark = pytest.mark.tensorflow

X = tf.constant([[1.0, -2.0, 3.0], [0.5, 0.25, -4.0]])
X2 = tf.constant([[4.0, 3.0, -2.0, 1.0], [0.0, 1.0, 2.0, -3.0]])
WORDS = tf.constant([["one", "two", "three"], ["three", "four", "one"]])


@pytest.fixture(scope="module")
def built(tmp_path_factory: Any) -> Callable[[str], Example]:
    """Builds a sample at its first use."""
    examples: dict[str, Example] = {}

    def example(name: str) -> Example:
        if name not in examples:
            examples[name] = build_example(name, tmp_path_factory.mktemp(name))
        return examples[name]

    return example


@dataclass(frozen=True)
class Sample:
    """One endpoint of one spec, the documentation's code for it, and its wire names."""

    name: str
    endpoint: str
    run: Callable[..., Any]
    arguments: list[Any]
    inputs: list[str]
    outputs: list[str]


def call(model: Any, *arguments: Any) -> Any:
    return model(*arguments)


def add(model: Any, x: Any) -> Any:
    return model.add(x)


def add_scalars(model: Any, x: Any) -> Any:
    return model.add_scalars(x)


def concat(model: Any, x: Any) -> Any:
    return model.concat(x)


def look_up_and_call(model: Any, words: Any) -> Any:
    from keras_docs_models import look_up

    return model(look_up(words))


NUMBER, NUMBERS, TEXT = tf.constant(2.5), tf.constant([1, 2.5]), tf.constant("ab")

SAMPLES = [
    Sample("inference", "serve", call, [X], ["inputs"], ["output_0"]),
    Sample("training_and_inference", "call_inference", call, [X], ["inputs"], ["output_0"]),
    Sample("two_arguments", "serve", call, [X, X2], ["x1", "x2"], ["output_0"]),
    Sample("list_of_two", "serve", call, [[X, X2]], ["inputs_0", "inputs_1"], ["output_0"]),
    Sample("dict_of_two", "serve", call, [{"x1": X, "x2": X2}], ["x1", "x2"], ["output_0"]),
    Sample("traced_function", "serve", call, [X], ["x"], ["output_0"]),
    Sample("lookup_before_model", "serve", look_up_and_call, [WORDS], ["words"], ["output_0"]),
    Sample("lookup_before_model", "model_fn", call, [X], ["inputs"], ["output_0"]),
    Sample("optimizer_variables", "serve", call, [X], ["inputs"], ["output_0"]),
    Sample("functional_names", "serving_default", call, [X2], ["x"], ["out"]),
    Sample("adder", "add", add, [NUMBER], ["x"], ["output_0"]),
    Sample("adder_concrete", "add", add_scalars, [NUMBER], ["x"], ["output_0"]),
    Sample("adder_polymorphic", "add_scalar", add, [NUMBER], ["x"], ["output_0"]),
    Sample("adder_polymorphic", "add_vector", add, [tf.cast(NUMBERS, tf.float64)], ["x"], ["output_0"]),
    Sample("string_concat", "concat", concat, [TEXT], ["string_input"], ["output_0"]),
    Sample("multiplier", "serving_default", call, [NUMBER], ["x"], ["custom_output_name"]),
    Sample("multiplier", "array_input", call, [NUMBERS], ["x"], ["custom_output_name"]),
]
CHANGING = [("training_and_inference", "call_training"), ("multiplier", "mutate")]
NAMES = [spec.name.removesuffix(".specc.json") for spec in SPECS if spec.parent.name == "keras_docs"]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample.name}-{sample.endpoint}")
def test_a_sample_gives_its_numbers(sample: Sample, built: Any) -> None:
    example = built(sample.name)
    compiled = example.program[sample.endpoint]
    assert [component.wire_name for component in compiled.input_components] == sample.inputs
    assert [component.wire_name for component in compiled.output_components] == sample.outputs
    assert_model_numbers(example, sample.endpoint, partial(sample.run, example.model), *sample.arguments)


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_verifies_clean(name: str, built: Any) -> None:
    assert_verifies_clean(name, built(name).path)


def test_every_sample_and_every_endpoint_is_tried(built: Any) -> None:
    endpoints = [(name, endpoint) for name in NAMES for endpoint in built(name).program]
    assert sorted(endpoints) == sorted([*CHANGING, *((sample.name, sample.endpoint) for sample in SAMPLES)])


def test_the_training_endpoint_drops_out_as_the_model_does(built: Any) -> None:
    example = built("training_and_inference")
    x = tf.ones([64, 3])
    answers = three_ways(example.archive, "call_training", [x], stateful=True)
    expected = flat_outputs(example.program["call_training"], tf.function(example.model)(x, training=True))
    assert len(np.unique(expected["output_0"], axis=0)) > 1  # equal rows, so only dropout makes them differ
    assert_agree(answers, expected)


def test_a_variable_is_set_through_an_endpoint(built: Any) -> None:
    example = built("multiplier")
    assert_agree(
        three_ways(example.archive, "mutate", [tf.constant(4.0)], stateful=True), {"output_0": np.float32(4)[...]}
    )
    revived = example.archive.reloaded().revived
    assert float(revived.serving_default(2.0)["custom_output_name"]) == 3
    revived.mutate(4.0)
    assert revived.array_input([1.0, 2.0])["custom_output_name"].numpy().tolist() == [4, 8]
    assert [float(variable) for variable in revived.variables] == [4]


def test_the_optimizers_variables_come_back(built: Any) -> None:
    example = built("optimizer_variables")
    revived, optimizer = example.archive.revived, example.model.optimizer
    assert int(optimizer.iterations) == 1
    for theirs, ours in zip(revived.optimizer_variables, optimizer.variables, strict=True):
        np.testing.assert_array_equal(theirs, ours, err_msg=ours.path)


def test_a_revived_model_is_tuned_further(built: Any) -> None:
    revived = built("inference").archive.reloaded().revived
    target = tf.constant([[1.0, 0.0], [0.0, 1.0]])
    losses = []
    for _ in range(5):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((revived.serve(X) - target) ** 2)
        losses.append(float(loss))
        for variable, gradient in zip(
            revived.trainable_variables, tape.gradient(loss, revived.trainable_variables), strict=True
        ):
            variable.assign_sub(0.01 * gradient)
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < losses[0]


def test_an_archive_is_a_layer_again(built: Any) -> None:
    example = built("training_and_inference")
    layer = keras.layers.TFSMLayer(
        str(example.path), call_endpoint="call_inference", call_training_endpoint="call_training"
    )
    np.testing.assert_array_equal(layer(X), example.archive.revived.call_inference(X))
    assert len(layer.trainable_variables) == len(example.model.trainable_variables)
