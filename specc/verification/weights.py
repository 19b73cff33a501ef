"""Weights: the variables that an archive stores, and its collections of them, held against those of its model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from specc.run_finding import RunFinding
from specc.verification.archive_session import ArchiveSession
from specc.verification.protocol import ListVariables, VariableDigest, Variables, Way

_SHOWN = 3
_Member = tuple[int | None, VariableDigest]
"""A member of a collection, with its position among the variables of the list, if it is there."""


class WeightsResult(NamedTuple):
    """What is not as in the model; ``positions`` are those of the listed variables that differ.

    ``unjudged`` is why they were not compared, or the empty string.
    """

    findings: tuple[RunFinding, ...] = ()
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
    problems = dict(_problems(found.variables, expected.variables))
    positions = frozenset(problems)
    findings: list[RunFinding] = []
    if problems:
        count = f"{len(problems):,} of {len(expected.variables):,} stored variables"
        finding = RunFinding(
            rule="weights-differ",
            message=f"{count} are not the model's: {_first(list(problems.values()))}",
            hint="build the archive again from this model, or verify it with the model that it was built from",
        )
        findings.append(finding)
    for name, members in sorted(expected.collections.items()):
        if name in found.collections:  # else the graph is not as declared
            wrong = list(_wrong_members(_named(found.collections[name], expected), members, positions))
            findings += [_collection_mismatch(name, wrong)] if wrong else []
    return WeightsResult(tuple(findings), positions)


def _problems(found: Sequence[VariableDigest], expected: Sequence[VariableDigest]) -> Iterator[tuple[int, str]]:
    """The position of each variable that differs, and how."""
    for number, variable in enumerate(expected):
        problem = f"{variable.name!r} is missing" if number >= len(found) else _difference(found[number], variable)
        if problem:
            yield number, problem


def _difference(stored: VariableDigest, variable: VariableDigest) -> str:
    """How a stored variable differs from the model's, or the empty string."""
    if (stored.dtype, stored.shape) != (variable.dtype, variable.shape):
        return f"{variable.name!r} is {_form(stored)} instead of {_form(variable)}"
    return "" if stored.digest == variable.digest else f"{variable.name!r} has other values"


def _collection_mismatch(name: str, wrong: list[str]) -> RunFinding:
    return RunFinding(
        rule="collection-mismatch",
        path=("variable_collections", name),
        message=f"the collection {name!r} does not have the model's variables: {_first(wrong)}",
        hint="build the archive again from this model: programs restore or average the members of a collection",
    )


def _named(members: Sequence[_Member], model: Variables) -> list[_Member]:
    """The members of an archive's collection, those of the list with the model's names, which are paths."""
    names = {position: variable.name for position, variable in enumerate(model.variables)}
    return [
        (place, variable if place is None else variable._replace(name=names.get(place, variable.name)))
        for place, variable in members
    ]


def _wrong_members(found: Sequence[_Member], expected: Sequence[_Member], differing: frozenset[int]) -> Iterator[str]:
    """How members of a collection differ from the model's, in order; ``differing`` variables are reported already."""
    for number, (position, variable) in enumerate(expected):
        if number >= len(found):
            yield f"{variable.name!r} is missing"
            continue
        place, stored = found[number]
        if place is not None and place == position:
            continue  # the same variable, whose values were compared with the list
        if place is None or position is None:
            problem = _difference(stored, variable)
            if problem:
                yield problem
        elif _difference(stored, variable) or not differing & {place, position}:
            yield f"{stored.name!r} is in the place of {variable.name!r}"
    for _, stored in found[len(expected) :]:
        yield f"{stored.name!r} is not one of them"


def _first(problems: list[str]) -> str:
    more = f"; {len(problems) - _SHOWN:,} more differ" if len(problems) > _SHOWN else ""
    return "; ".join(problems[:_SHOWN]) + more


def _form(variable: VariableDigest) -> str:
    return f"{variable.dtype}[{', '.join(map(str, variable.shape))}]"
