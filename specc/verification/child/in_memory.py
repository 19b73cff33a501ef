"""A model of this process in the place of a child process, for a build that verifies what it wrote.

The archive itself runs in a child: TensorFlow shares tables by name within one process.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from specc.language.document import Document
from specc.verification.child.model import ModelReference
from specc.verification.child.requests import Requests
from specc.verification.protocol import Answer, Prepare, Ready, Request


class ModelInMemory:
    """Answers the requests about the way ``model`` with a model that the caller has."""

    def __init__(self, document: Document, model: Any) -> None:
        """Binds the endpoints.

        Raises:
            SpecError: a function is missing, or does not take the declared arguments.
        """
        self._requests = Requests(ModelReference(document, model))

    def ask(self, request: Request) -> Answer:
        """The answer to ``request``."""
        return Ready(tf.__version__) if isinstance(request, Prepare) else self._requests.answer(request)

    def close(self) -> None:
        """Does nothing: the model is the caller's."""
