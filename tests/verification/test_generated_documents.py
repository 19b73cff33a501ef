"""Archives that specc builds from generated documents, whose functions answer as declared, verify clean."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from answering import answering
from computing import CASTABLE
from hypothesis import HealthCheck, Phase, given, settings
from running_here import verify_here
from strategies import Extent, buildable_documents

import specc

pytestmark = pytest.mark.tensorflow

EXTENT = Extent(dtypes=tuple(sorted(CASTABLE)), evidence=False)


def in_code(document: specc.Document) -> specc.Document:
    """The document with its functions given in code, and without references to a model."""
    without = {"function": None, "preprocess": None, "postprocess": None, "kwargs": {}, "optional": False}
    endpoints = {name: endpoint.model_copy(update=without) for name, endpoint in document.endpoints.items()}
    return document.model_copy(update={"endpoints": endpoints, "variable_collections": {}, "track": (), "model": None})


def assert_clean(document: specc.Document) -> None:
    document = in_code(document)
    program = specc.compile(document)
    functions = {name: answering(program[name], document) for name in program}
    directory = Path(tempfile.mkdtemp())
    try:
        report = program.export(None, directory / "archive", functions=functions)
        verification = verify_here(document, report.path)
        assert [finding for finding in verification.findings if finding.level != "info"] == [], verification.text()
    finally:
        shutil.rmtree(directory)


@settings(max_examples=3, suppress_health_check=[HealthCheck.too_slow], phases=[Phase.generate])
@given(buildable_documents(EXTENT))
def test_an_archive_of_a_generated_document_verifies_clean(document: specc.Document) -> None:
    assert_clean(document)


@pytest.mark.long
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow], phases=[Phase.generate])
@given(buildable_documents(EXTENT))
def test_archives_of_many_generated_documents_verify_clean(document: specc.Document) -> None:
    assert_clean(document)
