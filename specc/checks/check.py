"""The type of a check: a function that yields the findings of one rule about a valid document."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from specc.checks.context import CheckContext
from specc.diagnostics import Diagnostic

Check: TypeAlias = Callable[[CheckContext], Iterator[Diagnostic]]
"""Yields the findings of a check; their level is set when the check is run."""
