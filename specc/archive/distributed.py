"""Variables of a tf.distribute strategy: a set of copies, of which an archive holds one, or what all are together."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

import tensorflow as tf

# TensorFlow reads a variable that is synchronized on read as the archive will hold it only within this context, which
# nothing public enters but ``tf.saved_model.save`` itself. A function that was traced outside reads the sum of all
# copies, and cannot be saved. tests/archive/test_distributed.py holds the numbers against TensorFlow's own.
from tensorflow.python.saved_model.save_context import save_context

from specc.archive.parts import descendants
from specc.archive.variables import model_variables


def undivided(variable: Any) -> Any:
    """The distributed variable that ``variable`` is a copy of; any other variable itself.

    A copy's handle knows what it belongs to only in private; nothing public leads back to it.
    """
    container = getattr(variable.handle, "_distributed_container", lambda: None)()
    return variable if container is None else container


def is_synchronized_on_read(variable: Any) -> bool:
    """Whether the copies of a distributed variable differ, and its value is made of all when it is read."""
    on_read = tf.VariableSynchronization.ON_READ
    return isinstance(variable, tf.distribute.DistributedValues) and variable.synchronization == on_read


@contextlib.contextmanager
def tracing_for_archive(*owners: Any, policy: str | None = None) -> Iterator[None]:
    """Within it, functions of owners of variables that are synchronized on read see them as the archive holds them.

    ``policy`` is the archive's policy for variables. A tf.function that was traced before is traced anew, so that no
    other model pays for it.
    """
    if any(map(is_synchronized_on_read, _variables(owners))):
        with save_context(tf.saved_model.SaveOptions(experimental_variable_policy=policy)):
            yield
    else:
        yield


def _variables(owners: Iterable[Any]) -> Iterator[Any]:
    for owner in owners:
        yield from descendants(owner)
        variables = (named.variable for named in model_variables(owner))
        yield from (undivided(variable) for variable in variables if isinstance(variable, tf.Variable))
