"""The lines of the tree about an archive: its variables, its assets, and what is remarkable among its ops."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from specc.diagnostics import counted
from specc.language.tensor_string import format_tensor
from specc.pages.subject import Subject
from specc.pages.terminal_text import columns, short, some, tail
from specc.pages.words import notable_text, remarkable_ops, variable_notes

if TYPE_CHECKING:
    from specc.reader.contents import Asset, Variable
    from specc.reader.endpoint_ops import NotableOp

LARGEST = 5
"""How many variables are listed."""
MAX_LINES = 20
"""How many assets, and how many remarkable ops."""

_Paint = Callable[[str, str], str]


def archive_lines(subject: Subject, paint: _Paint) -> Iterator[str]:
    """The lines; none for a spec."""
    contents = subject.contents
    if contents is None:
        return
    if contents.variables is None:
        yield ""
        yield f"{paint('variables', 'name')}  not known: the index of the checkpoint is damaged"
    elif contents.variables:
        yield ""
        yield from _variables(contents.variables, paint)
    if contents.assets:
        yield ""
        yield from _assets(contents.assets, paint)
    remarkable = remarkable_ops(contents)
    if remarkable:
        yield ""
        yield f"{paint('ops', 'name')}  {sum(contents.ops.values()):,} nodes, of which remarkable:"
        yield from columns([_op_cells(each) for each in remarkable[:MAX_LINES]])
        if len(remarkable) > MAX_LINES:
            yield f"   {len(remarkable) - MAX_LINES:,} more"


def _variables(variables: Sequence[Variable], paint: _Paint) -> Iterator[str]:
    size = sum(each.bytes for each in variables)
    largest = sorted(variables, key=lambda each: (-each.bytes, each.path))[:LARGEST]
    more = ", the largest:" if len(variables) > LARGEST else ""
    yield f"{paint('variables', 'name')}  {counted(len(variables), 'variable')}, {size:,} bytes{more}"
    yield from columns(
        [
            (
                f"{each.bytes:,} bytes",
                short(format_tensor(each.dtype, each.shape)),
                tail(each.label),
                short("; ".join(variable_notes(each))),
            )
            for each in largest
        ]
    )


def _assets(assets: Sequence[Asset], paint: _Paint) -> Iterator[str]:
    size = sum(each.bytes or 0 for each in assets)
    yield f"{paint('assets', 'name')}  {counted(len(assets), 'file')}, {size:,} bytes"
    shown = [
        (short(each.name), short(each.problem) if each.bytes is None else f"{each.bytes:,} bytes")
        for each in assets[:MAX_LINES]
    ]
    yield from columns(shown)
    if len(assets) > MAX_LINES:
        yield f"   {len(assets) - MAX_LINES} more"


def _op_cells(notable: NotableOp) -> tuple[str, str]:
    where = f"in {some(notable.endpoints)}" if notable.endpoints else "when the archive is loaded"
    return short(notable.op or counted(notable.count, "node")), f"{short(notable_text(notable))}; {where}"
