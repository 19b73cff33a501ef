"""The tree in the terminal: a line of what is shown, one of its dims, and each endpoint with its leaves.

Each line of a leaf has its whole path, so that it can be found with grep and copied; a terminal shows the part that
the line above has too in a dim colour.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from specc.diagnostics import SpecPath, counted
from specc.language.call_paths import call_path
from specc.language.document import Endpoint
from specc.language.tensor_string import format_tensor
from specc.language.trees import Tensor
from specc.language.wire_names import BoundLeaf, input_leaves, output_leaves
from specc.pages.archive_lines import archive_lines
from specc.pages.placing import COLLECTIONS, changes_by_place, endpoints_with_changes, sign_of
from specc.pages.subject import Against, Subject
from specc.pages.terminal_text import LONGEST, WIDEST, column_width, columns, padding, short
from specc.pages.words import (
    badges,
    bounds_text,
    is_given,
    missing_of,
    notes,
    one_line,
    signatures_text,
    type_text,
)
from specc.report import DiffReport
from specc.report.diff_summary import answer, by_surface
from specc.report.text import painter, terminal_width

MAX_OPEN = 20
"""With more endpoints each has one line."""
_LEAST = 16
"""The room for a description; with less it is left out."""


@dataclass(frozen=True)
class Style:
    """How a tree is drawn: as plain text of 100 columns, or for a terminal."""

    width: int = 100
    color: bool = False
    boxes: bool = False
    """Whether leaves hang on lines that ASCII lacks."""


class _Row(NamedTuple):
    """A leaf, or a component of one, whose path is indented."""

    path: str
    type: str
    wire_name: str
    is_given: bool
    notes: str
    description: str
    at: SpecPath

    @property
    def cells(self) -> tuple[str, str, str]:
        """The first columns, which are aligned."""
        return self.path, self.type, self.wire_name


def tree(
    subject: Subject, *, against: Against | None = None, endpoints: Collection[str] = (), style: Style | None = None
) -> str:
    """The tree of a Subject, with only these ``endpoints`` if there are any."""
    return "".join(f"{line.rstrip()}\n" for line in _Tree(subject, against, style or Style()).lines(endpoints))


class _Tree:
    def __init__(self, subject: Subject, against: Against | None, style: Style) -> None:
        self.subject = subject
        self.document = subject.document
        self.against = against
        self.style = style
        self.paint = painter(style.color)
        self.places = {} if against is None else changes_by_place(self.document, against)
        self.changed = endpoints_with_changes(self.places)

    def lines(self, chosen: Collection[str]) -> Iterator[str]:
        yield self._header()
        if self.against is not None:
            verdict = DiffReport(verdict=self.against.verdict, all_changes=self.against.changes)
            yield from self._wrapped(f"against {short(self.against.file)}: {answer(verdict)}", 0)
        yield from self._changes((), 0)
        yield from self._dims()
        names = sorted(chosen or self.document.endpoints)
        is_open = bool(chosen) or len(names) <= MAX_OPEN
        longest = column_width([short(name) for name in names])
        if not is_open:
            yield ""
        for name in names:
            if is_open:
                yield ""
            yield from self._endpoint(name) if is_open else self._closed(name, longest)
        if not is_open:
            yield "one of them with its leaves: --endpoint NAME"
        if chosen:
            return
        for name in sorted(self.changed.keys() - self.document.endpoints.keys()):
            yield ""
            yield f"{self.paint(short(name), 'name')}  is in {short(self.against.file if self.against else '')} only"
            yield from self._changes(("endpoints", name), 3)
        yield from self._collections()
        yield from archive_lines(self.subject, self.paint)

    def _header(self) -> str:
        subject, document = self.subject, self.document
        if subject.has_contract:
            facts = [f"contract {subject.contract_digest[:12]}"]
        else:
            source = subject.inspection.source if subject.inspection else "graph"
            facts = [f"{'a damaged' if subject.findings else 'no'} contract, read from its {source}"]
        facts.append(counted(len(document.endpoints), "endpoint"))
        facts.append("no default" if document.default is None else f"default {short(document.default)}")
        if document.mode != "predict":
            facts.append(f"mode {document.mode}")
        contents = subject.contents
        if contents is not None:
            facts.append(f"{contents.bytes:,} bytes")
            if contents.tensorflow_version:
                facts.append(f"TensorFlow {short(contents.tensorflow_version, 20)}")
        return f"{self.paint(short(subject.title), 'name')}: {', '.join(facts)}"

    def _dims(self) -> Iterator[str]:
        dims = sorted(self.document.dims.items())
        if dims:
            words = (f"{short(name)} {bounds_text(dim)}".rstrip() for name, dim in dims)
            yield from self._wrapped(f"dims: {', '.join(words)}", 0)

    def _collections(self) -> Iterator[str]:
        names, contents = sorted(self.document.variable_collections), self.subject.contents
        if not names and COLLECTIONS not in self.places:
            return
        yield ""
        yield self.paint("variable collections", "name")
        if contents is None or contents.variables is None:
            yield from columns([(short(name),) for name in names])
        else:
            sizes = Counter(name for each in contents.variables for name in each.collections)
            yield from columns([(short(name), counted(sizes[name], "variable")) for name in names])
        yield from self._changes(COLLECTIONS, 3)

    def _closed(self, name: str, longest: int) -> Iterator[str]:
        """An endpoint in one line."""
        words = "; ".join((*badges(self.document, name), *filter(None, [missing_of(self.subject, name)])))
        text = f"{one_line(self.document.endpoints[name])}{f'  {words}' if words else ''}"
        shown = short(name)
        room = max(self.style.width - max(terminal_width(shown), longest) - 2, _LEAST)
        yield f"{self.paint(shown, 'name')}{padding(shown, longest)}  {short(text, room)}"
        for place in self.changed.get(name, ()):
            yield from self._changes(place, 3)

    def _endpoint(self, name: str) -> Iterator[str]:
        endpoint = self.document.endpoints[name]
        words = (*badges(self.document, name), signatures_text(self.subject, name), missing_of(self.subject, name))
        facts = "; ".join(short(word, 3 * LONGEST) for word in words if word)
        shown = short(name)
        line = f"{shown}  {facts}".rstrip()
        first, *rest = textwrap.wrap(line, self.style.width, subsequent_indent="   ") or [shown]
        yield f"{self.paint(shown, 'name')}{first.removeprefix(shown)}"
        yield from rest
        if endpoint.description:
            yield self.paint(f"   {short(' '.join(endpoint.description.split()), self.style.width - 3)}", "dim")
        yield from self._changes(("endpoints", name), 3)
        yield from self._leaves(name, endpoint)

    def _leaves(self, name: str, endpoint: Endpoint) -> Iterator[str]:
        inputs = [row for bound in input_leaves(endpoint) for row in _rows(endpoint, bound)]
        outputs = [row for bound in output_leaves(endpoint) for row in _rows(endpoint, bound)]
        rows = [*inputs, *outputs]
        if not inputs:
            yield self.paint("   no inputs", "dim")
        widths = [column_width(column) for column in zip(*(row.cells for row in rows), strict=True)]
        above = ""
        for index, row in enumerate(rows):
            mark = self._mark(is_output=index >= len(inputs), is_last=index == len(rows) - 1)
            yield self._row(mark, row, widths, above)
            above = row.path
            is_end_of_leaf = index + 1 == len(rows) or rows[index + 1].at != row.at
            if is_end_of_leaf:
                yield from self._changes(("endpoints", name, *row.at), 3, is_last=index == len(rows) - 1)

    def _mark(self, *, is_output: bool, is_last: bool) -> str:
        if not self.style.boxes:
            return "-> " if is_output else "   "
        return f"{'└' if is_last else '├'}{'→' if is_output else '─'} "

    def _row(self, mark: str, row: _Row, widths: list[int], above: str) -> str:
        paint = self.paint
        same = _common_stem(above, row.path) if self.style.color else 0
        path = f"{paint(row.path[:same], 'dim')}{row.path[same:]}{padding(row.path, widths[0])}"
        kind = f"{row.type}{padding(row.type, widths[1])}"
        wire = f"{paint(row.wire_name, 'name' if row.is_given else 'dim')}{padding(row.wire_name, widths[2])}"
        line = f"{paint(mark, 'dim')}{path}  {kind}  {wire}"
        used = 3 + 4 + sum(max(terminal_width(cell), width) for cell, width in zip(row.cells, widths, strict=True))
        if row.notes:
            line += f"  {paint(row.notes, 'hint')}"
            used += 2 + terminal_width(row.notes)
        room = self.style.width - used - 2
        if row.description and room >= min(_LEAST, len(row.description)):
            line += f"  {paint(short(row.description, room)[:room], 'dim')}"
        return line

    def _changes(self, place: SpecPath, indent: int, *, is_last: bool = True) -> Iterator[str]:
        for change in self.places.get(place, ()):
            waived = f"; waived until {change.waived.until}" if change.waived else ""
            text = f"{sign_of(change)} {change.rule}: {change.message}; {by_surface(change)}{waived}"
            for number, line in enumerate(self._wrapped(text, indent + 2)):
                guide = "│" if self.style.boxes and not is_last else " "
                shown = line if number else line[2:]
                yield f"{guide}{self.paint(shown[1:], change.level)}" if indent else self.paint(shown, change.level)

    def _wrapped(self, text: str, indent: int) -> list[str]:
        margin = " " * indent
        return textwrap.wrap(
            short(text, 10 * LONGEST),
            self.style.width,
            initial_indent=margin,
            subsequent_indent=margin or "   ",
            break_on_hyphens=False,
        )


def _rows(endpoint: Endpoint, bound: BoundLeaf) -> Iterator[_Row]:
    """The row of a leaf, and of a composite one those of its components below it."""
    leaf = bound.leaf
    path, given = short(call_path(endpoint, bound.path)), is_given(leaf)
    wire_name = short(bound.components[0].wire_name) if isinstance(leaf, Tensor) else ""
    words = short("  ".join(notes(bound)), WIDEST)
    description = " ".join(leaf.description.split())
    yield _Row(path, short(type_text(leaf)), wire_name, given, words, description, bound.path)
    for component in bound.components if not isinstance(leaf, Tensor) else ():
        kind = short(format_tensor(component.dtype, component.shape))
        yield _Row(f"   {component.part}", kind, short(component.wire_name), given, "", "", bound.path)


def _common_stem(above: str, path: str) -> int:
    """How many characters of ``path`` are names of containers that the line above has too."""
    end = 0
    for index, (one, other) in enumerate(zip(above, path, strict=False)):
        if one != other:
            break
        if one in ".[":
            end = index + (one == ".")
    return end
