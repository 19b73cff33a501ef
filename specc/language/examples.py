"""Examples: calls of an endpoint, with what they give, written in JSON or in files of arrays beside the spec."""

from __future__ import annotations

from specc.language.record import Record
from specc.language.scalars import Text


class Example(Record):
    """One call of an endpoint, with what it gives."""

    description: Text = ""
    """What the call is an example of."""
