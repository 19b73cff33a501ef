"""TensorFlow's C API loads every archive, and answers every signature as the model does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from consumer_archives import Answer, runs
from expected_failures import hold
from session_program import answering_program, compile_program, compiler


@pytest.fixture(scope="module")
def answer(need: Any, tmp_path_factory: pytest.TempPathFactory) -> Answer:
    """The runtime."""
    need(compiler(), "needs a C compiler")
    directory = tmp_path_factory.mktemp("c_api")
    return answering_program([str(compile_program(directory))], directory)


@pytest.mark.parametrize(("case", "run"), runs())
def test_it_answers_as_the_model(case: str, run: str, archives: Callable[[str], Any], answer: Answer) -> None:
    hold("c_api", archives(case), run, answer)
