"""Contents: what an archive is written of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from specc.compiler.trace.endpoints import TracedEndpoint

RESOURCES = "_resources"
"""The list of the root that holds the resources."""


@dataclass(frozen=True)
class Contents:
    """The contents of one archive.

    ``signatures`` has the function of each signature that is not an alias, by its key; ``options`` is the
    ``tf.saved_model.SaveOptions`` to save it all with.
    """

    endpoints: Sequence[TracedEndpoint]
    signatures: Mapping[str, Any]
    variables: Sequence[Any]
    trainable_variables: Sequence[Any]
    non_trainable_variables: Sequence[Any]
    collections: dict[str, Sequence[Any]]
    resources: Sequence[Any]
    options: Any

    @property
    def keeps_gradients(self) -> bool:
        """Whether the archive keeps custom gradients, for all endpoints."""
        return bool(self.options.experimental_custom_gradients)
