"""Where runtimes of others fail by their own fault: the table of ``docs/consumers.md``, and the test that uses it.

A row of the table names a runtime, the runs that fail (``case/run``, or a pattern of ``fnmatch``), what the failure says,
and the rule of specc that predicts it, if there is one. ``hold`` is the whole test of one run in one runtime: it passes
where the runtime answers as the model does and no row says otherwise, or where it fails with the words of its row.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import pytest
from consumer_archives import Answer, Archive, assert_answers, runs

PAGE = Path(__file__).resolve().parents[2] / "docs" / "consumers.md"
_HEAD = "| runtime | runs | what it says | predicted by |"


@dataclass(frozen=True)
class ExpectedFailure:
    """A row of the table."""

    runtime: str
    patterns: tuple[str, ...]
    says: str
    """A part of the error's text, or of what ``assert_answers`` says."""
    predicted: str
    """The id of a rule, or empty."""

    def is_about(self, runtime: str, case: str, run: str) -> bool:
        """Whether the row names this run."""
        return runtime == self.runtime and any(fnmatchcase(f"{case}/{run}", each) for each in self.patterns)


@cache
def expected_failures() -> tuple[ExpectedFailure, ...]:
    """The rows of the table."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    start = lines.index(_HEAD) + 2
    rows = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        runtime, where, says, predicted = (cell.strip() for cell in line.strip("|").split(" | "))
        rows.append(ExpectedFailure(_code(runtime)[0], tuple(_code(where)), _code(says)[0], "".join(_code(predicted))))
    return tuple(rows)


def _code(cell: str) -> list[str]:
    """What stands in backticks; a link's text may too."""
    return re.findall(r"`([^`]+)`", cell)


def expected_failure(runtime: str, case: str, run: str) -> ExpectedFailure | None:
    """The row about a run, if there is one."""
    found = [row for row in expected_failures() if row.is_about(runtime, case, run)]
    assert len(found) <= 1, f"{runtime} {case}/{run} is in two rows of docs/consumers.md"
    return found[0] if found else None


def rows_about_nothing(runtime: str | None = None) -> list[str]:
    """The patterns that match no run, of all rows or of those of one runtime."""
    names = [f"{case}/{run}" for case, run in runs()]
    about = [row for row in expected_failures() if runtime in (None, row.runtime)]
    patterns = [each for row in about for each in row.patterns]
    return [each for each in patterns if not any(fnmatchcase(name, each) for name in names)]


def hold(
    runtime: str, archive: Archive, run: str, answer: Answer, *, narrowed: Mapping[str, str] | None = None
) -> None:
    """Compares what ``answer`` gives for the calls of a run, in order, with the model's outputs.

    ``answer`` raises RuntimeError with the runtime's own words where that fails; any other exception is a defect of the
    test itself, which is never expected.
    """
    expected = expected_failure(runtime, archive.case, run)
    calls = archive.runs[run].calls
    try:
        for call, found in zip(calls, answer(archive, archive.runs[run]), strict=True):
            assert_answers(call, found, narrowed=narrowed)
    except (AssertionError, RuntimeError) as error:
        if expected is None or expected.says not in str(error):
            raise
    else:
        if expected is not None:
            pytest.fail(
                f"{runtime} answers {archive.case}/{run} as the model does: docs/consumers.md says that it fails"
            )
