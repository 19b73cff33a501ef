"""Two documents compared: what each rule finds, in a few letters."""

from __future__ import annotations

from typing import Any

from specc.change import SURFACES, Change
from specc.compatibility import Comparison, Described, compare
from specc.language.load import from_json, require_buildable

DIMS: dict[str, Any] = {
    "batch": {}, "time": {"min": 1, "max": 4}, "three": {"min": 3, "max": 3}, "long": {"min": 1, "max": 8},
}  # fmt: skip
SCORE: dict[str, Any] = {"inputs": ["float32[batch, 3]"], "outputs": "float32[batch]"}


def endpoint(**said: Any) -> dict[str, Any]:
    """An endpoint, ``SCORE`` but for what is said."""
    return {**SCORE, **said}


def side(endpoints: dict[str, Any] | None = None, **said: Any) -> Described:
    """A side with a document that can be built; its endpoint is ``score`` if nothing is said."""
    said = {"dims": DIMS, **said}
    built = from_json({"specc": 1, "endpoints": {"score": SCORE} if endpoints is None else endpoints, **said})
    require_buildable(built)
    return Described(built)


def changes(old: Described, new: Described) -> list[Change]:
    """All changes, each with what every change must have."""
    found = compare(Comparison(old, new))
    for change in found:
        is_broken = "breaking" in change.surfaces.values()
        assert change.surfaces, change
        assert (change.witness is not None) == is_broken, change
        assert change.witness is None or change.surfaces[change.witness.surface] == "breaking", change
        assert change.witness is None or change.surfaces.get("wire") != "breaking" or change.witness.surface == "wire"
        assert not is_broken or change.hint, change
        assert change.old is None or change.old.path[:1] != ()
        assert change.fingerprint
    return found


def judged(old: Described, new: Described) -> dict[str, str]:
    """Each rule that has a change, with the first letters of its judgements on wire, rest and python: ``bs-``."""
    found: dict[str, str] = {}
    for change in changes(old, new):
        letters = "".join(change.surfaces.get(surface, "-")[0] for surface in SURFACES)
        assert found.get(change.rule, letters) == letters, f"two changes of {change.rule}"
        found[change.rule] = letters
    return found
