"""Steps of training and evaluation, which a spec names with ``"function": "specc:train_step"``.

Each takes a compiled Keras model first, and does what one batch of ``fit`` or ``evaluate`` does, through the model's
own ``train_step`` and ``test_step``, including overridden ones. The endpoints of one model share the variables of its
metrics: an archive with ``eval_step``, ``metric_values`` and ``reset_metrics`` evaluates over many batches.

``loss`` is the loss of the batch. ``metrics`` has Keras's own log names: ``metrics["loss"]`` is the mean loss of all
batches since the last reset, as ``evaluate`` reports it, and a model with several outputs has ``metrics["NAME_loss"]``
too. Both ``value`` and ``update_op`` are the metric after the batch: a call updates all the metrics.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf

from specc.diagnostics import kind_of

Step = dict[str, Any]
Metrics = dict[str, dict[str, Any]]
_MAX_BATCH_ARGUMENTS = 3
"""A batch is x, y and sample_weight."""
_NO_COMPUTE_LOSS_CALL = (
    "the model's own step never calls compute_loss, from which they are taken: declare only its metrics, or name your "
    "own function that returns them"
)


def why_missing(function: str | None, key: object) -> str:
    """A hint on why a step of this module returns no output ``key``; "" for any other function or key."""
    needs_compute_loss = key in ("loss", "predictions") and function in ("specc:train_step", "specc:eval_step")
    return _NO_COMPUTE_LOSS_CALL if needs_compute_loss else ""


def train_step(model: keras.Model, *batch: Any) -> Step:
    """One step of ``fit``: updates the model's weights with its optimizer, and its metrics.

    Args:
        model: a compiled Keras model.
        batch: a batch of ``fit``, as ``keras.utils.pack_x_y_sample_weight`` takes it: x as the model takes it; then, if
            there are any, the targets as the model's losses take them; then a weight for each example.

    Returns:
        ``{"loss": ..., "predictions": ..., "metrics": {NAME: {"value": ..., "update_op": ...}}}``; ``loss`` and
        ``predictions`` are those before the update, and are missing if the model's own step never calls
        ``compute_loss``.

    Raises:
        ValueError: the model is not compiled.
    """
    _require_compiled(model)
    if model.optimizer is None:
        raise ValueError("the model is compiled without an optimizer, so it cannot be trained")
    return _run_keras_step(model, model.train_step, batch)


def eval_step(model: keras.Model, *batch: Any) -> Step:
    """One step of ``evaluate``: updates the model's metrics, and nothing else.

    Its arguments, result and exceptions are those of :func:`train_step`.
    """
    _require_compiled(model)
    return _run_keras_step(model, model.test_step, batch)


def metric_values(model: keras.Model) -> dict[str, Metrics]:
    """The current values of the model's metrics: ``{"metrics": {NAME: {"value": ...}}}``; nothing is updated.

    Raises:
        ValueError: the model is not compiled, or its metrics have no variables yet.
    """
    _require_compiled(model)
    _require_metric_variables(model)
    return {"metrics": {name: {"value": value} for name, value in _logs_to_tensors(model.get_metrics_result()).items()}}


def reset_metrics(model: keras.Model) -> dict[str, Metrics]:
    """Resets the metrics, as each epoch does; returns the values after that, as :func:`metric_values` does.

    Raises:
        ValueError: the model is not compiled, or its metrics have no variables yet.
    """
    _require_compiled(model)
    _require_metric_variables(model)
    model.reset_metrics()
    return metric_values(model)


def _run_keras_step(model: keras.Model, step: Callable[[Any], Any], batch: tuple[Any, ...]) -> Step:
    if keras.config.backend() != "tensorflow":  # on others, Keras's own steps do not expose loss and predictions
        message = f"Keras's own steps can be exported only on TensorFlow, not on {keras.config.backend()}"
        raise ValueError(f"{message}; name your own function, which uses jax.value_and_grad")
    if not 1 <= len(batch) <= _MAX_BATCH_ARGUMENTS:
        raise ValueError(
            f"a batch is x, the targets and the sample weights: 1 to {_MAX_BATCH_ARGUMENTS} arguments, not {len(batch)}"
        )
    with _recorded_losses(model) as recorded:
        logs = step(keras.utils.pack_x_y_sample_weight(*batch))
    if not isinstance(logs, Mapping):
        own = f"{type(model).__name__}.{getattr(step, '__name__', 'step')}"
        raise ValueError(f"{own} returned {kind_of(logs)}, but Keras expects a dict of logs")
    metrics = {name: {"value": value, "update_op": value} for name, value in _logs_to_tensors(logs).items()}
    if not recorded:
        return {"metrics": metrics}
    predictions, loss = recorded[-1]
    return {"loss": loss, "predictions": predictions, "metrics": metrics}


@contextmanager
def _recorded_losses(model: keras.Model) -> Iterator[list[tuple[Any, Any]]]:
    """Records the predictions and the loss of each call of ``compute_loss`` by ``train_step`` and ``test_step``.

    Keras returns neither of them, and both are needed from the same forward pass that updates the weights.
    """
    recorded: list[tuple[Any, Any]] = []
    compute_loss = model.compute_loss

    def recording_compute_loss(x: Any = None, y: Any = None, y_pred: Any = None, *args: Any, **kwargs: Any) -> Any:
        loss = compute_loss(x, y, y_pred, *args, **kwargs)
        recorded.append((y_pred, loss))
        return loss

    # Set in the instance's __dict__, since a layer's __setattr__ would track it.
    model.__dict__["compute_loss"] = recording_compute_loss
    try:
        yield recorded
    finally:
        del model.__dict__["compute_loss"]


def _logs_to_tensors(logs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tf.convert_to_tensor(value) for name, value in logs.items()}


def _require_compiled(model: Any) -> None:
    if not isinstance(model, keras.Model):
        raise ValueError(f"expected a compiled Keras model, got a {type(model).__name__}")
    if not model.compiled:
        raise ValueError("the model is not compiled; call model.compile(...) where it is created")


def _require_metric_variables(model: keras.Model) -> None:
    """A metric of ``compile`` has no variables before the first batch: it can be neither read nor reset."""
    if not all(getattr(metric, "built", True) for metric in model.metrics):
        message = "the model's metrics have no variables before its first batch"
        raise ValueError(f"{message}; call model.test_on_batch(x, y) and model.reset_metrics() where it is created")
