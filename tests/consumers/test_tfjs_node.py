"""@tensorflow/tfjs-node loads archives with TensorFlow's C++ library, and answers signatures as the model does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from consumer_archives import Answer, runs
from expected_failures import hold
from session_program import answering_program
from tfjs_node_addon import PROGRAM, build_addon, missing_tool


@pytest.fixture(scope="module")
def answer(need: Any, tmp_path_factory: pytest.TempPathFactory) -> Answer:
    """The runtime."""
    need(not missing_tool(), f"needs node, npm, make and a C++ compiler: {missing_tool()} is not there")
    build_addon()
    return answering_program(["node", str(PROGRAM)], tmp_path_factory.mktemp("tfjs_node"))


@pytest.mark.parametrize(("case", "run"), runs())
def test_it_answers_as_the_model(case: str, run: str, archives: Callable[[str], Any], answer: Answer) -> None:
    hold("tfjs-node", archives(case), run, answer)
