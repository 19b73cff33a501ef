"""Arguments with another name or another position, which Python clients use, both."""

from __future__ import annotations

from collections.abc import Iterator

from specc.change import Change
from specc.compatibility.endpoint_pair import EndpointPair
from specc.compatibility.leaf_change import argument_change


def argument_renamed(pair: EndpointPair) -> Iterator[Change]:
    """The changes of arguments that have another name at the same place."""
    judgements = pair.judged("breaking", ("python",))
    for old, new in pair.arguments.renamed if judgements else ():
        yield argument_change(
            pair,
            "argument-renamed",
            old,
            new,
            judgements,
            f"the argument {old.name!r} is called {new.name!r}",
            hint=f"keep the name {old.name!r}",
            compared=(old.name, new.name),
            witness=pair.witnesses.refused(judgements, f"the request has {old.name!r} by name"),
        )


def argument_moved(pair: EndpointPair) -> Iterator[Change]:
    """The change of the order of arguments, as one. Whether the function takes them by name is not known."""
    if pair.arguments.moved:
        old = [one.name for one, _ in pair.arguments.kept]
        new = [other.name for _, other in sorted(pair.arguments.kept, key=lambda each: each[1].index)]
        first = next(index for index, names in enumerate(zip(old, new, strict=True)) if names[0] != names[1])
        argument = pair.arguments.kept[first]
        yield argument_change(
            pair,
            "argument-moved",
            *argument,
            pair.judged("warning", ("wire", "rest")) | pair.judged("breaking", ("python",)),
            f"the order of the arguments is {_listed(new)}, before {_listed(old)}",
            hint="keep the order; by name nothing changes, by position everything does",
            compared=(old, new),
            witness=pair.witnesses.refused(pair.seen("python"), "the request has its arguments by position")
            if pair.seen("python")
            else None,
        )


def _listed(names: list[str]) -> str:
    return f"({', '.join(names[:8])}{', ...' if len(names) > 8 else ''})"
