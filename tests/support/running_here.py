"""Verifies archives in this process, which saves the start of a child for each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from specc.language.document import Document
from specc.reader.conformance.static_checks import static_findings
from specc.verification.archive_facts import read_facts
from specc.verification.child.requests import Requests
from specc.verification.protocol import Answer, Prepare, Ready, Request
from specc.verification.result import Verification
from specc.verification.run import Run
from specc.verification.subject import WAYS


class ChildHere:
    """What a child process does, without the process."""

    def __init__(self) -> None:
        self._requests = Requests()

    def ask(self, request: Request) -> Answer:
        return Ready("here") if isinstance(request, Prepare) else self._requests.answer(request)

    def close(self) -> None:
        pass


def verify_here(
    document: Document, path: Path | str, *, model: bool = False, against: Path | None = None, **options: Any
) -> Verification:
    """The Verification of the archive at ``path``; with ``model`` it is held against the document's own.

    An archive to hold it ``against`` is loaded into this process too, in which tables have one content for one name.
    """
    directory = Path(path)
    run = Run(
        document,
        read_facts(document, directory),
        sorted(document.endpoints),
        options.pop("ways", WAYS),
        options.pop("cases", 8),
        options.pop("seed", 0),
        (),
        static_findings(document, directory) if options.pop("static", True) else (),
        lambda fenced: ChildHere(),
        **options,
    )
    if model:
        run.add_model(None)
    if against is not None:
        run.add_archive(str(against), run.facts.tags)
    return run.verification(Verification(str(path), tuple(run.static)))
