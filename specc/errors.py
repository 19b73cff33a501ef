"""Everything that specc raises on purpose.

A finding is data (:class:`specc.diagnostics.Diagnostic`); an exception means that the work cannot go on. Each class
below answers one question of a caller: is my spec wrong, is this archive readable, could the target be written?
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from specc.diagnostics import Diagnostic


class SpeccError(Exception):
    """The base of every error that specc raises on purpose."""


class SpecError(SpeccError):
    """A spec, or a spec held against a model or an archive, has errors; ``diagnostics`` holds every one of them."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics: tuple[Diagnostic, ...] = tuple(diagnostics)
        super().__init__("\n".join(str(diagnostic) for diagnostic in self.diagnostics))


class FindingCollector:
    """Gathers the findings of several steps, so that all are told at once and not the first alone."""

    def __init__(self) -> None:
        self._diagnostics: list[Diagnostic] = []

    def add(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Adds findings."""
        self._diagnostics.extend(diagnostics)

    @contextmanager
    def gather(self) -> Iterator[None]:
        """Goes on where the block raises SpecError, whose findings are added."""
        try:
            yield
        except SpecError as error:
            self.add(error.diagnostics)

    def raise_any(self) -> None:
        """Raises SpecError with everything that was gathered, if there is anything."""
        if self._diagnostics:
            raise SpecError(self._diagnostics)


class ArchiveError(SpeccError):
    """A directory is no SavedModel that can be read: missing, cut short, damaged, or beyond the reader's limits."""


class TargetError(SpeccError):
    """The archive could not be put where it was asked for: not empty, not writable, or the disk is full."""


class UnreadableError(SpeccError):
    """A spec file could not be read at all: it is missing, no regular file, or not permitted."""


class SettingsError(SpeccError):
    """``[tool.specc]`` in a pyproject.toml makes no sense."""


class UnavailableError(SpeccError):
    """The work needs what is not here: TensorFlow and Keras, or a Keras backend that specc can export from."""
