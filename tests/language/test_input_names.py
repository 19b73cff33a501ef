"""Legal wire names of inputs, and names that clash in TensorFlow."""

from __future__ import annotations

from typing import Any

import pytest

from specc.errors import SpecError
from specc.language.load import from_json, require_buildable
from specc.language.validation.buildable import is_argument_name, is_input_name
from specc.language.wire_names import parameter_name
from specc.scaffold.inferred_spec import with_legal_names


def named(*names: str) -> dict[str, Any]:
    """A document of one endpoint with an input of each name."""
    leaves = [{"kind": "tensor", "dtype": "bool", "shape": [], "name": name} for name in names]
    arguments = [f"x{index}" for index in range(len(names))]
    return {"specc": 1, "endpoints": {"serve": {"arguments": arguments, "inputs": leaves, "outputs": "bool[]"}}}


@pytest.mark.parametrize(
    "name",
    [
        "input-ids", "category-list__values", "a.b", "a/b", "a/b/c", "1st", "1", "A", "a-", "a.", "x_", "text/1st-title",
        "class-", "a.class", "selfish", "a/_b", "a/-b", "None.",
    ],
)  # fmt: skip
def test_a_legal_wire_name(name: str) -> None:
    assert is_input_name(name)
    require_buildable(from_json(named(name)))


@pytest.mark.parametrize(
    "name",
    ["", "a b", "é", "a//b", "/a", "a/", "/", "-a", ".a", "_a", "self", "class", "None", "a:0", "a\\b", "a>b", "a\n"],
)
def test_an_illegal_wire_name(name: str) -> None:
    assert not is_input_name(name)
    if name:
        with pytest.raises(SpecError) as caught:
            require_buildable(from_json(named(name)))
        assert [finding.rule for finding in caught.value.diagnostics] == ["bad-name"]


@pytest.mark.parametrize("name", ["input-ids", "a.b", "a/b", "1st", "_x", "self", "class", "é"])
def test_an_argument_is_a_parameter_of_python(name: str) -> None:
    assert not is_argument_name(name)
    data = named("x")
    data["endpoints"]["serve"]["arguments"] = [name]
    with pytest.raises(SpecError) as caught:
        require_buildable(from_json(data))
    assert [(finding.rule, finding.path) for finding in caught.value.diagnostics] == [
        ("bad-name", ("endpoints", "serve", "arguments", 0))
    ]


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        ("a-b", "a_b", "both are the parameter 'a_b' of a loaded signature"),
        ("a.b", "a-b", "both are the parameter 'a_b' of a loaded signature"),
        ("a/b", "a_b", "both are the parameter 'a_b' of a loaded signature"),
        ("1st", "arg_1st", "both are the parameter 'arg_1st' of a loaded signature"),
        ("1-t", "1.t", "both are the parameter 'arg_1_t' of a loaded signature"),
        ("A-b", "a-b", "TensorFlow ignores case here"),
        ("IDS", "ids", "TensorFlow ignores case here"),
    ],
)
def test_two_names_that_are_one_to_tensorflow_are_an_error_that_names_both(one: str, other: str, why: str) -> None:
    with pytest.raises(SpecError) as caught:
        require_buildable(from_json(named(one, other)))
    assert [str(finding) for finding in caught.value.diagnostics] == [
        f"endpoints.serve.inputs[1].name: name-clash: the wire name {other!r} clashes: the leaf at "
        f'endpoints.serve.inputs[0] has {one!r} ({why}); give one of them a "name"'
    ]


@pytest.mark.parametrize("pair", [("A-b", "a_b"), ("a", "a/b"), ("a-b", "ab"), ("a/b", "a/b/c"), ("1", "10")])
def test_names_that_tensorflow_tells_apart_are_legal_together(pair: tuple[str, str]) -> None:
    require_buildable(from_json(named(*pair)))


def test_components_are_held_against_each_other_too() -> None:
    ragged = {"kind": "ragged", "dtype": "int64", "shape": ["?", "?"], "name": "category-list_"}
    data = named("category_list-.values")
    data["endpoints"]["serve"] |= {"arguments": ["x", "y"], "inputs": [*data["endpoints"]["serve"]["inputs"], ragged]}
    with pytest.raises(SpecError) as caught:
        require_buildable(from_json(data))
    (clash,) = caught.value.diagnostics
    assert clash.rule == "name-clash"
    assert "'category-list__values' clashes" in clash.message
    assert "'category_list-.values'" in clash.message


def test_the_parameter_of_a_loaded_signature() -> None:
    names = ("input-ids", "a.b", "a/b", "1st", "A-x", "plain_1")
    assert [parameter_name(name) for name in names] == ["input_ids", "a_b", "a_b", "arg_1st", "A_x", "plain_1"]


def test_a_first_spec_keeps_legal_wire_names_and_mends_the_others() -> None:
    found = from_json(named("input-ids", "a//b", "a b", "a/b_2", "1st", "a_b", "é"))
    endpoint = found.endpoints["serve"].model_copy(update={"arguments": ("input-ids", *"bcdefg")})
    legal, guesses = with_legal_names(endpoint, ("endpoints", "serve"))
    assert legal.arguments == ("input_ids", *"bcdefg")
    names = [getattr(tree, "name", None) for tree in legal.inputs]
    assert names == ["input-ids", "a/b_3", "a_b_4", "a/b_2", "1st", "a_b", "input"]
    assert [guess.message for guess in guesses] == [
        "renamed from 'input-ids', which cannot be an argument name",
        "wire name 'a/b_3', since 'a//b' is not legal or is already taken",
        "wire name 'a_b_4', since 'a b' is not legal or is already taken",
        "wire name 'input', since 'é' is not legal or is already taken",
    ]


def test_a_renamed_argument_does_not_rename_the_wire() -> None:
    data = {
        "specc": 1,
        "endpoints": {"serve": {"arguments": ["a.b", "c"], "inputs": ["bool[]", ["bool[]"]], "outputs": "bool[]"}},
    }
    legal, _ = with_legal_names(from_json(data).endpoints["serve"], ("endpoints", "serve"))
    assert legal.arguments == ("a_b", "c")
    assert legal.inputs[0].name == "a.b"  # type: ignore[union-attr]
