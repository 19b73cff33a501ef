"""Verifies an archive that ``specc build`` has staged, before it is published."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from specc.cli import note
from specc.cli.build_jobs import BuildJob
from specc.cli.progress import stage
from specc.diagnostics import Diagnostic
from specc.errors import SpecError
from specc.source.file_names import archive_name


class ArchiveVerifier:
    """Runs the staged archive of ``jobs`` before it is published, if that is asked for, and keeps the warnings.

    With --warmup it runs at least the examples, since a request that is refused keeps a server from loading the
    archive, and then adds their requests to it.
    """

    def __init__(self, jobs: list[BuildJob], model: Any, options: argparse.Namespace) -> None:
        self._jobs, self._model = jobs, model
        self._is_everything = jobs[0].settings.verify if options.verify is None else options.verify
        self._wants_warmup = options.warmup
        self.is_asked = self._is_everything or self._wants_warmup
        self.warnings: list[Diagnostic] = []

    def __call__(self, directory: Path) -> None:
        """Verifies the archive in ``directory``; raises SpecError with every finding if one is an error."""
        for job in self._jobs:
            if self.is_asked:
                self._run(job, directory)
            if self._wants_warmup and job.spec.document.mode == "predict":  # no server calls the others
                self._add_warmup(job, directory)

    def _run(self, job: BuildJob, directory: Path) -> None:
        from specc.verification.verify import verify  # only for --verify and --warmup

        stage("verifying" if len(self._jobs) == 1 else f"verifying {job.file}")
        scope: dict[str, Any] = {} if self._is_everything else {"ways": ("session",), "cases": 0}
        found = verify(job.spec.document, directory, model=self._model, imports=job.imports, trust=True, **scope)
        located = found.findings if len(self._jobs) == 1 else job.spec.locate(found.findings)
        if not found.ok:
            raise SpecError(located)
        note(f"verified: {found.summary}")
        for text in found.all_notes:
            note(f"note: {text}")
        self._keep_warnings(located)

    def _add_warmup(self, job: BuildJob, directory: Path) -> None:
        from specc.artefacts import emit  # only for --warmup
        from specc.artefacts.warmup import FILE as WARMUP_FILE

        name = job.spec.document.name or archive_name(job.file)
        made = emit("warmup", job.spec.document, name, settings=job.settings)
        if not made.data:
            raise SpecError(made.findings)
        path = directory / "assets.extra" / WARMUP_FILE
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(made.data)
        self._keep_warnings(made.findings)

    def _keep_warnings(self, findings: Iterable[Diagnostic]) -> None:
        self.warnings += [finding for finding in findings if finding.level == "warning"]
