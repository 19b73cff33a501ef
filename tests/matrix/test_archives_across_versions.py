"""The archives of all examples, written on each version of TensorFlow and Keras, and read in every environment.

What a reader checks is in ``read_archives.py``; one without TensorFlow inspects them and verifies their files.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from environments import ENVIRONMENTS, ROOT, Environment

HERE = Path(__file__).parent
EXAMPLES = sorted(spec.name.removesuffix(".specc.json") for spec in (ROOT / "examples").glob("**/*.specc.json"))
WRITERS = [each for each in ENVIRONMENTS if each.tensorflow]
Reports = Callable[[Environment, Environment], dict[str, Any]]


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    """What a reader found in a writer's archives, which are written when they are first asked for."""

    @cache
    def written(writer: Environment) -> Path:
        folder = tmp_path_factory.mktemp(writer.name)
        writer.run(HERE / "write_archives.py", folder)
        return folder

    @cache
    def read(writer: Environment, reader: Environment) -> dict[str, Any]:
        folder = written(writer)
        report = folder.with_name(f"{folder.name}-{reader.name}.json")
        reader.run(HERE / "read_archives.py", folder, report)
        found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
        return found

    return read


@pytest.mark.parametrize("reader", ENVIRONMENTS, ids=lambda reader: f"read on {reader.name}")
@pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: f"written on {writer.name}")
def test_archives(writer: Environment, reader: Environment, reports: Reports, record_property: Any) -> None:
    found = reports(writer, reader)
    assert sorted(found) == EXAMPLES
    faults = {(name, check): fault for name in found for check, fault in found[name]["checks"].items() if fault}
    names = list(found[EXAMPLES[0]]["checks"])
    assert names[2:] == (["load", "session", "verify"] if reader.tensorflow else [])
    checks = sum(len(each["checks"]) for each in found.values())
    record_property("checks", checks - len(faults))
    record_property("counts", f"{len(found)} archives: {', '.join(names)}: {checks - len(faults)} of {checks} passed")
    assert not faults, "\n".join(f"{name}, {check}: {fault}" for (name, check), fault in faults.items())
    # What inspect prints depends on the archive alone.
    own = reports(writer, writer)
    assert {name: found[name]["text"] for name in EXAMPLES} == {name: own[name]["text"] for name in EXAMPLES}
