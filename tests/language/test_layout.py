"""The canonical text: its layout, and that it keeps the document."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from spellings import document_texts

from specc.language.load import dump, loads
from specc.language.pretty_json import WIDTH, lay_out

LONG = "x" * 60


def document(**more: Any) -> dict[str, Any]:
    return {"specc": 1, "endpoints": {"a": {"inputs": ["bool[]"], "outputs": "bool[]"}}, **more}


def test_what_fits_on_a_line_stays_on_it() -> None:
    data = document(dims={"batch": {}, "time": {"min": 1, "max": 512}}, track=["a", "b"])
    assert (
        lay_out(data)
        == """\
{
  "specc": 1,
  "endpoints": {
    "a": {
      "inputs": ["bool[]"],
      "outputs": "bool[]"
    }
  },
  "dims": {"batch": {}, "time": {"min": 1, "max": 512}},
  "track": ["a", "b"]
}
"""
    )


def test_what_does_not_fit_is_opened_as_far_as_it_must() -> None:
    endpoint = {
        "inputs": [{"user": {LONG: "int64[batch]", "b": "int64[batch]"}, "item": {"id": "int64[batch]"}}, ["bool[]"]],
        "outputs": {"kind": "tensor", "dtype": "float32", "shape": [300], "default": list(range(1000, 1300))},
    }
    text = lay_out({"specc": 1, "endpoints": {"a": endpoint}})
    assert text.splitlines()[4:17] == [
        '      "inputs": [',
        "        {",
        '          "user": {',
        f'            "{LONG}": "int64[batch]",',
        '            "b": "int64[batch]"',
        "          },",
        '          "item": {"id": "int64[batch]"}',
        "        },",
        '        ["bool[]"]',
        "      ],",
        '      "outputs": {',
        '        "kind": "tensor",',
        '        "dtype": "float32",',
    ]
    numbers = [line for line in text.splitlines() if line.strip()[:1].isdigit()]
    assert len(numbers) == 20
    assert max(map(len, text.splitlines())) <= WIDTH


def test_a_line_may_be_as_long_as_the_width_with_its_comma() -> None:
    for length in range(60, 100):
        text = lay_out({"specc": 1, "track": ["a" * length, "b"], "model": "m"})
        assert max(map(len, text.splitlines())) <= max(WIDTH, length + 9)
        assert json.loads(text) == {"specc": 1, "track": ["a" * length, "b"], "model": "m"}


@pytest.mark.parametrize(
    "endpoint",
    [{"a": {"inputs": [], "outputs": "bool[]"}, "endpoints": {"inputs": [], "outputs": {"endpoints": "bool[]"}}}],
)
def test_only_the_documents_own_endpoints_are_opened(endpoint: dict[str, Any]) -> None:
    assert '"outputs": {"endpoints": "bool[]"}' in lay_out({"specc": 1, "endpoints": endpoint})


@given(document_texts())
def test_formatting_changes_nothing_that_is_said_and_nothing_twice(text: str) -> None:
    once = loads(text)
    canonical = dump(once)
    assert loads(canonical) == once
    assert dump(loads(canonical)) == canonical
    assert canonical.endswith("}\n")
    assert "\r" not in canonical
    assert not [line for line in canonical.splitlines() if line != line.rstrip()]
