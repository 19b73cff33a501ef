"""The judgement on random changes equals that of the enumeration, and each witness of a break shows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache
from random import Random

import pytest
from enumeration import breaks
from enumeration_witnesses import confirms
from random_documents import as_document, random_document
from random_edits import random_edit, random_pair

from specc import compatibility
from specc.change import SURFACES, Change, Surface, Verdict, Witness, worst
from specc.compatibility.sides import Comparison, Described
from specc.language.document import Document
from specc.language.load import dump
from specc.rules.table import RULES

NOT_ENUMERATED = {"not-stated", "pure-dropped", "pure-promised", "rowwise-dropped", "rowwise-promised"}
"""Rules about archives without a contract, and about promises for two calls; the enumeration has single requests."""

Pair = tuple[Document, Document]


def compare(old: Document, new: Document) -> list[Change]:
    return compatibility.compare(Comparison(Described(old), Described(new)))


def breaking(changes: list[Change]) -> set[Surface]:
    verdict: Verdict = worst(changes)
    return {surface for surface in SURFACES if verdict[surface] == "breaking"}


@cache
def judged(first: int, count: int) -> list[tuple[int, Pair, list[Change]]]:
    """Random pairs by their seeds, with the changes."""
    pairs = ((seed, random_pair(Random(seed))) for seed in range(first, first + count))
    return [(seed, pair, compare(*pair)) for seed, pair in pairs]


def differences(first: int, count: int) -> Iterator[str]:
    """Where the verdict is not that of the enumeration."""
    counts: Counter[str] = Counter()
    for seed, (old, new), changes in judged(first, count):
        expected = breaks(old, new)
        for surface in SURFACES:
            counts[f"{surface} {'breaking' if expected[surface] else 'safe'}"] += 1
            if bool(expected[surface]) != (surface in breaking(changes)):
                rules = [change.rule for change in changes if change.surfaces.get(surface) == "breaking"]
                yield f"seed {seed}, {surface}: the enumeration has {expected[surface]}, the changes are {rules}"
    print(dict(counts))
    assert all(counts[f"{surface} {word}"] >= count / 4 for surface in SURFACES for word in ("safe", "breaking")), (
        counts
    )


def unconfirmed(first: int, count: int) -> Iterator[str]:
    """The breaking changes without a witness that shows them."""
    for seed, (old, new), changes in judged(first, count):
        for change in changes:
            witness, broken = change.witness, [each for each in SURFACES if change.surfaces.get(each) == "breaking"]
            right = (witness is not None and _shows(witness, broken, old, new)) if broken else witness is None
            if not right:
                yield f"seed {seed}: {change.rule} {dict(change.surfaces)} with {witness}"


def _shows(witness: Witness, broken: list[Surface], old: Document, new: Document) -> bool:
    """Whether a witness is of wire where that breaks, else of another surface that does, and shows that."""
    is_first = witness.surface in (("wire",) if "wire" in broken else broken)
    return is_first and confirms(witness, old, new)


def test_the_verdict_is_that_of_the_enumeration() -> None:
    assert list(differences(0, 500)) == []


def test_each_break_has_a_witness() -> None:
    assert list(unconfirmed(0, 500)) == []


@pytest.mark.long
def test_many_verdicts_and_witnesses() -> None:
    found = set()
    for first in range(1_000, 11_000, 500):
        assert list(differences(first, 500)) == []
        assert list(unconfirmed(first, 500)) == []
        found |= {change.rule for _, _, changes in judged(first, 500) for change in changes}
        judged.cache_clear()
    assert {id for id, rule in RULES.items() if rule.stage == "diff"} - found == NOT_ENUMERATED


def test_no_change_between_equal_documents() -> None:
    for _, (old, new), _ in judged(0, 500):
        assert compare(old, old) == []
        assert compare(new, new) == []


def test_there_and_back_and_there_again() -> None:
    for _, (old, new), changes in judged(0, 500)[:200]:
        assert compare(old, new) == changes
        assert (not changes) == (not compare(new, old)), dump(old) + dump(new)


def test_a_chain_of_safe_changes_is_safe() -> None:
    chains: Counter[Surface] = Counter()
    for seed in range(300):
        rng = Random(seed)
        data = [random_document(rng)]
        for _ in range(2):
            data.append(random_edit(rng, data[-1], 1))
        first, middle, last = (document for each in data if (document := as_document(each)))
        safe = set(SURFACES) - breaking(compare(first, middle)) - breaking(compare(middle, last))
        chains.update(safe)
        assert not safe & breaking(compare(first, last)), seed
    assert all(chains[surface] >= 50 for surface in SURFACES), chains
