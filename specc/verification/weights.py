"""Weights: the variables that an archive stores, held against those of its model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from specc.run_finding import RunFinding
from specc.verification.archive_session import ArchiveSession
from specc.verification.protocol import ListVariables, VariableDigest, Variables, Way

_SHOWN = 3


class WeightsResult(NamedTuple):
    """The finding that variables are not the model's, if some are not; ``positions`` are theirs.

    ``unjudged`` is why they were not compared, or the empty string.
    """

    finding: RunFinding | None = None
    positions: frozenset[int] = frozenset()
    unjudged: str = ""


def compare_weights(archive: ArchiveSession, way: Way, model: ArchiveSession) -> WeightsResult:
    """Compares the variables of the archive with the model's, which come first and in the same order, bit for bit."""
    request = ListVariables("listed")
    found, expected = archive.variables(way, request), model.variables("model", request)
    for answer in (found, expected):
        if not isinstance(answer, Variables):
            return WeightsResult(unjudged=answer.message)
    assert isinstance(found, Variables)
    assert isinstance(expected, Variables)
    problems = list(_problems(found.variables, expected.variables))
    if not problems:
        return WeightsResult()
    more = f"; {len(problems) - _SHOWN:,} more differ" if len(problems) > _SHOWN else ""
    text = "; ".join(problem for _, problem in problems[:_SHOWN])
    finding = RunFinding(
        rule="weights-differ",
        message=f"{len(problems):,} of {len(expected.variables):,} stored variables are not the model's: {text}{more}",
        hint="build the archive again from this model, or verify it with the model that it was built from",
    )
    return WeightsResult(finding, frozenset(position for position, _ in problems))


def _problems(found: tuple[VariableDigest, ...], expected: tuple[VariableDigest, ...]) -> Iterator[tuple[int, str]]:
    """The position of each variable that differs, and how."""
    for number, variable in enumerate(expected):
        name = variable.name
        if number >= len(found):
            yield number, f"{name!r} is missing"
            continue
        stored = found[number]
        if (stored.dtype, stored.shape) != (variable.dtype, variable.shape):
            yield number, f"{name!r} is {_form(stored)} instead of {_form(variable)}"
        elif stored.digest != variable.digest:
            yield number, f"{name!r} has other values"


def _form(variable: VariableDigest) -> str:
    return f"{variable.dtype}[{', '.join(map(str, variable.shape))}]"
