"""The JSON of answers: whether there is one output or several, and whether the outputs are rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from specc.change import Change, Side
from specc.compatibility.dims import Term, dim_term, fixed
from specc.compatibility.endpoint_pair import EndpointPair
from specc.compatibility.halves import Half
from specc.compatibility.leaf_change import leaf_change, shown
from specc.compatibility.witness import Example, unequal
from specc.language.tensor_string import ANY
from specc.language.wire_names import BoundLeaf
from specc.rest.forms import is_bare, rows_of


def rest_format_changed(pair: EndpointPair) -> Iterator[Change]:
    """The change from one output to several or back: the only output is printed without its name."""
    judgements = pair.judged("breaking", ("rest",))
    bare = [is_bare(half.nodes.outputs) for half in (pair.old, pair.new)]
    if judgements and bare[0] != bare[1]:
        old, new = _format(pair.old, is_bare=bare[0]), _format(pair.new, is_bare=bare[1])
        yield Change(
            rule="rest-format-changed",
            path=(*pair.new.path, "outputs"),
            message=f"REST prints {new}, before {old}",
            hint="add an endpoint for the new outputs",
            surfaces=judgements,
            subject=(pair.name, "outputs"),
            compared=(bare[0], bare[1]),
            old=_side(pair.old),
            new=_side(pair.new),
            witness=pair.witnesses.ruled_out(judgements, f"the answer is {new}", pair.new.nodes.outputs),
        )


def rest_rows_lost(pair: EndpointPair) -> Iterator[Change]:
    """The changes by which answers are no longer rows, so that no request with ``instances`` is answered."""
    yield from _rows(pair, is_lost=True)


def rest_rows_gained(pair: EndpointPair) -> Iterator[Change]:
    """The changes by which answers are rows, which they were not."""
    yield from _rows(pair, is_lost=False)


def perhaps_without_rows(pair: EndpointPair) -> list[BoundLeaf]:
    """New outputs beside rows whose own number of rows is not known."""
    return [found.leaf for found in _without_rows(pair, is_lost=True) if not found.is_known]


class _WithoutRows(NamedTuple):
    """An output that has not the number of rows of the others, of which ``other`` is one; with both terms, if any."""

    leaf: BoundLeaf
    other: BoundLeaf
    terms: tuple[Term, Term] | None
    is_known: bool


def _rows(pair: EndpointPair, *, is_lost: bool) -> Iterator[Change]:
    judgements = pair.judged("breaking" if is_lost else "safe", ("rest",))
    for leaf, other, terms, is_known in _without_rows(pair, is_lost=is_lost):
        if not is_known:
            continue
        rows = "is a scalar" if leaf.leaf.shape == () else f"is {shown(leaf)}"
        yield leaf_change(
            pair,
            "rest-rows-lost" if is_lost else "rest-rows-gained",
            "outputs",
            None if is_lost else leaf,
            leaf if is_lost else None,
            judgements,
            f"REST cannot answer in rows any more: {leaf.name!r} {rows}"
            if is_lost
            else f"REST can answer in rows: {leaf.name!r} is gone",
            hint="add an endpoint for the new output, or give it the number of rows of the others" if is_lost else "",
            compared=(is_lost, not is_lost),
            witness=pair.witnesses.ruled_out(
                judgements,
                f"{leaf.name!r} has not the number of rows of {other.name!r}",
                (other, leaf),
                Example(unequal(pair.solutions["wire"], *terms, own=False) if terms else {}),
            )
            if is_lost
            else None,
        )
        return  # one is enough to lose the format


def _without_rows(pair: EndpointPair, *, is_lost: bool) -> Iterator[_WithoutRows]:
    """The outputs that only NEW has, or only OLD, and that have not the rows that all of the other side have."""
    first, second = (pair.old, pair.new) if is_lost else (pair.new, pair.old)
    if not pair.seen("rest") or is_bare(pair.old.nodes.outputs) != is_bare(pair.new.nodes.outputs):
        return
    if not _has_rows(first, first.nodes.outputs):
        return
    unified = (pair.solutions if is_lost else pair.reverse_solutions)["wire"]
    kept = (each.new if is_lost else each.old for each in (*pair.outputs.wire, *pair.outputs.renamed))
    other = next((leaf for leaf in kept if rows_of(leaf.leaf) is not None), None)
    if other is None:
        return
    common = unified.resolve(dim_term("new", other, 0, second.dims))
    for leaf in pair.outputs.wire_added if is_lost else pair.outputs.wire_removed:
        rows = rows_of(leaf.leaf)
        is_known = second.described.has_contract or (rows != ANY and leaf.leaf.shape is not None)
        term = None if rows is None else unified.resolve(dim_term("new", leaf, 0, second.dims))
        if term != common:
            yield _WithoutRows(leaf, other, None if term is None else (term, common), is_known)


def _has_rows(half: Half, outputs: Sequence[BoundLeaf]) -> bool:
    """Whether all outputs have one and the same number of rows."""
    shapes = [fixed(leaf.leaf.shape, half.dims) if rows_of(leaf.leaf) is not None else None for leaf in outputs]
    rows = {shape[0] if shape else None for shape in shapes}
    return len(rows) == 1 and None not in rows and (ANY not in rows or len(outputs) == 1)


def _side(half: Half) -> Side:
    return Side((*half.path, "outputs"), half.endpoint.outputs.to_json())


def _format(half: Half, *, is_bare: bool) -> str:
    return "the value of the only output" if is_bare else f"an object with {_listed(half.nodes.outputs)}"


def _listed(outputs: Iterable[BoundLeaf]) -> str:
    names = [part.wire_name for leaf in outputs for part in leaf.components]
    return f"{', '.join(names[:8])}{', ...' if len(names) > 8 else ''}"
