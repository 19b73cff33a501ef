"""Complete exports of complete documents: the guarantees of a spec."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from computing import CASTABLE, function_for, inputs_for
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import Extent, buildable_documents
from three_ways import Archive, assert_agree, flat_outputs, three_ways

import specc
from specc.reader.projection import project

pytestmark = pytest.mark.tensorflow

# The dtypes that TensorFlow can only pass through are in test_dtypes.py: no function can compute with them.
EXTENT = Extent(dtypes=tuple(sorted(CASTABLE)))
EXPORTS = 2_000 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 150


def in_code(document: specc.Document) -> specc.Document:
    """The document with its functions given in code, and without references to a model."""
    endpoints = {
        name: endpoint.model_copy(update={"function": None, "preprocess": None, "postprocess": None, "kwargs": {}})
        for name, endpoint in document.endpoints.items()
    }
    return document.model_copy(update={"endpoints": endpoints, "variable_collections": {}, "track": (), "model": None})


@settings(max_examples=EXPORTS, suppress_health_check=[HealthCheck.too_slow])
@given(buildable_documents(EXTENT), st.integers(0, 2**32 - 1))
def test_a_document_survives_its_export(document: specc.Document, seed: int) -> None:
    document = in_code(document)
    program = specc.compile(document)
    functions = {name: function_for(program[name], document) for name in program}
    directory = Path(tempfile.mkdtemp())
    try:
        report = program.export(None, directory / "archive", functions=functions)
        assert specc.inspect(report.path) == document.promises()
        archive = Archive(program, report.path)
        for name, function in functions.items():
            arguments = inputs_for(program[name], document, seed)
            answers = three_ways(archive, name, arguments)
            assert_agree(answers, flat_outputs(program[name], function(*arguments)))
        shutil.rmtree(report.path / "assets.extra")
        assert specc.inspect(report.path) == project(document)
    finally:
        shutil.rmtree(directory)
