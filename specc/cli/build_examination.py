"""Examines an archive that ``specc build`` has staged for the checks of converters."""

from __future__ import annotations

from pathlib import Path

from specc.checks import Built, built_targets
from specc.cli.build_jobs import BuildJob
from specc.cli.progress import stage


class ArchiveExaminer:
    """Reads the graphs of the staged archive of a job, if a converter is a target, and keeps what it finds."""

    def __init__(self, job: BuildJob) -> None:
        self._document = job.spec.document
        self._targets = built_targets(job.spec.document, job.settings)
        self.is_asked = bool(self._targets)
        self.built = Built()

    def __call__(self, directory: Path) -> None:
        """Reads the archive in ``directory``; for LiteRT, converts each signature."""
        from specc.compiler.converted_graphs import examine  # imports TensorFlow

        stage("reading its graphs" if "litert" not in self._targets else "converting for LiteRT")
        self.built = examine(self._document, directory, with_litert="litert" in self._targets)
