"""A squarified treemap as SVG: areas are bytes, and variables of one prefix are together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import NamedTuple

from specc.diagnostics import printable

MAX_RECTANGLES = 300
WIDTH, LOW, MEDIUM, HIGH = 1000, 120, 220, 340
_HEADER, _GAP = 17, 2
_LETTER = 6.4
"""The width of a letter, of which a label has as many as fit."""


class Area(NamedTuple):
    """What has an area: its name, whose words are separated by ``/``, its size, its row in the table and its class."""

    name: str
    size: int
    row: int
    css_class: str


class _Box(NamedTuple):
    x: float
    y: float
    width: float
    height: float


@dataclass
class _Group:
    size: int = 0
    groups: dict[str, _Group] = field(default_factory=dict)
    area: Area | None = None


def treemap(areas: Sequence[Area], label: str) -> str:
    """The SVG of all ``areas``; those that are too small to have a rectangle of their own are one."""
    largest = sorted((area for area in areas if area.size), key=lambda area: (-area.size, area.name, area.row))
    shown, rest = largest[: MAX_RECTANGLES - 1], largest[MAX_RECTANGLES - 1 :]
    if rest:
        shown.append(Area(f"{len(rest):,} others", sum(area.size for area in rest), -1, "others"))
    root = _Group()
    for area in shown:
        _insert(root, area)
    height = LOW if len(shown) <= 4 else MEDIUM if len(shown) <= 20 else HIGH
    shapes = "".join(_draw(root, _Box(0, 0, WIDTH, height), 0))
    size = f'viewBox="0 0 {WIDTH} {height}" preserveAspectRatio="none"'
    return f'<svg {size} role="img" aria-label="{escape(printable(label))}">{shapes}</svg>'


def _insert(root: _Group, area: Area) -> None:
    group = root
    group.size += area.size
    for word in area.name.split("/")[:4]:
        group = group.groups.setdefault(word, _Group())
        group.size += area.size
    group = group.groups.setdefault(f"\0{area.row}", _Group(area.size))  # several may have one name
    group.area = area


def _draw(group: _Group, box: _Box, depth: int, word: str = "") -> Iterator[str]:
    while group.area is None and len(group.groups) == 1:
        ((inner, group),) = group.groups.items()
        word = word if inner.startswith("\0") else f"{word}/{inner}" if word else inner
    if group.area is not None:
        yield from _rectangle(group.area, box, word)
        return
    has_header = 0 < depth <= 2 and box.width > 70 and box.height > 50
    if has_header:
        yield _label(word, box, "group")
    top = _HEADER if has_header else 0
    inner_box = _Box(box.x, box.y + top, box.width, box.height - top)
    members = sorted(group.groups.items(), key=lambda item: (-item[1].size, item[0]))
    places = _squarify([each.size for _, each in members], inner_box)
    for (inner, each), place in zip(members, places, strict=True):
        gap = _GAP if depth == 0 else 0
        words = [] if has_header or not word else [word]
        words += [] if inner.startswith("\0") else [inner]
        yield from _draw(each, _shrunk(place, gap), depth + 1, "/".join(words))


def _shrunk(box: _Box, gap: float) -> _Box:
    return _Box(box.x, box.y, max(box.width - gap, 0.1), max(box.height - gap, 0.1))


def _rectangle(area: Area, box: _Box, word: str) -> Iterator[str]:
    x, y, width, height = (_number(value) for value in box)
    row = f' data-v="{area.row}"' if area.row >= 0 else ""
    mark = f' class="{area.css_class}"' if area.css_class else ""
    yield f'<rect{row}{mark} x="{x}" y="{y}" width="{width}" height="{height}"/>'
    if box.height > 18 and box.width > 44:
        yield _label(word or area.name.rpartition("/")[2], box, "")


def _label(word: str, box: _Box, css_class: str) -> str:
    count = int((box.width - 10) / _LETTER)
    text = printable(word)
    shown = text if len(text) <= count else f"{text[: max(count - 1, 1)]}…"
    mark = f' class="{css_class}"' if css_class else ""
    return f'<text{mark} x="{_number(box.x + 5)}" y="{_number(box.y + 12.5)}">{escape(shown)}</text>'


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _squarify(sizes: Sequence[int], box: _Box) -> list[_Box]:
    """A box for each of the falling ``sizes``: rows that are as near to squares as they can be (Bruls et al., 2000)."""
    found: list[_Box] = []
    total = sum(sizes)
    start = 0
    while start < len(sizes):
        scale = box.width * box.height / total if total else 0
        side = min(box.width, box.height)
        end = start + 1
        row = sizes[start] * scale
        worst = _worst(row, sizes[start] * scale, sizes[start] * scale, side)
        while end < len(sizes):
            longer = row + sizes[end] * scale
            next_worst = _worst(longer, sizes[start] * scale, sizes[end] * scale, side)
            if next_worst > worst:
                break
            row, worst, end = longer, next_worst, end + 1
        boxes, box = _row(sizes[start:end], row, scale, box)
        found += boxes
        total -= sum(sizes[start:end])
        start = end
    return found


def _worst(row: float, largest: float, smallest: float, side: float) -> float:
    """The worst ratio of the sides of the rectangles in a row of this area."""
    if not (row and smallest and side):
        return float("inf")
    return max(side * side * largest / (row * row), row * row / (side * side * smallest))


def _row(sizes: Sequence[int], row: float, scale: float, box: _Box) -> tuple[list[_Box], _Box]:
    """The boxes of one row along the shorter side, and what is left of the box."""
    found: list[_Box] = []
    if box.width >= box.height:
        width, y = row / box.height if box.height else 0, box.y
        for size in sizes:
            height = size * scale / width if width else 0
            found.append(_Box(box.x, y, width, height))
            y += height
        return found, _Box(box.x + width, box.y, max(box.width - width, 0), box.height)
    height, x = row / box.width if box.width else 0, box.x
    for size in sizes:
        width = size * scale / height if height else 0
        found.append(_Box(x, box.y, width, height))
        x += width
    return found, _Box(box.x, box.y + height, box.width, max(box.height - height, 0))
