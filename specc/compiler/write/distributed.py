"""Variables of a tf.distribute strategy: sets of copies, of which an archive holds one, or their combined value."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

import tensorflow as tf

# Only within this context does TensorFlow read a variable that is synchronized on read as the archive holds it, and
# only ``tf.saved_model.save`` enters it publicly. A function that was traced outside reads the sum of all copies, and
# cannot be saved. tests/compiler/test_distributed.py checks the numbers against TensorFlow's own.
from tensorflow.python.saved_model.save_context import save_context

from specc.compiler.trackables import descendants
from specc.compiler.write.variables import copies_of, model_variables
from specc.diagnostics import Diagnostic
from specc.errors import SpecError


def distributed_variable_of(variable: Any) -> Any:
    """The distributed variable that ``variable`` is a copy of; any other variable itself.

    Only a private attribute of a copy's handle leads to the distributed variable; there is no public way.
    """
    container = getattr(variable.handle, "_distributed_container", lambda: None)()
    return variable if container is None else container


def is_synchronized_on_read(variable: Any) -> bool:
    """Whether the copies of a distributed variable differ, and are combined when it is read."""
    on_read = tf.VariableSynchronization.ON_READ
    return isinstance(variable, tf.distribute.DistributedValues) and variable.synchronization == on_read


def value_of(variable: Any) -> Any:
    """The value that an archive holds of a variable, as an eager tensor: copies that differ are combined.

    Raises:
        SpecError: it has none.
    """
    one, *_ = copies_of(variable)
    if is_synchronized_on_read(variable):
        value = tf.convert_to_tensor(variable)
    else:
        value = tf.raw_ops.ReadVariableOp(resource=one.handle, dtype=one.dtype)  # read_value runs one op more
    # A variable that was never initialized is read as a tensor without elements.
    if not value.shape.num_elements() and not tf.raw_ops.VarIsInitializedOp(resource=one.handle):
        message = f"the variable {variable.name.partition(':')[0]!r} has no value: it was never initialized"
        hint = "assign it, or restore a checkpoint, before the export"
        raise SpecError([Diagnostic(rule="bad-model", path=("model",), message=message, hint=hint)])
    return value


@contextlib.contextmanager
def tracing_for_archive(*owners: Any, policy: str | None = None) -> Iterator[None]:
    """A context in which traced functions read variables that are synchronized on read as the archive holds them.

    ``policy`` is the archive's policy for variables. The context traces a tf.function again that was traced before, so
    it is entered only if ``owners`` have such variables.
    """
    if any(map(is_synchronized_on_read, _variables_of(owners))):
        with save_context(tf.saved_model.SaveOptions(experimental_variable_policy=policy)):
            yield
    else:
        yield


def _variables_of(owners: Iterable[Any]) -> Iterator[Any]:
    for owner in owners:
        yield from descendants(owner)
        variables = (named.variable for named in model_variables(owner))
        yield from (distributed_variable_of(variable) for variable in variables if isinstance(variable, tf.Variable))
