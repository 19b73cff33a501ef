"""Verifies an archive that ``specc build`` has staged, before it is published."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from specc.cli import note
from specc.cli.build_jobs import BuildJob
from specc.cli.progress import stage
from specc.diagnostics import Diagnostic
from specc.errors import SpecError


class ArchiveVerifier:
    """Runs the staged archive of ``jobs`` before it is published, if that is asked for, and keeps the warnings."""

    def __init__(self, jobs: list[BuildJob], model: Any, options: argparse.Namespace) -> None:
        self._jobs, self._model = jobs, model
        self._is_asked = jobs[0].settings.verify if options.verify is None else options.verify
        self.warnings: list[Diagnostic] = []

    def __call__(self, directory: Path) -> None:
        """Verifies the archive in ``directory``; raises SpecError with every finding if one is an error."""
        for job in self._jobs if self._is_asked else ():
            from specc.verification.verify import verify  # only for --verify

            stage("verifying" if len(self._jobs) == 1 else f"verifying {job.file}")
            found = verify(job.spec.document, directory, model=self._model, imports=job.imports, trust=True)
            located = found.findings if len(self._jobs) == 1 else job.spec.locate(found.findings)
            if not found.ok:
                raise SpecError(located)
            note(f"verified: {found.summary}")
            for text in found.all_notes:
                note(f"note: {text}")
            self.warnings += [finding for finding in located if finding.level == "warning"]
