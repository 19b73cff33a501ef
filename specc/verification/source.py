"""Source: an archive, or a model, whose answers are recorded or printed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from specc.diagnostics import Diagnostic
from specc.errors import SpecError
from specc.language.document import Document
from specc.reader.conformance.static_checks import static_findings
from specc.run_finding import RunFinding
from specc.verification.archive_facts import ArchiveFacts, read_facts
from specc.verification.archive_session import (
    ArchiveSession,
    ChildLike,
    Crashed,
    OutOfTimeError,
    session_of_archive,
    session_of_model,
)
from specc.verification.endpoint_calls import EndpointCalls, reason
from specc.verification.process import Child
from specc.verification.protocol import Loaded, Way
from specc.verification.subject import WAYS, Subject

Progress = Callable[[str], None]


@dataclass
class Source:
    """What answers the calls of ``document``, on the ways that are loaded."""

    document: Document
    facts: ArchiveFacts
    session: ArchiveSession
    available: dict[Way, frozenset[str]]

    def calls(self, endpoint: str) -> EndpointCalls:
        """The calls of an endpoint on all ways that have it."""
        subject = Subject(self.document, endpoint, tuple(self.facts.left_out))
        addresses = subject.addresses()
        ways: list[Way] = [way for way, names in self.available.items() if addresses.get(way) in names]
        if endpoint in self.facts.undescribed and "attribute" in ways:
            ways.remove("attribute")
        return EndpointCalls(subject, self.session, self.facts, ways, self.available)


@contextmanager
def archive_source(  # noqa: PLR0913  # each is an option of the commands
    document: Document,
    directory: Path,
    *,
    ways: Sequence[Way] = (),
    timeout: float,
    imports: tuple[str, ...] = (),
    trust: bool = False,
    progress: Progress,
) -> Iterator[Source]:
    """The archive in ``directory``, loaded for ``ways``, by default all; it ends with the block.

    Raises:
        ArchiveError: there is no readable SavedModel.
        SpecError: it cannot be loaded, reaches out of its process, crashes, or does not answer in time.
        UnavailableError: TensorFlow is not there.
    """
    facts = read_facts(document, directory)
    found = () if trust else static_findings(document.promises(), directory)
    reaching = [finding for finding in found if finding.rule == "reaches-out" and finding.level == "error"]
    if reaching:
        raise SpecError(reaching)
    chosen = [way for way in ways or WAYS if way != "attribute" or facts.has_objects]
    deadline = time.monotonic() + timeout
    session = session_of_archive(document, facts.directory, facts.tags, imports, lambda: Child(deadline=deadline))
    with _source(document, facts, session, chosen, progress) as source:
        yield source


@contextmanager
def model_source(
    document: Document, model: str | ChildLike | None, *, timeout: float, imports: tuple[str, ...], progress: Progress
) -> Iterator[Source]:
    """The model of the document, another one that is named, or one in memory; it ends with the block.

    Raises:
        SpecError: it cannot be made, or does not answer in time.
        UnavailableError: TensorFlow is not there.
    """
    deadline = time.monotonic() + timeout
    session = session_of_model(document, model, imports, lambda: Child(deadline=deadline, fenced=False))
    with _source(document, ArchiveFacts(os.devnull), session, ["model"], progress) as source:
        yield source


@contextmanager
def _source(
    document: Document, facts: ArchiveFacts, session: ArchiveSession, ways: Sequence[Way], progress: Progress
) -> Iterator[Source]:
    source = Source(document, facts, session, {})
    try:
        for way in ways:
            progress("making the model" if way == "model" else f"loading the archive for the {way}")
            loaded = session.load(way)
            if not isinstance(loaded, Loaded):
                raise SpecError([_not_loaded(way, loaded.message, crashed=isinstance(loaded, Crashed))])
            source.available[way] = frozenset(loaded.addresses)
        if session.unfenced_note:
            progress(session.unfenced_note)
        yield source
    except OutOfTimeError as error:
        message = "the time was over before all calls were made"
        raise SpecError([RunFinding(rule="timed-out", message=message)]) from error
    finally:
        session.close()


def _not_loaded(way: Way, why: str, *, crashed: bool) -> Diagnostic:
    if way == "model":
        return Diagnostic(rule="bad-model", path=("model",), message=reason(why))
    if crashed:
        return RunFinding(
            rule="crashed", message=f"loading the archive crashed for the {way}: {reason(why)}", ways=(way,)
        )
    message = f"the archive cannot be loaded for the {way}: {reason(why)}"
    return RunFinding(rule="load-failed", message=message, ways=(way,))
