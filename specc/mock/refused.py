"""The refusal of a request."""

from __future__ import annotations


class RefusedError(Exception):
    """A request is refused: the status of the answer, and its text, which may have several lines."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text
