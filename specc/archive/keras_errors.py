"""Errors of the drop-in: specc's own, and of the type that Keras raises in the same place."""

from __future__ import annotations

from specc.diagnostics import SpecPath, finding
from specc.errors import SpecError


class SpecValueError(SpecError, ValueError):
    """A SpecError where Keras raises ValueError."""


class SpecTypeError(SpecError, TypeError):
    """A SpecError where Keras raises TypeError."""


def value_error(rule: str, path: SpecPath, message: str, hint: str = "") -> SpecValueError:
    """A SpecValueError of one finding."""
    return SpecValueError([finding(rule, path, message, hint)])


def type_error(rule: str, path: SpecPath, message: str, hint: str = "") -> SpecTypeError:
    """A SpecTypeError of one finding."""
    return SpecTypeError([finding(rule, path, message, hint)])
