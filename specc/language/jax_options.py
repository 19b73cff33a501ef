"""Options for converting an endpoint's function where Keras runs on JAX; ignored on TensorFlow."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from specc.language.record import Form, Record
from specc.language.scalars import Flag, Text

Platform: TypeAlias = Literal["cpu", "cuda", "tpu"]


class JaxOptions(Record):
    """Options of the JAX backend: the platforms, and the arguments of ``jax2tf.convert``."""

    platforms: Annotated[tuple[Platform, ...], Form.SET] = ("cpu", "cuda", "tpu")
    """The platforms that the endpoint can run on; an empty array means only that of the building machine."""
    is_static: Flag = False
    """Whether the function changes no state; its variables are then constants in the archive."""
    jax2tf_kwargs: dict[Text, Any] = {}
    """Arguments of jax2tf.convert by name; polymorphic_shapes replaces the declared dimensions."""
