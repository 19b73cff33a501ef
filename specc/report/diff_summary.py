"""The answer of a comparison in one line, and the sides of a change: what text and Markdown share."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from specc.change import JUDGEMENTS, SURFACES, Change, Judgement, Verdict
from specc.diagnostics import short_path
from specc.report import DiffReport

_LONGEST = 120
"""Of a value, in characters: that of an endpoint may be a megabyte."""


def judgement_of(change: Change) -> Judgement:
    """The worst judgement of one change."""
    return next(judgement for judgement in JUDGEMENTS if judgement in change.surfaces.values())


def answer(report: DiffReport) -> str:
    """``breaks wire and rest, not python: 2 breaking, 1 warning, 4 safe; a major version``."""
    if report.verdict is None:
        return "not compared: a side is invalid"
    changes = report.all_changes
    if not changes:
        return "breaks nothing: no changes of the contract; a patch version"
    return f"{breaks(report.verdict)}: {_counts(changes)}; {version_step(changes)}"


def breaks(verdict: Verdict) -> str:
    """``breaks wire and rest, not python``."""
    broken = [surface for surface in SURFACES if verdict.get(surface) == "breaking"]
    whole = [surface for surface in SURFACES if surface not in broken]
    if not broken:
        return "breaks nothing"
    return f"breaks {listed(broken)}{f', not {listed(whole)}' if whole else ''}"


def listed(words: Sequence[str]) -> str:
    """``wire, rest and python``."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _counts(changes: Iterable[Change]) -> str:
    judged = [judgement_of(change) for change in changes]
    waived = sum(change.waived is not None for change in changes)
    counts = (
        (judged.count("breaking"), "breaking"),
        (judged.count("warning"), "warning" if judged.count("warning") == 1 else "warnings"),
        (judged.count("safe"), "safe"),
        (waived, "waived"),
    )
    return ", ".join(f"{count} {word}" for count, word in counts if count)


def version_step(changes: Iterable[Change]) -> str:
    """The version that semantic versioning asks for: minor where clients may do more than before."""
    judged = {judgement for change in changes for judgement in change.surfaces.values()}
    return f"a {'major' if 'breaking' in judged else 'minor' if 'safe' in judged else 'patch'} version"


def contract_lines(change: Change) -> list[str]:
    """The line of each side that has something: ``- endpoints.score.inputs[0].id  int32[batch]``."""
    signed = [(sign, side) for sign, side in (("-", change.old), ("+", change.new)) if side is not None]
    texts = [_text(side.value) for _, side in signed]
    start = _start(texts)
    return [
        f"{sign} {short_path(side.path)}  {_cut(text, start)}" for (sign, side), text in zip(signed, texts, strict=True)
    ]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _start(texts: Sequence[str]) -> int:
    """Where the shown parts of values begin: a little before the first difference, if that is far from the start."""
    if max(map(len, texts), default=0) <= _LONGEST:
        return 0
    pairs = enumerate(zip(*texts, strict=False)) if len(texts) == 2 else ()
    same = next((index for index, (old, new) in pairs if old != new), 0)
    return max(0, same - _LONGEST // 3) if same > _LONGEST // 2 else 0


def _cut(text: str, start: int) -> str:
    """At most _LONGEST characters of ``text`` from ``start``."""
    before = "..." if start else ""
    after = "..." if len(text) - start > _LONGEST - len(before) else ""
    return f"{before}{text[start : start + _LONGEST - len(before) - len(after)]}{after}"


def reason(change: Change) -> str:
    """What the change is on each surface, and why it breaks one: ``breaks wire and rest, safe on python: ...``."""
    because = f": {change.witness.reason}" if change.witness else ""
    return f"{by_surface(change)}{because}"


def by_surface(change: Change) -> str:
    """What the change is on each surface: ``breaks wire and rest, safe on python``."""
    words = {"breaking": "breaks", "warning": "warning on", "safe": "safe on"}
    parts = []
    for judgement in JUDGEMENTS:
        surfaces = [surface for surface in SURFACES if change.surfaces.get(surface) == judgement]
        if surfaces:
            parts.append(f"{words[judgement]} {listed(surfaces)}")
    return ", ".join(parts)
