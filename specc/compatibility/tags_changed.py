"""Rule for an archive with other tags."""

from __future__ import annotations

from collections.abc import Iterator

from specc.change import Change, Judgement, Side, Surface
from specc.compatibility.addresses import first_request, tags
from specc.compatibility.sides import Comparison
from specc.diagnostics import SpecPath


def tags_changed(comparison: Comparison) -> Iterator[Change]:
    """A change if the set of tags is another one: a loader asks for exactly one set."""
    old, new = comparison.old, comparison.new
    before, after = tags(old), tags(new)
    if before == after:
        return
    path: SpecPath = ("mode",) if old.document.mode != new.document.mode else ("save_options", "extra_tags")
    surfaces: dict[Surface, Judgement] = {"wire": "breaking", "rest": "breaking"}
    yield Change(
        rule="tags-changed",
        path=path,
        message=f"the tags are {_listed(after)}, before {_listed(before)}",
        hint="keep the tags here, and publish an archive with the others beside it",
        surfaces=surfaces,
        subject=(),
        compared=(list(before), list(after)),
        old=Side(path, list(before)),
        new=Side(path, list(after)),
        witness=first_request(old, surfaces, f"the archive is not found under the tags {_listed(before)}"),
    )


def _listed(tags: tuple[str, ...]) -> str:
    return ", ".join(map(repr, tags)) or "none"
