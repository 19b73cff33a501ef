"""What is loaded from an archive does not depend on the writer: specc's, or ``tf.saved_model.save``."""

from __future__ import annotations

import inspect
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import varied_exports
from answering import answering
from both_writers import calls_for, departures, disagreements, write_both, write_case
from computing import CASTABLE
from example_archives import SPECS, beside
from hard_cases import Case
from hard_documents import DOCUMENTS
from hard_gradients import GRADIENTS
from hard_resources import RESOURCES
from hypothesis import HealthCheck, Phase, given, settings
from strategies import Extent, buildable_documents

import specc
from specc.cli.build_jobs import SEED
from specc.compiler.load_model import load_model

pytestmark = pytest.mark.tensorflow

CASES: dict[str, Callable[..., Case]] = {**DOCUMENTS, **GRADIENTS, **RESOURCES}
BY_TENSORFLOW = ("revived", "of_tensorflow_1")
"""What specc's writer leaves to TensorFlow."""
REFUSED_BY_TENSORFLOW = ("of_tensors", "by_a_captured_value")
"""Gradients that capture a constant."""
SHORT = (
    "wire_names", "argument_containers", "in_control_flow", "by_shape_and_dtype", "of_tensors", "text_files",
    "changing_tables", "odd_variables", "a_recurrent_network",
)  # fmt: skip
"""The cases that run in ``make test``."""
EXTENT = Extent(dtypes=tuple(sorted(CASTABLE)), evidence=False)


def some(names: Iterable[str]) -> list[Any]:
    return [pytest.param(name, marks=() if name in SHORT else pytest.mark.long) for name in names]


def made(name: str, directory: Path) -> Case:
    maker = CASES[name]
    return maker(directory) if inspect.signature(maker).parameters else maker()


@pytest.mark.parametrize("name", some([name for name in CASES if name not in REFUSED_BY_TENSORFLOW]))
def test_a_hard_case_is_loaded_alike(name: str, tmp_path: Path) -> None:
    case = made(name, tmp_path)
    both = write_case(case, tmp_path)
    calls = list(case.calls) or [calls_for(case.program, seed) for seed in (0, 1)]
    assert both.note == ""
    assert disagreements(both, calls, stateful=case.is_stateful) == []


@pytest.mark.parametrize("name", some(name for name in GRADIENTS if name != "switched_off"))
def test_a_gradient_is_the_functions_own(name: str, tmp_path: Path) -> None:
    case = made(name, tmp_path)
    case.export(tmp_path / "archive")
    calls = list(case.calls) or [calls_for(case.program, 2)]
    assert departures(case, tmp_path / "archive", calls) == []


@pytest.mark.parametrize("name", some(varied_exports.EXPORTS))
def test_exports_of_many_kinds_are_loaded_alike(name: str, tmp_path: Path) -> None:
    both = write_both(varied_exports.make(name, tmp_path), None, tmp_path)
    assert (both.note != "") == (name in BY_TENSORFLOW)
    program = both.program
    is_training = name == "a_training_step"  # which refuses drawn labels
    given = {} if is_training else calls_for(program)
    calls = [{each: inputs for each, inputs in given.items() if not program.document.endpoints[each].optional}]
    assert disagreements(both, calls) == []


@pytest.mark.long
@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name.partition(".")[0])
def test_an_example_is_loaded_alike(spec: Path, tmp_path: Path) -> None:
    document = specc.load(spec)
    program = specc.compile(document)
    assert document.model is not None
    with beside(spec):
        model: Any = load_model(document.model, spec.parent, seed=SEED)
        both = write_both(lambda path: program.export(model, path), program, tmp_path)
    assert both.note == ""
    is_choosy = spec.name.startswith(("image_classifier", "strokes_"))  # about images, and about labels
    assert disagreements(both, [] if is_choosy else [calls_for(program)]) == []
    verified = specc.verify(document, both.own, against=both.theirs, trust=True)
    assert verified.ok, verified.summary


def assert_loaded_alike(document: specc.Document) -> None:
    without = {"function": None, "preprocess": None, "postprocess": None, "kwargs": {}, "optional": False}
    endpoints = {name: endpoint.model_copy(update=without) for name, endpoint in document.endpoints.items()}
    more = {"variable_collections": {}, "track": (), "model": None}
    document = document.model_copy(update={"endpoints": endpoints, **more})
    program = specc.compile(document)
    functions = {name: answering(program[name], document) for name in program}
    with tempfile.TemporaryDirectory() as directory:
        both = write_both(lambda path: program.export(None, path, functions=functions), program, Path(directory))
        assert both.note == ""
        found = disagreements(both, [calls_for(program)])
        # TensorFlow names the specs of a nested function after its arguments, and specc does not: without a contract,
        # fewer inputs can be linked to them.
        assert [line for line in found if not line.startswith("inspect without contract")] == []


@settings(max_examples=3, suppress_health_check=[HealthCheck.too_slow], phases=[Phase.generate])
@given(buildable_documents(EXTENT))
def test_a_generated_document_is_loaded_alike(document: specc.Document) -> None:
    assert_loaded_alike(document)


@pytest.mark.long
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow], phases=[Phase.generate])
@given(buildable_documents(EXTENT))
def test_many_generated_documents_are_loaded_alike(document: specc.Document) -> None:
    assert_loaded_alike(document)
