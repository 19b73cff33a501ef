"""Verify: runs an archive and says whether it does what a document says."""

from __future__ import annotations

import importlib
import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from specc.diagnostics import Diagnostic, did_you_mean
from specc.errors import SpecError, UsageError
from specc.language.document import Document
from specc.language.load import digest
from specc.reader.conformance.static_checks import graph_for, static_findings
from specc.reader.saved_model import read_saved_model
from specc.run_finding import EndpointReport
from specc.verification.archive_facts import read_facts
from specc.verification.archive_session import ChildLike
from specc.verification.endpoint_report import not_proven
from specc.verification.process import Child
from specc.verification.protocol import Way
from specc.verification.result import Verification
from specc.verification.run import Run
from specc.verification.subject import WAYS

_NOT_RUN: tuple[str, ...] = ("reaches-out",)
"""Static errors with which nothing is run."""


def verify(  # noqa: PLR0913, PLR0917  # each is an option of the command
    document: Document,
    path: str | os.PathLike[str],
    model: Any = None,
    against: str | os.PathLike[str] | None = None,
    static: bool = False,
    endpoints: Iterable[str] = (),
    ways: Iterable[Way] = (),
    cases: int = 8,
    seed: int = 0,
    *,
    timeout: float = 600.0,
    imports: Iterable[str] = (),
    trust: bool = False,
    found: Iterable[Diagnostic] | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Verification:
    """Verifies the archive in the directory ``path`` and returns the Verification; nothing in it is changed.

    Args:
        document: what the archive has to do; the files of its examples are found from its directory.
        path: the SavedModel.
        model: holds weights and answers against a model: its name (``module:attribute``) or path, the model itself, or
            True for the document's own.
        against: holds answers against those of another archive.
        static: whether nothing is run.
        endpoints: the endpoints to call, by default all.
        ways: of ``attribute``, ``signature`` and ``session``, by default all.
        cases: how many calls are generated for each endpoint; 0 leaves the declared examples.
        seed: of generated values.
        timeout: the limit on the whole run, in seconds.
        imports: modules to import before the archive is loaded; they register its ops.
        trust: whether an archive that reads files or uses the network is run.
        found: what the static checks find, if that is known already; by default they are made.
        progress: called with one line before each step.

    Raises:
        ArchiveError: there is no readable SavedModel.
        SpecError: an example of the document is bad.
        UnavailableError: TensorFlow is not there.
        UsageError: there is no such endpoint, or no such way.
    """
    start = time.monotonic()
    facts = read_facts(document, Path(path))
    names = chosen(endpoints, sorted(document.endpoints), "endpoint")
    chosen_ways = cast(list[Way], chosen(ways, WAYS, "way"))
    progress("reading the archive")
    known = static_findings(document.promises(), Path(path), trusted=trust) if found is None else list(found)
    result = Verification(
        os.fspath(path),
        tuple(known),
        contract=digest(document),
        size=_size(Path(path)),
        seed=seed,
    )
    if static:
        return replace(result, seconds=time.monotonic() - start)
    if any(finding.rule in _NOT_RUN and finding.level == "error" for finding in known):
        reason = "nothing was run, since the archive reaches out of its process"
        reports = [EndpointReport(name, notes=(reason,)) for name in names]
        unproven = [not_proven(name, reason) for name in names]
        return replace(result, findings=(*known, *unproven), endpoints=tuple(reports), seconds=time.monotonic() - start)
    deadline = start + timeout

    def start_child(fenced: bool) -> ChildLike:
        return Child(deadline=deadline, fenced=fenced)

    run = Run(
        document, facts, names, chosen_ways, cases, seed, tuple(imports), known, start_child, progress, at_once=True
    )
    if model is not None and model is not False:
        run.add_model(model_of(document, model))
    if against is not None:
        other, _ = graph_for(document, read_saved_model(Path(against)))
        run.add_archive(os.fspath(against), other.tags)
    return replace(run.verification(result), seconds=time.monotonic() - start)


def model_of(document: Document, model: Any) -> str | ChildLike | None:
    """The name of a model, or one in memory; None stands for the document's own."""
    if model is True or isinstance(model, (str, os.PathLike)):
        if model is True and document.model is None:
            hint = 'add "model": "module:attribute" to it, or name one'
            raise SpecError([Diagnostic(rule="missing-model", message="the spec names no model", hint=hint)])
        return None if model is True else os.fspath(model)
    # By name, since only a caller who has a model has TensorFlow in this process.
    in_memory = importlib.import_module("specc.verification.child.in_memory")
    found: ChildLike = in_memory.ModelInMemory(document, model)
    return found


def chosen(asked: Iterable[str], known: Sequence[str], what: str) -> list[str]:
    """Those of ``known`` that are asked for, or all if none is; raises UsageError for an unknown one."""
    wanted = list(dict.fromkeys(asked))
    for name in wanted:
        if name not in known:
            hint = did_you_mean(name, known) or f"there are {', '.join(known)}"
            raise UsageError(f"there is no {what} {name!r}; {hint}")
    return [name for name in known if name in wanted] if wanted else list(known)


def _size(directory: Path) -> int:
    return sum(file.lstat().st_size for file in directory.rglob("*") if file.is_file() and not file.is_symlink())
