"""``load-failed``: the files of a checkpoint are not whole, so that no loader can restore the variables."""

from __future__ import annotations

from collections.abc import Iterator

from specc.diagnostics import Diagnostic, finding
from specc.reader.checkpoint import INDEX
from specc.reader.conformance.subject import Subject

_HINT = "publish all files of the archive"


def find_cut_checkpoint(subject: Subject) -> Iterator[Diagnostic]:
    """A finding for an index that is missing or damaged, or for each file with values that is missing or cut short."""
    stored = subject.index
    if isinstance(stored, str):
        yield finding("load-failed", (), f"the variables cannot be restored: {stored}", _HINT)
        return
    if not stored and not (subject.directory / INDEX).exists() and _has_variables(subject):
        yield finding("load-failed", (), f"the variables cannot be restored: the archive has no {INDEX}", _HINT)
    ends: dict[str, int] = {}
    for tensor in stored.values():
        ends[tensor.shard] = max(ends.get(tensor.shard, 0), tensor.offset + tensor.size)
    for shard, end in sorted(ends.items()):
        path = subject.directory / shard
        size = path.stat().st_size if path.is_file() else None
        if size is None or size < end:
            found = "the archive does not have it" if size is None else f"it has {size:,} bytes of at least {end:,}"
            yield finding("load-failed", (), f"the variables cannot be restored from {shard}: {found}", _HINT)


def _has_variables(subject: Subject) -> bool:
    return any(subject.graph.is_variable(each) for captured in subject.graph.captures.values() for each in captured)
