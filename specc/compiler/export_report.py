"""The report of an export, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from specc.diagnostics import printable
from specc.language.document import Method


@dataclass(frozen=True)
class EndpointReport:
    """One endpoint of an archive: its wire names, and whether it is also ``serving_default``."""

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    is_default: bool


@dataclass(frozen=True)
class SignatureReport:
    """One signature that the document declares; ``reason`` is why it was left out, or empty."""

    key: str
    endpoint: str
    receiver: str | None
    method: Method
    reason: str = ""


@dataclass(frozen=True)
class ExportReport:
    """A published archive.

    ``path`` is its directory, or the URL of a remote one; ``tags`` are those of its MetaGraph; ``files`` maps each
    file's path in the archive to its size in bytes; ``seconds`` maps each stage to its wall time, which add up to that
    of the export; ``cores`` is the number of functions traced for all endpoints; ``nested_tables`` names the endpoints
    whose signatures call a function that looks up a table; ``custom_ops`` are the ops of its graph that TensorFlow
    lacks, each with the module that registers it ("" if unknown); ``notes`` are messages for the user.
    """

    path: Path | str
    endpoints: tuple[EndpointReport, ...]
    signatures: tuple[SignatureReport, ...]
    cores: int
    collections: dict[str, int]
    files: dict[str, int]
    seconds: dict[str, float]
    custom_ops: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    nested_tables: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    @property
    def bytes(self) -> int:
        """The size of all files together."""
        return sum(self.files.values())

    @property
    def variable_bytes(self) -> int:
        """The size of the checkpoint."""
        return sum(size for file, size in self.files.items() if file.startswith("variables/"))

    @property
    def included(self) -> dict[Method, list[str]]:
        """The keys of the signatures in the archive, by their methods."""
        keys: dict[Method, list[str]] = {}
        for signature in self.signatures:
            if not signature.reason:
                keys.setdefault(signature.method, []).append(signature.key)
        return keys

    @property
    def excluded(self) -> dict[str, str]:
        """The keys of the signatures that were left out, each with the reason."""
        return {signature.key: signature.reason for signature in self.signatures if signature.reason}

    def signatures_text(self) -> str:
        """The signatures in the archive, one line for each method, and those left out, each with the reason."""
        included = [f"INCLUDED for {method}: {', '.join(keys)}\n" for method, keys in sorted(self.included.items())]
        excluded = [f"EXCLUDED {key}: {printable(reason)}\n" for key, reason in self.excluded.items()]
        return "".join((*included, *excluded))
