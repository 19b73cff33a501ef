"""Values in messages: JSON, short enough for a line."""

from __future__ import annotations

import json
from typing import Any

from specc.diagnostics import shorten
from specc.language.record import to_json


def shown_value(value: Any) -> str:
    """A value of a document as JSON, cut where it is too long; None is ``none``."""
    return "none" if value is None else shorten(json.dumps(to_json(value, sort_keys=False), ensure_ascii=False))
