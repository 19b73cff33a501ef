"""Writes the stored results as a Markdown page: ratios with targets and verdicts, and how cost grows."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from typing import Any

from growth import SERIES
from targets import LINEAR, REASONS, ROWS, Row, Target

Stored = dict[str, dict[str, Any]]
"""By name of an experiment or a series: its ``date``, its ``machine``, and its ``rounds``; or why it ``failed``."""

NAMES = {"keras": "ExportArchive", "afterwards": "weights after the traces"}
FIGURES = {
    "cpu": ("CPU time", 1.0, "s"),
    "clock": ("wall time", 1.0, "s"),
    "bytes": ("bytes", 1e-6, "MB"),
    "memory": ("memory", 1e-6, "MB"),
    "nested": ("as an attribute", 1e6, "µs"),
    "flat": ("as a signature", 1e6, "µs"),
}
"""The name of each figure, the factor to the unit that is shown, and the unit."""

HEAD = """\
# Results

`make bench` measures and writes this page. A figure is the median of interleaved rounds, each in fresh processes; a
ratio is one of medians, and beside it are the least and the most of a round's. CPU time is that of all threads, without
imports and without the building of the model; memory is the growth of the peak resident set in that time. The floor is
the tracing of the same functions by itself, with nothing written. Less is better, and no other work should run.
"""
GROWTH = f"""\
## How cost grows

CPU time of an export, beside the floor. The cost of a unit is what an export takes beyond that of the smallest size, by
the units that it has beyond it. It grows linearly if that of the largest size is at most {LINEAR} times that of the
middle one.
"""


def page(stored: Stored) -> str:
    parts = [HEAD, *_measured_on(stored), _table(_ROW_HEADS, [cells for row in ROWS for cells in _lines(row, stored)])]
    parts += [GROWTH, *(_growth(series, stored) for series in SERIES)]
    notes = list(_notes(stored))
    if notes:
        parts += ["## Missed targets\n", "\n".join(notes) + "\n"]
    return "\n".join(parts)


def _measured_on(stored: Stored) -> Iterator[str]:
    seen: dict[str, list[str]] = {}
    for name, result in stored.items():
        seen.setdefault(f"{result['date']}, {len(result['rounds'])} rounds: {result['machine']}", []).append(name)
    whole = len(seen) == 1
    lines = [f"- {when}" + ("" if whole else f" ({', '.join(names)})") for when, names in seen.items()]
    yield "\n".join(lines) + "\n"


_ROW_HEADS = ("work", "against", "figure", "ratio", "least..most", "specc", "other", "floor", "target", "verdict")


def _lines(row: Row, stored: Stored) -> Iterator[Sequence[str]]:
    result = stored.get(row.experiment)
    against = NAMES.get(row.against, row.against)
    for figure, target in row.targets.items():
        name, scale, unit = FIGURES[figure]
        bound = f"{target.most:g} MB" if target.megabytes else f"{target.most:g}"
        bound += f" + {target.noise:g}" if target.noise else ""
        if result is None or "failed" in result:
            said = "not measured" if result is None else "FAILED"
            yield row.work, against, name, "", "", "", "", "", bound, said
            continue
        rounds = result["rounds"]
        ours, theirs, floor = (_median(rounds, tool, figure) for tool in (row.ours, row.against, "tracing"))
        verdict = "met" if is_met(row, figure, rounds) else "MISSED"
        shown = [f"{value * scale:.2f} {unit}" if value else "" for value in (ours, theirs)]
        if target.megabytes:
            each = [round_[row.ours][figure] * scale for round_ in rounds]
            yield row.work, "", name, "", f"{min(each):.1f}..{max(each):.1f}", shown[0], "", "", bound, verdict
            continue
        each = [round_[row.ours][figure] / round_[row.against][figure] for round_ in rounds]
        spread = f"{min(each):.3f}..{max(each):.3f}"
        under = f"{floor / theirs:.3f}" if floor and figure in ("cpu", "clock") else ""
        yield row.work, against, name, f"{ours / theirs:.3f}", spread, *shown, under, bound, verdict


def is_met(row: Row, figure: str, rounds: list[Any]) -> bool:
    target: Target = row.targets[figure]
    ours = _median(rounds, row.ours, figure)
    if target.megabytes:
        return ours * FIGURES[figure][1] <= target.most
    return ours / _median(rounds, row.against, figure) <= target.most + target.noise


def _median(rounds: list[Any], tool: str, figure: str) -> float:
    return statistics.median(round_.get(tool, {}).get(figure, 0.0) for round_ in rounds)


def unit_costs(series: str, rounds: list[Any]) -> dict[int, float]:
    """Seconds on the cores of each unit beyond the smallest size, by size."""
    times = {size: _at(rounds, "specc", size, "cpu") for size in SERIES[series].sizes}
    least, *larger = times
    return {size: (times[size] - times[least]) / (size - least) for size in larger}


def growth_factor(series: str, rounds: list[Any]) -> float:
    """How many times the cost of a unit at the middle size that at the largest is."""
    sizes, costs = SERIES[series].sizes, unit_costs(series, rounds)
    return costs[sizes[-1]] / costs[sizes[len(sizes) // 2]]


def _at(rounds: list[Any], tool: str, size: int, figure: str) -> float:
    return statistics.median(round_[tool][str(size)][figure] for round_ in rounds)


def _growth(series: str, stored: Stored) -> str:
    result = stored.get(series)
    if result is None or "failed" in result:
        return f"**{series}**: {'not measured' if result is None else 'FAILED'}\n"
    unit, rounds = SERIES[series].unit, result["rounds"]
    costs = unit_costs(series, rounds)
    lines = []
    for size in SERIES[series].sizes:
        each = [round_["specc"][str(size)]["cpu"] for round_ in rounds]
        cost = f"{costs[size] * 1e6:,.1f} µs" if size in costs else ""
        seconds = [_at(rounds, tool, size, "cpu") for tool in ("specc", "tracing")]
        clock, memory = (_at(rounds, "specc", size, figure) for figure in ("clock", "memory"))
        lines.append(
            (
                f"{size:,}",
                *(f"{value:.3f} s" for value in seconds),
                f"{min(each):.3f}..{max(each):.3f}",
                cost,
                f"{clock:.3f} s",
                f"{memory / 1e6:.1f} MB",
            )
        )
    factor = growth_factor(series, rounds)
    verdict = f"**{series}**: {'linear' if factor <= LINEAR else 'NOT LINEAR'} ({factor:.2f} times)\n"
    heads = (series, "CPU time", "floor", "least..most", f"CPU time per {unit}", "wall time", "memory")
    return verdict + "\n" + _table(heads, lines)


def _notes(stored: Stored) -> Iterator[str]:
    """A line for each target that is missed, and for each experiment that failed."""
    for name, result in stored.items():
        if "failed" in result:
            yield f"- {name} failed: {result['failed']}"
    measured = {name: result["rounds"] for name, result in stored.items() if "failed" not in result}
    for row in ROWS:
        for figure in row.targets if row.experiment in measured else ():
            if not is_met(row, figure, measured[row.experiment]):
                yield _note(f"{row.work}, {FIGURES[figure][0]}", row.experiment, figure)
    for series in SERIES:
        if series in measured and growth_factor(series, measured[series]) > LINEAR:
            yield _note(f"{series}, growth", series, "linear")


def _note(work: str, experiment: str, figure: str) -> str:
    return f"- {work}: {REASONS.get((experiment, figure), 'no reason is known yet')}"


def _table(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A Markdown table whose columns are aligned, for those who read it as text."""
    widths = [max(map(len, column)) for column in zip(heads, *lines, strict=True)]
    rows = [heads, ["-" * width for width in widths], *lines]
    text = ("| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in rows)
    return "\n".join(text) + "\n"
