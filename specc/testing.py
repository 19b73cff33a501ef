"""Helpers for the tests of projects that have specs."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from specc.artefacts import emit
from specc.artefacts.table import DEFAULT_NAME
from specc.change import SURFACES, Surface
from specc.cli.settings import SettingsFinder
from specc.compatibility.difference import changes_between
from specc.compatibility.named_sides import Contract, of_document, read_side, read_sides
from specc.compatibility.policy import Policy
from specc.errors import SpecError
from specc.language.document import Document
from specc.mock.server import Served, running
from specc.report.diff_summary import contract_lines, reason
from specc.source.file_names import model_name


def assert_compatible(spec: Contract, *, against: Contract, surfaces: Collection[Surface] = SURFACES) -> None:
    """Fails where ``spec`` breaks one of ``surfaces`` for clients of ``against``, and no waiver allows it.

    Both are what :func:`specc.diff` takes: ``assert_compatible("ranker.specc.json", against="v1.4")``. The levels and
    the waivers are those of the nearest pyproject.toml, as for the command.

    Raises:
        AssertionError: there is a change of level error; the message lists all of them.
        SpecError: a side is invalid.
        UnreadableError, ArchiveError: a side cannot be read.
    """
    old, new = read_sides(against, spec)
    settings = SettingsFinder().settings_for(new.place)
    changes = Policy(surfaces, settings.levels, settings.waivers).judged(changes_between(old, new))
    errors = [change for change in changes if change.level == "error"]
    if errors:
        texts = (
            "\n".join([str(change), *contract_lines(change), reason(change), f"fingerprint: {change.fingerprint}"])
            for change in errors
        )
        raise AssertionError("\n\n".join(texts))


@contextmanager
def mock(spec: Contract, *, name: str | None = None, seed: int = 0) -> Iterator[str]:
    """Serves ``spec`` as ``specc mock`` does, in a thread and on a free port of 127.0.0.1, until the block ends.

    Args:
        spec: the name of a spec, of an archive or of a revision, or a Document.
        name: the name of the served model; by default the document's, or the file's.
        seed: that of generated answers.

    Yields:
        The URL of the server without a path, ``http://127.0.0.1:PORT``.

    Raises:
        SpecError: the spec is invalid, or REST can call nothing of it.
        UnreadableError, ArchiveError: it cannot be read.
    """
    side = of_document(spec) if isinstance(spec, Document) else read_side(spec)
    document = side.described.document
    if name is None:
        name = document.name or (DEFAULT_NAME if isinstance(spec, Document) else model_name(os.fspath(spec)))
    made = emit("openapi", document, name)
    if not made.data:
        raise SpecError(side.in_text([finding for finding in made.findings if finding.level == "error"]))
    with running(Served(document, name, made.data, seed)) as server:
        yield server.url
