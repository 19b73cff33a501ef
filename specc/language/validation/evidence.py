"""Rules for what an endpoint says about its answers: ``rowwise``, ``tolerance`` and ``examples``."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from specc.diagnostics import Diagnostic, SpecPath, did_you_mean, finding
from specc.language.document import Document, Endpoint
from specc.language.tensor_string import ANY
from specc.language.tolerance import is_inexact
from specc.language.wire_names import endpoint_nodes

_MAX_SHOWN = 100


def find_bad_evidence(document: Document) -> Iterator[Diagnostic]:
    """The findings for examples and tolerances that do not fit their endpoint, and for promises about missing rows."""
    for name, endpoint in document.endpoints.items():
        at: SpecPath = ("endpoints", name)
        if endpoint.rowwise:
            yield from _rows(endpoint, at)
        if endpoint.tolerance.outputs:
            yield from _tolerance(endpoint, at)
    if any(endpoint.examples for endpoint in document.endpoints.values()):
        from specc.language.calls.read import find_bad_examples  # noqa: PLC0415  # most specs have none

        yield from find_bad_examples(document)


def _rows(endpoint: Endpoint, at: SpecPath) -> Iterator[Diagnostic]:
    """A finding for each tensor whose first dim is not that of the rows, which is the first one with a name."""
    nodes = endpoint_nodes(endpoint, at)
    firsts = [(bound, bound.leaf.shape[0] if bound.leaf.shape else None) for bound in (*nodes.inputs, *nodes.outputs)]
    rows = next((dim for _, dim in firsts if isinstance(dim, str) and dim != ANY), None)
    if rows is None:
        message = "no tensor has rows: none has a named dim that comes first"
        yield finding("rowwise-without-rows", (*at, "rowwise"), message, 'name the first dim, such as "batch"')
        return
    for bound, dim in firsts:
        if bound.leaf.shape != () and dim != rows:
            found = "its rank is unknown" if dim is None else f"its first dim is {dim!r}"
            message = f"{bound.name!r} has no row for each of {rows!r}: {found}"
            yield finding("rowwise-without-rows", bound.path, message, f'begin its shape with "{rows}"')


def _tolerance(endpoint: Endpoint, at: SpecPath) -> Iterator[Diagnostic]:
    leaves = {bound.name: bound.leaf for bound in endpoint_nodes(endpoint, at).outputs}
    for name, said in endpoint.tolerance.outputs.items():
        path: SpecPath = (*at, "tolerance", "outputs", name)
        if name not in leaves:
            known = list(islice(leaves, _MAX_SHOWN))
            hint = did_you_mean(name, known) or f"the outputs are {', '.join(known[:20])}"
            yield finding("bad-tolerance", path, f"no output is called {name!r}", hint, on_key=True)
        elif not is_inexact(leaves[name].dtype) and (said.rtol is not None or said.atol is not None):
            message = f"{name!r} is {leaves[name].dtype}, whose values are equal or wrong"
            yield finding("bad-tolerance", path, message, 'say "mismatched": the share of them that may be wrong')
