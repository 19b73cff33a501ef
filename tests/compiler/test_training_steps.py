"""The steps of training and evaluation in the process: the same numbers as ``fit`` and ``evaluate``."""

import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from training_models import ROWS, TOLERANCE, assert_same, dataset, every_kind, numbers, twins

import specc

pytestmark = pytest.mark.tensorflow


@every_kind
def test_train_steps_are_one_epoch_of_fit(kind: str) -> None:
    ours, theirs, data = twins(kind)
    history = theirs.fit(dataset(data), epochs=1, shuffle=False, verbose=0).history
    for x, y, weight in data:
        step = specc.train_step(ours, x, y, weight)
    assert_same(numbers(step["metrics"]), {name: values[0] for name, values in history.items()})
    for one, other in zip(ours.variables, theirs.variables, strict=True):
        np.testing.assert_allclose(one.numpy(), other.numpy(), **TOLERANCE, err_msg=one.path)


@every_kind
def test_eval_steps_are_evaluate(kind: str) -> None:
    ours, theirs, data = twins(kind)
    expected = theirs.evaluate(dataset(data), return_dict=True, verbose=0)
    before = [weight.numpy() for weight in ours.trainable_variables]
    for x, y, weight in data:
        step = specc.eval_step(ours, x, y, weight)
    assert_same(numbers(step["metrics"]), expected)
    assert_same(numbers(specc.metric_values(ours)["metrics"]), expected)
    for weight, value in zip(ours.trainable_variables, before, strict=True):
        np.testing.assert_array_equal(weight.numpy(), value)


@every_kind
def test_the_loss_and_the_predictions_are_those_of_the_batch(kind: str) -> None:
    ours, theirs, data = twins(kind)
    for x, y, weight in data[:2]:
        expected = theirs(x, training=False)
        loss = theirs.compute_loss(x=x, y=y, y_pred=expected, sample_weight=weight, training=False)
        step = specc.eval_step(ours, x, y, weight)
        np.testing.assert_allclose(step["loss"], loss, **TOLERANCE)
        tf.nest.map_structure(
            lambda one, other: np.testing.assert_allclose(one, other, **TOLERANCE), step["predictions"], expected
        )


@every_kind
def test_weights_may_be_left_out(kind: str) -> None:
    ours, theirs, data = twins(kind)
    expected = theirs.evaluate(dataset([(x, y) for x, y, _ in data]), return_dict=True, verbose=0)  # type: ignore[misc]
    for x, y, _ in data:
        step = specc.eval_step(ours, x, y)
    assert_same(numbers(step["metrics"]), expected)


@every_kind
def test_a_reset_starts_the_metrics_again(kind: str) -> None:
    ours, theirs, data = twins(kind)
    expected = theirs.evaluate(dataset(data[2:]), return_dict=True, verbose=0)
    for x, y, weight in data[:2]:
        specc.eval_step(ours, x, y, weight)
    assert set(numbers(specc.reset_metrics(ours)["metrics"]).values()) == {0.0}
    for x, y, weight in data[2:]:
        specc.eval_step(ours, x, y, weight)
    assert_same(numbers(specc.metric_values(ours)["metrics"]), expected)


def test_reading_changes_nothing() -> None:
    ours, _, data = twins("classifier")
    specc.eval_step(ours, *data[0])
    before = [variable.numpy() for variable in ours.metrics_variables]
    specc.metric_values(ours)
    assert len(before) == 2 + 2 + 1 + 2 + 2  # loss, accuracy, the one matrix of MeanIoU, and the two weighted ones
    for variable, value in zip(ours.metrics_variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)


def test_the_model_is_left_as_it_was() -> None:
    ours, _, data = twins("classifier")
    specc.train_step(ours, *data[0])
    with pytest.raises(Exception):  # noqa: B017, PT011  # whatever Keras raises for targets that do not fit
        specc.eval_step(ours, data[0][0], np.zeros((ROWS + 1,)))
    assert "compute_loss" not in vars(ours)


def test_the_names_load_on_first_use() -> None:
    code = (
        "import sys, specc; assert 'keras' not in sys.modules; "
        "from specc.compiler.user_code import import_object; "
        "print(import_object('specc:eval_step', ()).__module__)"
    )
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert finished.stdout == "specc.compiler.keras_steps\n"
