"""What an archive holds besides its endpoints, as parts of the page: variables, assets and the graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from specc.diagnostics import printable
from specc.language.tensor_string import format_tensor
from specc.pages.interned import Strings, trimmed
from specc.pages.page_words import size_text
from specc.pages.treemap import Area, treemap
from specc.reader.contents import Contents, Variable

MAX_VARIABLES = 5000
"""More are shown by the groups that their names form."""
MAX_OPS = 15
_UNKNOWN, _FIXED, _TRAINABLE = 0, 1, 2


def variable_rows(contents: Contents, shown: Strings) -> list[list[Any]]:
    """The variables, or groups of them, from the largest to the smallest."""
    variables = contents.variables or ()
    if len(variables) > MAX_VARIABLES:
        return [_group_row(name, members, shown) for name, members in _groups(variables)]
    ordered = sorted(variables, key=lambda each: (-each.bytes, each.label, each.path))
    return [_variable_row(each, shown) for each in ordered]


def _variable_row(variable: Variable, shown: Strings) -> list[Any]:
    """Name and path in two parts each, of which the first is often repeated; type, bytes, trainable, collections."""
    row: list[Any] = [
        *_in_two(variable.label, shown),
        shown(format_tensor(variable.dtype, variable.shape)),
        variable.bytes,
        _mark(variable.trainable),
        *(_in_two(variable.path, shown) if variable.name else (0, 0)),
        shown(", ".join(variable.collections)),
        shown(variable.repeats),
    ]
    return trimmed(row, 5)


def _group_row(name: str, members: Sequence[Variable], shown: Strings) -> list[Any]:
    kinds = {each.trainable for each in members}
    mark = _mark(kinds.pop() if len(kinds) == 1 else None)
    return [*_in_two(name, shown), shown(f"{len(members):,} variables"), sum(each.bytes for each in members), mark]


def _mark(trainable: bool | None) -> int:
    return _UNKNOWN if trainable is None else _TRAINABLE if trainable else _FIXED


def _groups(variables: Sequence[Variable]) -> list[tuple[str, list[Variable]]]:
    """The variables by the longest prefixes of their names that are not too many, the largest group first."""
    depth = max(each.label.count("/") for each in variables)
    groups: dict[str, list[Variable]] = {}
    while depth >= 0 and (not groups or len(groups) > MAX_VARIABLES):
        groups = {}
        for each in variables:
            groups.setdefault("/".join(each.label.split("/")[:depth]) + "/", []).append(each)
        depth -= 1
    return sorted(groups.items(), key=lambda item: (-sum(each.bytes for each in item[1]), item[0]))


def _in_two(text: str, shown: Strings) -> tuple[int, int]:
    """A path as what is before its last separator, with it, and the rest."""
    plain = printable(text)
    head, slash, tail = plain.rpartition("/")
    return shown(head + slash), shown(tail)


def variable_map(rows: Sequence[Sequence[Any]], shown: Strings) -> str:
    """The treemap of the rows of variables."""
    classes = {_UNKNOWN: "", _FIXED: "fixed", _TRAINABLE: ""}
    areas = [
        Area(shown.texts[row[0]] + shown.texts[row[1]], row[3], index, classes[row[4]])
        for index, row in enumerate(rows)
    ]
    total = size_text(sum(area.size for area in areas))
    return treemap(areas, f"The variables by their bytes, {total} in all; the table below lists them")


def op_tables(contents: Contents, endpoints: Sequence[str], shown: Strings) -> dict[str, Any]:
    """The counts of ops, each table once, and which of them the archive has, and then each endpoint."""
    graphs = [contents.ops, *(contents.endpoint_ops[name] for name in endpoints if name in contents.endpoint_ops)]
    tables: list[list[Any]] = []
    places: dict[str, int] = {}
    chosen = []
    for ops in graphs:
        table = _counts(ops, shown)
        place = places.setdefault(repr(table), len(tables))
        if place == len(tables):
            tables.append(table)
        chosen.append(place)
    return {"ops": tables, "ops_of": chosen}


def _counts(ops: Mapping[str, int], shown: Strings) -> list[Any]:
    most = sorted(Counter(ops).items(), key=lambda item: (-item[1], item[0]))
    rest = most[MAX_OPS:]
    flat = [each for op, count in most[:MAX_OPS] for each in (shown(op), count)]
    return [flat, len(rest), sum(count for _, count in rest)]
