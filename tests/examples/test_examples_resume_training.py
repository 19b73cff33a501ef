"""A model in the middle of its training: the archive continues as the original process would have."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from example_archives import Example, assert_model_numbers, assert_verifies_clean, build_example
from three_ways import Archive, assert_agree, flat_outputs, three_ways

pytestmark = pytest.mark.tensorflow

MORE_STEPS = 10


@pytest.fixture(scope="module")
def tide(tmp_path_factory: Any) -> Example:
    return build_example("resume_training", tmp_path_factory.mktemp("resume_training"))


@pytest.fixture
def archive(tide: Example) -> Archive:
    """The archive as it was saved, since every test trains it further."""
    return tide.archive.reloaded()


@pytest.fixture(scope="module")
def original(tide: Example) -> Any:
    """Continues the training in the process that has the model: returns each step's result, and the model after it."""
    from tide_regression import STEPS_BEFORE_EXPORT, batches

    learn = tf.function(tide.model.learn, autograph=False)
    answers = [learn(hours, metres) for hours, metres in batches(STEPS_BEFORE_EXPORT, MORE_STEPS)]
    losses = [float(answer["loss"]) for answer in answers]
    assert losses[-1] < losses[0]
    return answers, losses, tide.model


@pytest.fixture
def more() -> Iterator[Any]:
    """The batches after those that the model has seen."""
    from tide_regression import STEPS_BEFORE_EXPORT, batches

    return batches(STEPS_BEFORE_EXPORT, MORE_STEPS)


def test_predict_gives_the_models_numbers(tmp_path: Path) -> None:
    example = build_example("resume_training", tmp_path)  # a model that no other test has trained further
    assert_model_numbers(example, "predict", example.model, tf.reshape(tf.linspace(0.0, 24.0, 9), [9, 1]))


def test_every_surface_makes_the_models_next_step(archive: Archive, original: Any, more: Any) -> None:
    answers, _, _ = original
    expected = flat_outputs(archive.program["train_step"], answers[0])
    assert expected["step"] == 6
    assert_agree(three_ways(archive, "train_step", next(more), stateful=True), expected)


def test_the_revived_object_goes_on_as_the_original_process_does(archive: Archive, original: Any, more: Any) -> None:
    _, losses, model = original
    revived = archive.revived
    assert [float(revived.train_step(*batch)["loss"]) for batch in more] == losses
    for one, other in zip(revived.variables[: len(model.variables)], model.variables, strict=True):
        np.testing.assert_array_equal(one, other, err_msg=other.path)
    for one, other in zip(revived.optimizer_variables, model.optimizer.variables, strict=True):
        np.testing.assert_array_equal(one, other, err_msg=other.path)


def test_a_session_goes_on_as_well(archive: Archive, original: Any, more: Any) -> None:
    _, losses, _ = original
    assert [float(archive.ask_session("train_step", batch)["loss"]) for batch in more] == losses


GO_ON = """
import json, sys
import tensorflow as tf
revived = tf.saved_model.load(sys.argv[1])
batches = [[tf.constant(part) for part in batch] for batch in json.load(sys.stdin)]
print(json.dumps([float(revived.train_step(*batch)["loss"]) for batch in batches]))
assert not {"specc", "tide_regression"} & sys.modules.keys()
"""


def test_a_process_without_the_models_code_goes_on_as_well(archive: Archive, original: Any, more: Any) -> None:
    _, losses, _ = original
    batches = json.dumps([[part.numpy().tolist() for part in batch] for batch in more])
    command = [sys.executable, "-c", GO_ON, archive.path]
    finished = subprocess.run(command, input=batches, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    assert json.loads(finished.stdout) == losses


def test_the_collections_hold_the_very_variables_that_the_step_uses(archive: Archive, more: Any) -> None:
    revived = archive.revived
    iteration, learning_rate, *moments = revived.optimizer_variables
    assert (int(iteration), len(moments), len(revived.kernels)) == (5, 8, 2)
    learning_rate.assign(0.0)
    weights = revived.trainable_variables
    before = [weight.numpy() for weight in weights]
    moments_before = [moment.numpy() for moment in moments]
    revived.train_step(*next(more))
    assert int(iteration) == 6
    for weight, value in zip(weights, before, strict=True):
        np.testing.assert_array_equal(weight, value)
    assert all((moment.numpy() != value).any() for moment, value in zip(moments, moments_before, strict=True))
    for kernel in revived.kernels:
        kernel.assign(tf.zeros_like(kernel))
    hours, _ = next(more)
    np.testing.assert_array_equal(revived.predict(hours), np.broadcast_to(weights[-1], [32, 1]))


def test_gradients_pass_through_the_revived_endpoint(archive: Archive, tide: Example) -> None:
    hours = tf.constant([[1.0], [2.0]])
    revived = archive.revived
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(revived.predict(hours))
    gradients = tape.gradient(loss, revived.trainable_variables)
    assert [gradient.shape.as_list() for gradient in gradients] == [[1, 16], [16], [16, 1], [1]]
    np.testing.assert_array_equal(gradients[-1], [2.0])


def test_the_archive_verifies_clean(tide: Example) -> None:
    assert_verifies_clean("resume_training", tide.path)
