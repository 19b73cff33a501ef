"""Checks the asset files of an archive, such as the vocabulary of a lookup table.

``tf.saved_model.save`` silently skips a missing file, and then writes an archive that cannot be loaded.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import tensorflow as tf

from specc.compiler.trackables import descendants
from specc.diagnostics import Diagnostic
from specc.errors import SpecError

_MISSING_FILE_HINT = (
    "the file must exist until the archive is written; or pass the vocabulary of a lookup layer as a list"
)


def require_files(resources: Iterable[Any]) -> None:
    """Raises SpecError if files that the functions read are missing, with a finding for each."""
    parts = {id(part): part for resource in resources for part in descendants(resource)}
    assets = [part for part in parts.values() if isinstance(part, tf.saved_model.Asset)]
    paths = dict.fromkeys(tf.get_static_value(asset.asset_path).decode() for asset in assets)
    refuse_missing(path for path in paths if not tf.io.gfile.exists(path) or tf.io.gfile.isdir(path))


def require_assets(meta_graph: Any, directory: Path) -> None:
    """Raises SpecError if the archive in ``directory`` lacks a file that its graph names."""
    names = dict.fromkeys(definition.filename for definition in meta_graph.asset_file_def)
    refuse_missing(name for name in names if not (directory / "assets" / name).is_file())


def refuse_missing(paths: Iterable[str]) -> None:
    """Raises SpecError with a finding for each of ``paths``, if there are any."""
    findings = [
        Diagnostic(
            rule="missing-asset",
            path=("endpoints",),
            message=f"the functions read the file {path!r}, which does not exist",
            hint=_MISSING_FILE_HINT,
            part=path,
        )
        for path in paths
    ]
    if findings:
        raise SpecError(findings)
