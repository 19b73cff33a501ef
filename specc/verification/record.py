"""Record: writes the answers of a trusted source into a document."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from specc.errors import SpecError
from specc.language.document import Document
from specc.verification.recording import CASES, Recorder, Recording
from specc.verification.source import Source, archive_source, model_source
from specc.verification.verify import chosen, model_of


def record(  # noqa: PLR0913  # each is an option of the command
    document: Document,
    source: Any,
    *,
    endpoints: Iterable[str] = (),
    cases: int = CASES,
    seed: int = 0,
    imports: Iterable[str] = (),
    timeout: float = 600.0,
    trust: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> Document:
    """The document with the answers of ``source`` in its examples; those that have outputs stay as they are.

    Args:
        document: an endpoint without examples gets generated ones.
        source: the directory of an archive; a model by name, ``module:attribute`` or a ``.keras`` file; or a model.
        endpoints: those whose answers are recorded, by default all.
        cases: how many examples are generated for an endpoint without any.
        seed: of generated values.
        imports: modules to import before the source is loaded.
        timeout: the limit on the whole run, in seconds.
        trust: whether an archive that reads files or uses the network is run.
        progress: called with one line before each step.

    Raises:
        ArchiveError: there is no readable SavedModel.
        SpecError: an example is bad, or the ways to call the source disagree; with every finding.
        UnavailableError: TensorFlow is not there.
        UsageError: there is no such endpoint.
    """
    modules = tuple(imports)
    opened: AbstractContextManager[Source]
    if isinstance(source, (str, os.PathLike)) and Path(source).is_dir():
        opened = archive_source(
            document, Path(source), timeout=timeout, imports=modules, trust=trust, progress=progress
        )
    else:
        opened = model_source(document, model_of(document, source), timeout=timeout, imports=modules, progress=progress)
    recording = recorded(document, opened, endpoints, cases=cases, seed=seed, progress=progress)
    if not recording.ok:
        raise SpecError([finding for finding in recording.findings if finding.level == "error"])
    return recording.document


def recorded(  # noqa: PLR0913  # as above
    document: Document,
    source: AbstractContextManager[Source],
    endpoints: Iterable[str],
    *,
    cases: int,
    seed: int,
    check: bool = False,
    progress: Callable[[str], None],
) -> Recording:
    """What ``source`` answers to the examples that have no outputs, or with ``check`` to those that have some.

    Raises:
        ArchiveError, SpecError, UnavailableError, UsageError: as :func:`record` does.
    """
    names = chosen(endpoints, sorted(document.endpoints), "endpoint")
    with source as opened:
        recorder = Recorder(document, opened, cases, seed)
        for name in names:
            progress(f"calling {name}")
            (recorder.check if check else recorder.record)(name)
    return recorder.recording()
