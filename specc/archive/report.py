"""What an export wrote, as data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class EndpointReport:
    """One endpoint of an archive: its wire names, and whether it is ``serving_default`` too."""

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    is_default: bool


@dataclass(frozen=True)
class ExportReport:
    """A published archive.

    ``files`` maps each file's path in the archive to its size in bytes; ``seconds`` maps each stage to its wall time;
    ``cores`` says how many functions were traced for all the endpoints; ``notes`` are for a person to read.
    """

    path: Path
    endpoints: tuple[EndpointReport, ...]
    cores: int
    collections: dict[str, int]
    files: dict[str, int]
    seconds: dict[str, float]
    notes: tuple[str, ...] = ()

    @property
    def bytes(self) -> int:
        """The size of all files together."""
        return sum(self.files.values())

    @property
    def variable_bytes(self) -> int:
        """The size of the checkpoint."""
        return sum(size for file, size in self.files.items() if file.startswith("variables/"))
