"""A declarative signature-spec compiler for TensorFlow and Keras exports.

The names below load on first use, so that validating a spec loads nothing else and needs no TensorFlow.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from specc.artefacts.artefact import Artefact as Artefact
    from specc.artefacts.table import emit as emit
    from specc.change import Change as Change
    from specc.compatibility.difference import Difference as Difference
    from specc.compatibility.difference import diff as diff
    from specc.compiler import CompiledEndpoint as CompiledEndpoint
    from specc.compiler import EndpointReport as EndpointReport
    from specc.compiler import ExportReport as ExportReport
    from specc.compiler import MergedReport as MergedReport
    from specc.compiler import Program as Program
    from specc.compiler import call_signature as call_signature
    from specc.compiler import compile as compile
    from specc.compiler import eval_step as eval_step
    from specc.compiler import merge as merge
    from specc.compiler import metric_values as metric_values
    from specc.compiler import reset_metrics as reset_metrics
    from specc.compiler import train_step as train_step
    from specc.diagnostics import Diagnostic as Diagnostic
    from specc.errors import ArchiveError as ArchiveError
    from specc.errors import SettingsError as SettingsError
    from specc.errors import SpeccError as SpeccError
    from specc.errors import SpecError as SpecError
    from specc.errors import TargetError as TargetError
    from specc.errors import UnavailableError as UnavailableError
    from specc.errors import UnreadableError as UnreadableError
    from specc.errors import UsageError as UsageError
    from specc.keras_export.export_archive import ExportArchive as ExportArchive
    from specc.keras_export.model_export import export as export
    from specc.language.document import Dim as Dim
    from specc.language.document import Document as Document
    from specc.language.document import Endpoint as Endpoint
    from specc.language.document import Selection as Selection
    from specc.language.load import digest as digest
    from specc.language.load import dump as dump
    from specc.language.load import from_json as from_json
    from specc.language.load import load as load
    from specc.language.load import loads as loads
    from specc.reader import Inspection as Inspection
    from specc.reader import inspect as inspect
    from specc.reader import inspect_archive as inspect_archive
    from specc.reader.digest import archive_digest as archive_digest
    from specc.scaffold.from_archive import infer_archive_spec as infer_archive_spec
    from specc.scaffold.from_model.infer_spec import infer_spec as infer_spec
    from specc.scaffold.inferred_spec import Guess as Guess
    from specc.scaffold.inferred_spec import InferredSpec as InferredSpec
    from specc.verification.record import record as record
    from specc.verification.result import Verification as Verification
    from specc.verification.verify import verify as verify

_NAMES_BY_MODULE = {
    "specc.artefacts.artefact": ("Artefact",),
    "specc.artefacts.table": ("emit",),
    "specc.change": ("Change",),
    "specc.compatibility.difference": ("Difference", "diff"),
    "specc.compiler": (
        "CompiledEndpoint",
        "EndpointReport",
        "ExportReport",
        "MergedReport",
        "Program",
        "call_signature",
        "compile",
        "eval_step",
        "merge",
        "metric_values",
        "reset_metrics",
        "train_step",
    ),
    "specc.keras_export.export_archive": ("ExportArchive",),
    "specc.keras_export.model_export": ("export",),
    "specc.diagnostics": ("Diagnostic",),
    "specc.errors": (
        "ArchiveError",
        "SettingsError",
        "SpecError",
        "SpeccError",
        "TargetError",
        "UnavailableError",
        "UnreadableError",
        "UsageError",
    ),
    "specc.reader": ("Inspection", "inspect", "inspect_archive"),
    "specc.reader.digest": ("archive_digest",),
    "specc.scaffold.from_archive": ("infer_archive_spec",),
    "specc.scaffold.from_model.infer_spec": ("infer_spec",),
    "specc.scaffold.inferred_spec": ("Guess", "InferredSpec"),
    "specc.language.document": ("Dim", "Document", "Endpoint", "Selection"),
    "specc.verification.record": ("record",),
    "specc.verification.result": ("Verification",),
    "specc.verification.verify": ("verify",),
    "specc.language.load": ("digest", "dump", "from_json", "load", "loads"),
}
_MODULE_OF = {name: module for module, names in _NAMES_BY_MODULE.items() for name in names}

__all__ = sorted(_MODULE_OF)  # noqa: PLE0605  # a list of names, made from the table above


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'specc' has no attribute {name!r}")
    try:
        value = getattr(importlib.import_module(_MODULE_OF[name]), name)
    except ModuleNotFoundError as error:
        if error.name not in ("tensorflow", "keras", "numpy"):
            raise
        from specc.errors import INSTALL, UnavailableError  # noqa: PLC0415  # only for this error

        hint = f"install them with: {INSTALL['tensorflow']}"
        raise UnavailableError(f"specc.{name} needs TensorFlow and Keras; {hint}") from None
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
