"""Builds an example as a person would, with ``specc build``, and makes its model once more to compare with."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorflow as tf
from running_here import ChildHere, verify_here
from three_ways import Archive, assert_agree, flat_outputs, three_ways

import specc
from specc.cli import OK, main
from specc.cli.build_jobs import SEED
from specc.compiler.load_model import load_model
from specc.diagnostics import Diagnostic
from specc.language.document import Document
from specc.verification.record import recorded
from specc.verification.source import model_source

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SPECS = sorted(EXAMPLES.glob("**/*.specc.json"))


@dataclass(frozen=True)
class Example:
    """A built example: the archive, and a model equal to the one that it was built from."""

    archive: Archive
    model: Any

    @property
    def program(self) -> specc.Program:
        """The compiled spec."""
        return self.archive.program

    @property
    def path(self) -> Path:
        """Where the archive lies."""
        return Path(self.archive.path)


def spec_file(name: str) -> Path:
    """The spec called ``name``."""
    (file,) = (spec for spec in SPECS if spec.name == f"{name}.specc.json")
    return file


def build_example(name: str, out: Path) -> Example:
    """Builds the spec called ``name``; the same seed gives the model in the archive and the one to compare with."""
    file, path = spec_file(name), out / name
    document = specc.load(file)
    assert document.model is not None
    with beside(file):
        # A module is imported once, and may draw random numbers meanwhile; the two models must start from the same ones.
        importlib.import_module(document.model.partition(":")[0])
        assert main(["build", str(file), "--out", str(path)]) == OK
        model = load_model(document.model, file.parent, seed=SEED)
    return Example(Archive(specc.compile(document), path), model)


def assert_verifies_clean(name: str, archive: Path, cases: int = 3) -> None:
    """``specc verify --model`` and ``specc record --check --model`` have nothing to say, not even a warning."""
    file = spec_file(name)
    document = specc.load(file)
    with beside(file):
        verification = verify_here(document, archive, model=True, cases=cases)
        assert (verification.findings, verification.notes) == ((), ()), verification.text()
        assert sorted(each.name for each in verification.endpoints) == sorted(document.endpoints)
        assert stale_examples(document) == []


def stale_examples(document: Document) -> list[Diagnostic]:
    """What ``specc record --check --model`` finds; the model is made in this process."""
    source = model_source(document, ChildHere(), timeout=60, imports=(), progress=lambda _: None)
    check = recorded(document, source, (), cases=0, seed=0, check=True, progress=lambda _: None)
    assert check.notes == ()
    return list(check.findings)


@contextmanager
def beside(file: Path) -> Iterator[None]:
    """Modules beside ``file`` can be imported, as the command line has it."""
    before = sys.path[:]
    sys.path.insert(0, str(file.parent))
    try:
        yield
    finally:
        sys.path[:] = before


def assert_model_numbers(example: Example, endpoint: str, function: Callable[..., Any], *arguments: Any) -> None:
    """Each surface gives for ``arguments`` the numbers that the model's own ``function`` gives.

    They are equal bit for bit where the function runs as a graph, as it does in the archive; run eagerly, op by op,
    nothing is fused and the last bit may differ.
    """
    compiled = example.program[endpoint]
    answers = three_ways(example.archive, endpoint, arguments)
    assert_agree(answers, flat_outputs(compiled, tf.function(function, autograph=False)(*arguments)))
    assert_agree(answers, flat_outputs(compiled, function(*arguments)), rtol=1e-5, atol=1e-7)
