"""The budget of an artefact: parts that multiply are charged before anything is rendered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hostile_files import document
from measured_commands import measure

import specc
from specc.artefacts import KINDS
from specc.artefacts.affordable import charge_artefact
from specc.artefacts.artefact import Request
from specc.errors import SpecError
from specc.language.load import from_json
from specc.source.budget import ARTEFACT_LIMITS

NAME = "feature_{}"
RECEIVERS = {f"r{index}": {"kind": "tf_example"} for index in range(9)}


def default(size: int) -> dict[str, Any]:
    return {"kind": "tensor", "dtype": "float32", "shape": [size], "default": [0.5] * size}


def wide(leaf: Any, count: int, **said: Any) -> Any:
    return {**document([{NAME.format(index): leaf for index in range(count)}], **said), "dims": {"batch": {}}}


TOO_LARGE = {
    "leaves": (wide("float32[]", 100_000), "parts of schemas"),
    "leaves with rows": (wide("float32[batch, 3]", 30_000), "parts of schemas"),
    "leaves of any rank": (wide("float32[...]", 5000), "parts of schemas"),
    "leaves of many dimensions": (wide(f"float32[{','.join(['1'] * 250)}]", 20), "parts of schemas"),
    "receivers of many features": (wide("float32[batch, 3]", 2000, receivers=RECEIVERS), "parts of schemas"),
    "receivers of a long description": (
        {**document(["float32[batch]"], "float32[batch]", description="x" * 300_000, receivers=RECEIVERS)}
        | {"dims": {"batch": {}}},
        "characters of names",
    ),
    "endpoints": (
        {"specc": 1, "default": None, "endpoints": {f"e{index}": document([])["endpoints"]["score"] for index in range(1001)}},
        "endpoints",
    ),
    "examples that leave out large defaults": (
        document([[default(1000)] * 20], examples={f"e{index}": {"inputs": []} for index in range(200)}),
        "elements of values",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TOO_LARGE)
def test_what_multiplies_is_refused(name: str) -> None:
    data, work = TOO_LARGE[name]
    made = from_json(data)
    for kind in KINDS:
        with pytest.raises(SpecError) as caught:
            specc.emit(kind, made, name="m")
        (found,) = caught.value.diagnostics
        assert found.rule == "too-large"
        assert found.message.startswith("the artefact takes ")
        assert found.message.endswith(f" {work} or more; the limit is {ARTEFACT_LIMITS[work]:,}")  # type: ignore[index]


def test_what_a_team_has_is_made() -> None:
    made = from_json(wide("float32[batch, 3]", 5000, receivers={"parsed": {"kind": "tf_example"}}))
    budget = charge_artefact(Request(made, "m"))
    assert all(budget.spent(work) < limit for work, limit in ARTEFACT_LIMITS.items())


LARGEST = {
    "leaves with rows": wide("float32[batch, 3]", 16_000),
    "leaves of any rank": wide("float32[...]", 3900),
    "receivers of many features": wide("float32[batch, 3]", 1600, receivers=RECEIVERS),
    "endpoints": {
        "specc": 1,
        "default": None,
        "endpoints": {chr(0x4E00 + index): {"inputs": [["float32[]"] * 40], "outputs": "float32[]"} for index in range(990)},
    },
    "rows of many examples": wide(
        "float32[batch]",
        50,
        examples={f"e{index}": {"inputs": [{NAME.format(key): [0.5] for key in range(50)}]} for index in range(990)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LARGEST)
def test_the_largest_artefacts_take_bounded_memory(name: str, tmp_path: Path) -> None:
    spec = tmp_path / "m.specc.json"
    spec.write_text(json.dumps(LARGEST[name]))
    kinds = ("openapi", "warmup" if "examples" in name else "markdown")
    measured = measure([("emit", kind, str(spec), "--out", str(tmp_path / kind)) for kind in kinds])
    assert "Traceback" not in measured.stderr
    assert set(measured.codes) <= {0, 1}
    assert measured.megabytes < 300


def test_names_of_components_that_are_alike_are_numbered_in_one_pass() -> None:
    endpoints = {chr(0x4E00 + index): {"inputs": ["float32[]"], "outputs": "float32[]"} for index in range(900)}
    made = specc.emit("payload-schema", from_json({"specc": 1, "default": None, "endpoints": endpoints}), name="m")
    assert all(f'"_.{number}.Inputs"'.encode() in made.data for number in range(2, 901))
