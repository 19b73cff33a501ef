"""What a check is: an opinion on one valid document, which a project may weigh otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from specc.checks.context import CheckContext
from specc.diagnostics import Diagnostic

Check: TypeAlias = Callable[[CheckContext], Iterator[Diagnostic]]
"""Yields a finding for each place that the check is about; its level is set by whoever runs the check."""
