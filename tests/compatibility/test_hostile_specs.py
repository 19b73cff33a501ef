"""Specs whose parts are within their limits and whose products are not: validated, compared and formatted."""

from __future__ import annotations

from pathlib import Path

import pytest
from hostile_files import LEAF, SPECS, document
from measured_commands import measure

from specc.cli import main
from specc.compatibility import Comparison, Described, compare
from specc.errors import SpecError
from specc.language import signatures
from specc.language.load import from_json

MEGABYTES = 300


# A third of them here, the others in the long run, as for archives.
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.long] * (index % 3 > 0)) for index, name in enumerate(SPECS)]
)
def test_a_spec_takes_bounded_memory(name: str, tmp_path: Path) -> None:
    took = measure(SPECS[name](tmp_path))
    assert set(took.codes) <= {0, 1}, took.stderr[-300:]
    assert took.megabytes < MEGABYTES


def test_too_little_memory_is_one_line_and_exit_3(tmp_path: Path) -> None:
    validate, *_ = SPECS["many leaves"](tmp_path)
    took = measure([validate], megabytes=80)
    assert took.codes == (3,)
    assert took.stderr == "specc: error: validate needs more memory than this process has; give it less at once\n"


@pytest.mark.parametrize("error", [MemoryError(), RecursionError("maximum recursion depth exceeded")])
def test_what_python_cannot_do_is_one_line_and_exit_3(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(options: object) -> int:
        raise error

    monkeypatch.setattr("specc.cli.validate.run", fail)
    assert main(["validate", "x.specc.json"]) == 3
    said = capsys.readouterr().err
    assert said.startswith("specc: error: validate needs more ")
    assert said.count("\n") == 1


def compared(old: object, new: object) -> list[object]:
    return list(compare(Comparison(Described(from_json(old)), Described(from_json(new)))))


def test_sixteen_sizes_of_a_leaf_are_reported() -> None:
    one, other = (document([f"int8[{','.join([str(size)] * 200)}]"]) for size in (2, 3))
    (change,) = compared(one, other)
    assert change.rule == "input-size-changed"
    assert change.message.count("axis ") == 16


def test_more_than_twenty_thousand_changes_are_refused() -> None:
    one, other = (document([{f"{key}{index}": LEAF for index in range(10_001)}]) for key in "ab")
    with pytest.raises(
        SpecError, match=r"the two contracts differ too much: .* 20,001 changes or more; the limit is 20,000"
    ):
        compared(one, other)


def test_the_signature_of_a_key_is_found_without_all_others(monkeypatch: pytest.MonkeyPatch) -> None:
    receivers = {"examples": {"kind": "tf_example"}}
    endpoint = {"inputs": ["int64[4]"], "outputs": "int64[4]", "receivers": receivers}
    found = from_json({"specc": 1, "default": "b", "endpoints": dict.fromkeys("abc", endpoint)})
    every = {each.key: each for each in signatures.all_signatures(found)}
    assert {key: signatures.signature_with(found, key) for key in every} == every
    assert "examples:serving_default" in every
    assert signatures.signature_with(found, "absent") is None
