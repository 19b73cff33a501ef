"""A graph beside what is declared about it, with the findings that comparisons of its parts have in common."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from specc.diagnostics import Diagnostic, SpecPath
from specc.language.contract import Contract
from specc.reader.graph_document import Root, read_root, read_signatures
from specc.reader.meta_graph import MetaGraph
from specc.reader.signature_defs import Signature
from specc.rules.table import RuleId


@dataclass(frozen=True)
class ComparedGraph:
    """A graph and its own contract, or a spec."""

    declared: Contract
    """What the graph has to conform to."""
    graph: MetaGraph
    rule: RuleId = "contract-mismatch"
    """That of the findings."""
    name: str = "the contract"
    """What messages call the declared side."""
    is_foreign: bool = False
    """Whether the archive was not built from a document."""

    @cached_property
    def root(self) -> Root:
        """The public attributes of the root object."""
        return read_root(self.graph)

    @cached_property
    def signatures(self) -> dict[str, Signature]:
        """The signatures that can be described."""
        return read_signatures(self.graph)[0]

    @property
    def is_spec(self) -> bool:
        """Whether the graph is compared with a spec."""
        return self.rule == "spec-mismatch"

    def finding(self, path: SpecPath, message: str, hint: str = "") -> Diagnostic:
        """A mismatch."""
        return Diagnostic(rule=self.rule, path=path, message=message, hint=hint)

    def no_function(self, name: str) -> Diagnostic:
        """The mismatch of an endpoint whose function the root lacks."""
        return self.finding(("endpoints", name), f"the graph's root has no function {name!r}")

    def not_enforced(self, path: SpecPath, message: str, hint: str) -> Iterator[Diagnostic]:
        """The finding for an input of which the graph takes more sizes than a spec declares."""
        if self.is_spec:
            message = f"{message}, so that a call with another size is not refused"
            yield Diagnostic(rule="not-enforced", path=path, message=message, hint=hint)
