"""TensorFlow's C API loads every archive, and answers every signature as the model does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from consumer_archives import Answer, runs
from edited_archives import edited
from expected_failures import hold

Archives = Callable[[str], Any]


@pytest.mark.parametrize(("case", "run"), runs())
def test_it_answers_as_the_model(case: str, run: str, archives: Archives, c_api: Answer) -> None:
    hold("c_api", archives(case), run, c_api)


def test_outputs_that_changed_their_names_are_noticed(archives: Archives, c_api: Answer, tmp_path: Path) -> None:
    def swap(graph: Any) -> None:
        outputs = graph.signature_def["serve"].outputs
        outputs["x"].name, outputs["y"].name = outputs["y"].name, outputs["x"].name

    archive = archives("namedtuple")
    swapped = replace(archive, path=edited(archive.path, tmp_path / "swapped", swap))
    hold("c_api", swapped, "serving_default", c_api)
    with pytest.raises(AssertionError, match="Mismatched elements"):
        hold("c_api", swapped, "serve", c_api)


def test_what_moves_in_one_run_is_not_moved_in_the_next(archives: Archives) -> None:
    serve, sequence = (archives("shared_weights").runs[name] for name in ("serve", "serve before and after train"))
    answers = [call.outputs["y"].tolist() for call in sequence.calls if call.signature != "train"]
    assert answers[0] == serve.calls[0].outputs["y"].tolist()
    assert len({str(answer) for answer in answers}) == 3
