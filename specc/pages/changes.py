"""The changes of a contract at the places of the page that they are about."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from specc.change import Change
from specc.compatibility.client_calls import client_call
from specc.diagnostics import SpecPath
from specc.language.call_paths import call_path
from specc.language.document import Document, Endpoint
from specc.pages.interned import Strings
from specc.pages.placing import place_of, sign_of
from specc.report.diff_summary import contract_lines, judgement_of, reason

_TREES = ("inputs", "outputs")
MAX_CALLS = 50
"""How many changes have a call that they break; the list begins with those that break most."""
MAX_INPUTS, MAX_CALL = 40, 2000
"""The most inputs and the length of a call that is shown; a person does not read a longer one."""


class PlacedChanges:
    """All changes by endpoint and by path in it; what is gone, by the path where it was removed from."""

    def __init__(self, changes: tuple[Change, ...] = (), old: Document | None = None) -> None:
        self.changes = changes
        self.old = old
        self._at: dict[str, dict[SpecPath, list[int]]] = defaultdict(lambda: defaultdict(list))
        for index, change in enumerate(changes):
            name, path = place_of(change)
            if name:
                self._at[name][path].append(index)

    def of(self, endpoint: str) -> dict[SpecPath, list[int]]:
        """The changes of an endpoint by their paths in it, ``()`` for the endpoint itself."""
        return self._at.get(endpoint, {})

    def state(self, endpoint: str) -> str:
        """The sign of an endpoint: ``+`` for one that was added, ``-`` for a removed one, ``~`` if it has changes."""
        signs = {self.sign(index) for index in self.of(endpoint).get((), ()) if self._is_whole(index)}
        return signs.pop() if len(signs) == 1 else "~" if self.of(endpoint) else ""

    def sign(self, index: int) -> str:
        """The sign of a change."""
        return sign_of(self.changes[index])

    def is_gone(self, index: int) -> bool:
        """Whether a change is about an argument or a part of a tree that is gone."""
        side = self.changes[index].old
        return self.sign(index) == "-" and side is not None and len(side.path) > 3 and side.path[2] in _TREES

    def is_about_leaf(self, index: int) -> bool:
        """Whether a change is about a leaf as a whole, and not about one of its fields."""
        return self.changes[index].rule in ("input-added", "output-added")

    def gone_leaf(self, index: int) -> tuple[str, str]:
        """Key and type of what is gone."""
        side = self.changes[index].old
        assert side is not None
        assert self.old is not None
        _, name, *inside = side.path
        value = side.value
        if isinstance(value, dict) and "dtype" in value:
            value = f"{value['dtype']}[{', '.join(map(str, value.get('shape') or ['...']))}]"
        key = _last_word(self.old.endpoints[str(name)], tuple(inside))
        return key, value if isinstance(value, str) else "structure"

    def removed(self, shown: Document) -> list[str]:
        """The endpoints that only the old document has."""
        return sorted(self.old.endpoints.keys() - shown.endpoints.keys()) if self.old is not None else []

    def rows(self, shown: Strings) -> list[Any]:
        """The changes as data, in the order of their positions."""
        return [self._row(change, shown, self._call(change, index)) for index, change in enumerate(self.changes)]

    def _is_whole(self, index: int) -> bool:
        return self.changes[index].rule in ("endpoint-added", "endpoint-removed")

    def _call(self, change: Change, index: int) -> str:
        """A call that the change breaks; empty if there is none that can be shown."""
        witness = change.witness
        if witness is None or self.old is None or index >= MAX_CALLS or len(witness.inputs) > MAX_INPUTS:
            return ""
        call = client_call(witness, self.old)
        return call if len(call) <= MAX_CALL else ""

    def _row(self, change: Change, shown: Strings, call: str) -> list[Any]:
        name, _ = place_of(change)
        return [
            shown(change.rule),
            shown(judgement_of(change)),
            shown(sign_of(change)),
            shown(change.message),
            shown(_reason(change)),
            shown(change.hint),
            [shown(line) for line in contract_lines(change)],
            shown(name),
            [shown(line) for line in call.split("\n")] if call else [],
        ]


def _last_word(endpoint: Endpoint, path: SpecPath) -> str:
    """What a node is called where it is: ``history``, ``[1]``, or the name of an argument or a field."""
    last = path[-1]
    if isinstance(last, str):
        return last
    if len(path) == 2:
        return endpoint.arguments[last] if path[0] == "inputs" else f"[{last}]"
    text = call_path(endpoint, path)
    return f"[{last}]" if text.endswith("]") else text.rpartition(".")[2]


def _reason(change: Change) -> str:
    waived = f"; waived until {change.waived.until}: {change.waived.reason}" if change.waived else ""
    return f"{reason(change)}{waived}"
