"""The table of expected failures is about runtimes and runs that there are, and each of its rows can fail a test."""

from __future__ import annotations

import re
from pathlib import Path

import expected_failures
import numpy as np
import pytest
from consumer_archives import Archive, Call, Run, assert_answers, document_of, runs
from expected_failures import PAGE, ExpectedFailure, hold, rows_about_nothing

CALL = Call("serve", {}, {"y": np.array([1.0, 2.0], np.float32), "words": np.array([b"a"], object)})
ARCHIVE = Archive("dict", Path("none"), document_of("dict"), {"serve": Run("serve", (CALL,))})
ANSWER = dict(CALL.outputs)


@pytest.fixture
def row(monkeypatch: pytest.MonkeyPatch) -> None:
    """One row: a runtime fails in this run."""
    rows = (ExpectedFailure("broken", ("dict/*",), "has no floats", ""),)
    monkeypatch.setattr(expected_failures, "expected_failures", lambda: rows)


def failing(text: str) -> expected_failures.Answer:
    def answer(archive: Archive, run: Run) -> list[dict[str, np.ndarray]]:
        raise RuntimeError(text)

    return answer


def test_every_row_is_about_a_runtime_and_a_run() -> None:
    runtimes = set(re.findall(r"^\| `([^`]+)` \|", PAGE.read_text().partition("## Where")[0], re.MULTILINE))
    assert {each.runtime for each in expected_failures.expected_failures()} <= runtimes
    assert rows_about_nothing() == []


def test_a_run_that_fails_as_its_row_says_passes(row: None) -> None:
    hold("broken", ARCHIVE, "serve", failing("this runtime has no floats"))


def test_a_run_that_fails_with_other_words_fails(row: None) -> None:
    with pytest.raises(RuntimeError, match="out of memory"):
        hold("broken", ARCHIVE, "serve", failing("out of memory"))


def test_a_run_that_answers_in_spite_of_its_row_fails(row: None) -> None:
    with pytest.raises(pytest.fail.Exception, match=r"docs/consumers.md says that it fails"):
        hold("broken", ARCHIVE, "serve", lambda archive, run: [ANSWER])


def test_a_run_without_a_row_has_to_be_answered_completely(row: None) -> None:
    hold("sound", ARCHIVE, "serve", lambda archive, run: [ANSWER])
    with pytest.raises(RuntimeError):
        hold("sound", ARCHIVE, "serve", failing("has no floats"))
    with pytest.raises(ValueError, match="shorter"):
        hold("sound", ARCHIVE, "serve", lambda archive, run: [])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"y": np.array([1.0, 2.1], np.float32)}, "Mismatched"),
        ({"y": np.array([1.0, 2.0])}, "dtype float64, not float32"),
        ({"y": np.array([[1.0, 2.0]], np.float32)}, r"shape \(1, 2\), not \(2,\)"),
        ({"words": np.array([b"b"], object)}, "Mismatched"),
        ({"z": np.array([1.0], np.float32)}, r"outputs \['words', 'y', 'z'\], not \['words', 'y'\]"),
    ],
)
def test_answers_are_compared_by_name_dtype_shape_and_value(changed: dict[str, np.ndarray], message: str) -> None:
    assert_answers(CALL, ANSWER)
    with pytest.raises(AssertionError, match=message):
        assert_answers(CALL, {**ANSWER, **changed})


def test_a_narrowed_dtype_has_the_same_values() -> None:
    call = Call("serve", {}, {"n": np.array([1, 2])})
    assert_answers(call, {"n": np.array([1, 2], np.int32)}, narrowed={"int64": "int32"})
    with pytest.raises(AssertionError, match="dtype int64, not int32"):
        assert_answers(call, {"n": np.array([1, 2])}, narrowed={"int64": "int32"})


def test_every_case_has_a_run_and_every_run_a_name_of_its_own() -> None:
    assert len(runs()) == len(set(runs())) > 100
