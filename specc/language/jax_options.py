"""How an endpoint's function is converted where Keras runs on JAX; on TensorFlow nothing of it is read."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from specc.language.scalars import Flag, Text
from specc.language.trees import Record

Platform: TypeAlias = Literal["cpu", "cuda", "tpu"]


class JaxOptions(Record):
    """What only the JAX backend reads: the platforms, and what ``jax2tf.convert`` is told."""

    platforms: tuple[Platform, ...] = ("cpu", "cuda", "tpu")
    """Where the endpoint can run, whatever machine builds the archive; of an empty array only where it is built."""
    is_static: Flag = False
    """Whether the function changes no state; then its variables are constants in the archive, not variables of it."""
    jax2tf_kwargs: dict[Text, Any] = {}
    """Arguments of jax2tf.convert by their names; polymorphic_shapes stands in place of the declared dimensions."""
