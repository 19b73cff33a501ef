"""Groups of open axes that have to be equal: what to try first, how to split a group further, and its name."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import combinations, count

from specc.scaffold.open_dims import BATCH, OpenDim, is_last_resort

Group = frozenset[OpenDim]
Partition = frozenset[Group]
"""Every open axis, in groups of axes that have one size."""

_PLURAL = re.compile(r"[a-z]_?[a-rt-z]s$")
_LARGEST_PART = 3
_SMALL_GROUP = 8
"""Only of a group of at most this many axes are all pairs and triples tried; else single axes, roles and names."""


def likely_partitions(dims: Sequence[OpenDim]) -> Iterator[Partition]:
    """The partitions to try, the finest first; a model that runs with none of them needs more than equal sizes."""
    ways: tuple[Callable[[OpenDim], Hashable], ...] = (
        lambda dim: dim,
        lambda dim: BATCH if dim.role == BATCH else dim,
        lambda dim: dim.role,
        lambda dim: dim.role == BATCH,  # an attention mask [batch, time, time]
        lambda _: None,
    )
    yield from dict.fromkeys(_grouped(dims, way) for way in ways)


def split_groups(partition: Partition, runs: Callable[[Partition], bool]) -> Partition:
    """The finest partition that runs, found by splitting one group in two again and again.

    Axes have to be equal only where the function compares them. Whether a part can be split off a group therefore does
    not depend on how the other axes are grouped.
    """
    refuted: set[Group] = set()
    while True:
        for group in sorted(partition, key=min):
            found = next((part for part in _parts(group) if _splits_off(part, group, partition, runs, refuted)), None)
            if found is not None:
                partition = partition - {group} | {found, group - found}
                break
        else:
            return partition


def _splits_off(
    part: Group, group: Group, partition: Partition, runs: Callable[[Partition], bool], refuted: set[Group]
) -> bool:
    if part in refuted or group - part in refuted:
        return False
    if runs(partition - {group} | {part, group - part}):
        return True
    refuted.add(part)
    return False


def _parts(group: Group) -> Iterator[Group]:
    """The parts of a group that may be separate from the rest, the likeliest first."""
    ordered = sorted(group)
    likely = [_grouped(ordered, way) for way in (lambda dim: dim.role, _first_word, lambda dim: dim.leaf)]
    parts = [part for partition in likely for part in sorted(partition, key=min)]
    largest = min(_LARGEST_PART, len(group) // 2) if len(group) <= _SMALL_GROUP else 1
    parts += [frozenset(part) for size in range(1, largest + 1) for part in combinations(ordered, size)]
    yield from (part for part in dict.fromkeys(parts) if part != group)


def _grouped(dims: Iterable[OpenDim], way: Callable[[OpenDim], Hashable]) -> Partition:
    groups: dict[Hashable, set[OpenDim]] = {}
    for dim in dims:
        groups.setdefault(way(dim), set()).add(dim)
    return frozenset(map(frozenset, groups.values()))


def _first_word(dim: OpenDim) -> str:
    return dim.wire_name.partition("_")[0]


def name_groups(partition: Partition) -> dict[OpenDim, str]:
    """A name for each axis: the role of its group, with the name of an input where several groups have that role."""
    groups = sorted(partition, key=min)
    roles = {group: min(group, key=lambda dim: (is_last_resort(dim.role), dim)).role for group in groups}
    names: dict[Group, str] = {}
    for group in groups:
        rivals = [other for other in groups if other != group and roles[other] == roles[group]]
        word = (
            roles[group]
            if not rivals or _is_main(group, rivals, roles[group])
            else _qualified(group, rivals, roles[group])
        )
        numbered = (word if number == 1 else f"{word}_{number}" for number in count(1))
        names[group] = next(name for name in numbered if name not in names.values())
    named = {dim: names[group] for group in groups for dim in group}
    return {dim: named[dim] for dim in sorted(named)}


def _is_main(group: Group, rivals: Sequence[Group], role: str) -> bool:
    """Whether a group, of several axes without a common word, keeps the bare role: each rival has a single axis."""
    return role != BATCH and len(group) > 1 and not _common_word(group) and all(len(rival) == 1 for rival in rivals)


def _qualified(group: Group, rivals: Sequence[Group], role: str) -> str:
    """The role with the first word of the group's inputs, if each of the groups has one of its own; else with a name.

    A plural needs no role: ``mask_positions``.
    """
    first = min(group)
    words = [frozenset(map(_first_word, each)) for each in (group, *rivals)]
    each_has_its_own = all(len(each) == 1 for each in words) and len(set(words)) == len(words)
    if role != BATCH and each_has_its_own:
        return _legal(f"{_first_word(first)}_{role}")
    if role != BATCH and len(group) == 1 and _PLURAL.search(first.wire_name):
        return _legal(first.wire_name)
    return _legal(f"{_common_word(group) or first.wire_name}_{role}")


def _legal(text: str) -> str:
    word = re.sub("[^A-Za-z0-9_]", "_", text)
    return word if re.match("[A-Za-z]", word) else f"input_{word}"


def _common_word(group: Group) -> str:
    """The word that the names of several inputs begin with, or an empty string."""
    words = {_first_word(dim) for dim in group}
    return words.pop() if len(words) == 1 and len({dim.wire_name for dim in group}) > 1 else ""
