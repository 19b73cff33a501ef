"""Dims of inputs with narrower or wider bounds: one finding for each dim, where it is declared."""

from __future__ import annotations

from collections.abc import Iterator

from specc.change import Change, Judgement, Side
from specc.compatibility.dims import Bounds
from specc.compatibility.endpoint_pair import EndpointPair, SizeChange
from specc.compatibility.input_narrowed import accepted
from specc.compatibility.leaf_change import leaf_name
from specc.compatibility.witness import Example, outside
from specc.rules.table import InputChange


def dim_narrowed(pair: EndpointPair) -> Iterator[Change]:
    """The changes of dims that no longer have a size that they had. Other endpoints may have the same ones."""
    for change in pair.size_changes("inputs"):
        if change.mismatch.problem == "dim":
            position, term = change.mismatch.positions[0], change.mismatch.terms[0]
            size = outside(change.unified.own_bounds(term), change.mismatch.limits or Bounds())
            name = leaf_name(pair.old, position.pair.old, change.surfaces)
            limits = change.mismatch.limits or Bounds()
            yield _change(
                pair,
                change,
                "dim-narrowed",
                "breaking",
                (str(position.old), str(position.new)),
                f"{name!r} has {size} for {str(position.old)!r}, and {accepted(limits)} accepted",
                size,
            )


def dim_widened(pair: EndpointPair) -> Iterator[Change]:
    """The changes of dims that have more sizes than before."""
    narrowed = {
        (each.mismatch.positions[0].old, each.mismatch.positions[0].new)
        for each in pair.size_changes("inputs")
        if each.mismatch.problem == "dim"
    }
    for change in pair.size_changes("inputs", is_reversed=True):
        position = change.mismatch.positions[0]
        if change.mismatch.problem == "dim" and (position.new, position.old) not in narrowed:
            yield _change(pair, change, "dim-widened", "safe", (str(position.new), str(position.old)))


def _change(  # noqa: PLR0913, PLR0917  # each is one part of the finding
    pair: EndpointPair,
    change: SizeChange,
    rule: InputChange,
    judgement: Judgement,
    names: tuple[str, str],
    reason: str = "",
    size: int = 0,
) -> Change:
    old, new = names
    bounds = pair.old.dims[old], pair.new.dims[new]
    first = change.mismatch.positions[0]
    leaf = first.pair.old if judgement == "breaking" else first.pair.new
    term = change.mismatch.terms[0]
    return Change(
        rule=rule,
        path=("dims", new),
        message=_message(new, *bounds),
        hint="keep the bounds here, and add an endpoint for the new limit" if reason else "",
        surfaces=pair.judged(judgement, change.surfaces),
        subject=(pair.name, "inputs", leaf_name(pair.old, leaf, change.surfaces), first.axis),
        compared=(list(bounds[0]), list(bounds[1])),
        old=Side(("dims", old), pair.old.described.document.dims[old].to_json()),
        new=Side(("dims", new), pair.new.described.document.dims[new].to_json()),
        witness=pair.witnesses.refused(change.surfaces, reason, Example({term: size}), unified=change.unified)
        if reason
        else None,
    )


def _message(name: str, old: Bounds, new: Bounds) -> str:
    if old.low == new.low:
        return f"{name!r} {_most(new)}, before {_limit(old.high)}"
    if old.high == new.high:
        return f"{name!r} takes at least {new.low}, before {old.low}"
    return f"{name!r} takes {_span(new)}, before {_span(old)}"


def _most(bounds: Bounds) -> str:
    return "has no limit" if bounds.high is None else f"takes at most {bounds.high}"


def _limit(high: int | None) -> str:
    return "no limit" if high is None else str(high)


def _span(bounds: Bounds) -> str:
    return f"{bounds.low} or more" if bounds.high is None else f"{bounds.low} to {bounds.high}"
