"""What an archive without a contract does not say about signatures: what messages hold, and whose the default is."""

from __future__ import annotations

from collections.abc import Iterator

from specc.change import Change
from specc.compatibility.addresses import callable_pairs
from specc.compatibility.default_endpoint_removed import may_be_alias
from specc.compatibility.sides import Comparison
from specc.diagnostics import SpecPath
from specc.language.signatures import DEFAULT_KEYS

_HINT = "compare with the spec, or with an archive that was built from one"


def messages_not_stated(comparison: Comparison) -> Iterator[Change]:
    """A change for each receiver's signature of which one side does not say what the messages hold."""
    for pair in callable_pairs(comparison):
        said = [half.name in half.described.receivers for half in (pair.old, pair.new)]
        if said[0] != said[1]:
            yield Change(
                rule="not-stated",
                path=pair.new.path,
                message=f"an archive without a contract does not state what the messages to {pair.name!r} hold",
                hint=_HINT,
                surfaces=pair.judged("warning", ("wire", "rest")),
                subject=(pair.name, "messages"),
                compared=(said[0], said[1]),
            )


def default_not_stated(comparison: Comparison) -> Iterator[Change]:
    """A change if the default of a graph may be the endpoint that it is on the other side, or another one like it."""
    if may_be_alias(comparison):
        key = DEFAULT_KEYS[comparison.old.document.mode]
        path: SpecPath = ("default",)
        message = f"an archive without a contract does not state which endpoint {key!r} calls, since several are alike"
        yield Change(
            rule="not-stated",
            path=path,
            message=message,
            hint=_HINT,
            surfaces={"wire": "warning", "rest": "warning"},
            subject=(key,),
            compared=(comparison.old.has_contract, comparison.new.has_contract),
        )
