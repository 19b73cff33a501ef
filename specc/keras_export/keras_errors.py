"""Errors of the Keras replacements: SpecErrors that are also of the type that Keras raises in the same place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache

from specc.diagnostics import Diagnostic, SpecPath, finding
from specc.errors import SpecError
from specc.language.document import VERSION, Document, Endpoint
from specc.language.validation.buildable import find_unbuildable
from specc.rules.table import RuleId

_BUILT_IN = (
    TypeError, ValueError, NotImplementedError, RuntimeError, KeyError, IndexError, ZeroDivisionError, AttributeError,
    AssertionError,
)  # fmt: skip
"""The built-in exception types that an error keeps, so that callers can catch them."""


class _KerasError(SpecError):
    """A SpecError whose text is Keras's message in the same place, ``words``, followed by its findings."""

    def __init__(self, diagnostics: Iterable[Diagnostic], words: str = "") -> None:
        super().__init__(diagnostics)
        self.args = ("\n".join(text for text in (words, *self.args) if text),)


class SpecValueError(_KerasError, ValueError):
    """A SpecError where Keras raises ValueError."""


class SpecTypeError(_KerasError, TypeError):
    """A SpecError where Keras raises TypeError."""


def value_error(rule: RuleId, path: SpecPath, message: str, hint: str = "", *, words: str = "") -> SpecValueError:
    """A SpecValueError of one finding, after Keras's ``words``."""
    return SpecValueError([finding(rule, path, message, hint)], words)


def type_error(rule: RuleId, path: SpecPath, message: str, hint: str = "", *, words: str = "") -> SpecTypeError:
    """A SpecTypeError of one finding, after Keras's ``words``."""
    return SpecTypeError([finding(rule, path, message, hint)], words)


@contextmanager
def reraising_user_errors() -> Iterator[None]:
    """Re-raises a SpecError that user code caused as an error of the cause's type too: Keras does not wrap it."""
    try:
        yield
    except SpecError as error:
        kind = next((kind for kind in _BUILT_IN if isinstance(error.__cause__, kind)), None)
        if kind is None or isinstance(error, kind):
            raise
        raise _spec_error_type(kind)(error.diagnostics) from error.__cause__


@cache
def _spec_error_type(kind: type[Exception]) -> type[SpecError]:
    subclasses = {ValueError: SpecValueError, TypeError: SpecTypeError}
    # str() of a KeyError is the repr of its key; these must print their message.
    return subclasses.get(kind) or type(f"Spec{kind.__name__}", (SpecError, kind), {"__str__": Exception.__str__})


def require_legal(endpoints: Mapping[str, Endpoint], collections: Mapping[str, tuple[()]] | None = None) -> None:
    """Raises SpecValueError with every name among these that is illegal in an archive."""
    default = next(iter(endpoints), None)
    # Not validated: validation is for whole documents, and rejects an empty name without its path.
    document = Document.model_construct(
        specc=VERSION, endpoints=dict(endpoints), default=default, variable_collections=dict(collections or {})
    )
    findings = list(find_unbuildable(document))
    if findings:
        raise SpecValueError(findings)
