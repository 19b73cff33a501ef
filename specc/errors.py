"""The exceptions of specc.

A finding is data (:class:`specc.diagnostics.Diagnostic`); an exception means that the work cannot continue.
There is one class for each cause that callers handle differently: a wrong spec, an unreadable file or archive, a target
that cannot be written, wrong settings, and a missing package.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from specc.diagnostics import Diagnostic


class SpeccError(Exception):
    """The base class of every exception of specc."""


class SpecError(SpeccError):
    """A spec has errors, in itself or against a model or an archive; ``diagnostics`` has all of them."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics: tuple[Diagnostic, ...] = tuple(diagnostics)
        super().__init__("\n".join(str(diagnostic) for diagnostic in self.diagnostics))


class FindingCollector:
    """Collects the findings of several steps, so that all of them are reported and not only the first."""

    def __init__(self) -> None:
        self._diagnostics: list[Diagnostic] = []

    def add(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Adds findings."""
        self._diagnostics.extend(diagnostics)

    @contextmanager
    def gather(self) -> Iterator[None]:
        """Continues after a SpecError in the block, and adds its findings."""
        try:
            yield
        except SpecError as error:
            self.add(error.diagnostics)

    def raise_any(self) -> None:
        """Raises SpecError with the collected findings, if there are any."""
        if self._diagnostics:
            raise SpecError(self._diagnostics)


class ArchiveError(SpeccError):
    """A directory is not a readable SavedModel: missing, cut short, damaged, or beyond the reader's limits."""


class TargetError(SpeccError):
    """The archive could not be written to its target: not empty, not writable, or the disk is full."""


class UnreadableError(SpeccError):
    """A spec file, or a revision of it, could not be read: it is missing, not a regular file, or access is denied."""


class UsageError(SpeccError):
    """What was asked for makes no sense, whatever the files contain."""


class SettingsError(SpeccError):
    """``[tool.specc]`` in a pyproject.toml is invalid."""


class UnavailableError(SpeccError):
    """A requirement is not available: TensorFlow and Keras, a backend of Keras, another package, or a port."""


INSTALL = {"tensorflow": "pip install tensorflow keras", "jax": "pip install jax", "fsspec": "pip install fsspec"}
"""How each optional requirement is installed: by its own name, since ``specc`` on PyPI is another project."""
