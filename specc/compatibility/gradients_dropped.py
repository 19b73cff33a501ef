"""Rules for endpoints through which gradients can no longer be taken, and for those through which they can again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from specc.change import Change, Judgement, Side, Surface
from specc.compatibility.addresses import callable_pairs, refused
from specc.compatibility.sides import Comparison
from specc.diagnostics import SpecPath
from specc.language.document import Document, Endpoint

_OPTION: SpecPath = ("save_options", "experimental_custom_gradients")


@dataclass(frozen=True)
class _Gradients:
    """What decides about the custom gradients of ``names``: the whole archive's option, or one endpoint's field."""

    names: tuple[str, ...]
    old_path: SpecPath
    new_path: SpecPath

    @property
    def subject(self) -> tuple[str, ...]:
        return () if self.new_path == _OPTION else self.names

    @property
    def whose(self) -> str:
        return "the archive" if self.new_path == _OPTION else f"the endpoint {self.names[0]!r}"


def gradients_dropped(comparison: Comparison) -> Iterator[Change]:
    """A change for each endpoint that only infers from now on, or one for all of them."""
    for found in _found(comparison, True):
        surfaces: dict[Surface, Judgement] = {"python": "breaking"}
        yield Change(
            rule="gradients-dropped",
            path=found.new_path,
            message=f"{found.whose} keeps no custom gradients, before it did",
            hint="keep them here, and add an endpoint for inference only",
            surfaces=surfaces,
            subject=found.subject,
            compared=(True, False),
            old=Side(found.old_path, True),
            new=Side(found.new_path, False),
            witness=refused(comparison.old, found.names[0], surfaces, "a gradient through this call fails"),
        )


def gradients_kept(comparison: Comparison) -> Iterator[Change]:
    """A change for each endpoint that has custom gradients from now on, or one for all of them."""
    for found in _found(comparison, False):
        yield Change(
            rule="gradients-kept",
            path=found.new_path[:-1],
            message=f"{found.whose} keeps custom gradients, before it did not",
            surfaces={"python": "safe"},
            subject=found.subject,
            compared=(False, True),
            old=Side(found.old_path, False),
            new=Side(found.new_path, True),
        )


def _found(comparison: Comparison, before: bool) -> Iterator[_Gradients]:
    """Where endpoints had custom gradients (or not) ``before``, and now the opposite.

    The option of the archive speaks for its endpoints. Without a contract it is not known which there are.
    """
    old, new = comparison.old.document, comparison.new.document
    if not (comparison.old.has_contract and comparison.new.has_contract):
        return
    pairs = [pair for pair in callable_pairs(comparison) if "python" in pair.surfaces]
    wanted = (before, not before)
    changed = [pair for pair in pairs if (_keeps(old, pair.old.endpoint), _keeps(new, pair.new.endpoint)) == wanted]
    said = [old.save_options.experimental_custom_gradients, new.save_options.experimental_custom_gradients]
    if changed and said == [before, not before]:
        yield _Gradients(tuple(pair.name for pair in changed), _OPTION, _OPTION)
        return
    for pair in changed:
        yield _Gradients((pair.name,), _field(pair.old.path), _field(pair.new.path))


def _keeps(document: Document, endpoint: Endpoint) -> bool:
    return endpoint.gradients and document.save_options.experimental_custom_gradients


def _field(path: SpecPath) -> SpecPath:
    return (*path, "gradients")
