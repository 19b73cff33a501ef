"""Examples that do not fit their endpoint: each finding at its place, and the valid neighbour of each."""

from __future__ import annotations

import json
from typing import Any

import pytest
from finding_cases import Case, assert_case, batched, described, errors, ragged, sparse, spec, tensor

from specc.errors import SpecError
from specc.language.calls.read import read_example
from specc.language.examples import Example
from specc.language.load import from_json, loads

AT = "endpoints.e.examples.x"
PAIR = {"kind": "namedtuple", "typename": "P", "fields": [["l", "int8[]"], ["r", "int8[]"]]}
DEFAULT = tensor("float32", [2], default=[1, 2])


def with_example(inputs: list[Any], outputs: Any, example: dict[str, Any], **dims: Any) -> dict[str, Any]:
    arguments = {"arguments": [f"x{index}" for index in range(len(inputs))]} if len(inputs) != 1 else {}
    endpoint = {"inputs": inputs, "outputs": outputs, **arguments, "examples": {"x": example}}
    return spec({"e": endpoint}, dims={"batch": {}, **dims})


@pytest.mark.parametrize(
    ("tree", "bad", "good", "finding"),
    [
        ("int64[]", "7", 7, "[0]: '7' is not a value of dtype int64"),
        ("int64[]", 7.5, 7.0, "[0]: the number 7.5 is not a value of dtype int64"),
        ("int8[2]", [0, 128], [0, 127], "[0][1]: the number 128 is not a value of dtype int8"),
        ("bool[]", 1, True, "[0]: the number 1 is not a value of dtype bool; write true"),
        ("float32[]", "nan", "NaN", "[0]: 'nan' is not a value of dtype float32; did you mean 'NaN'?"),
        ("float32[2]", [1, 1e39], [1, 3e38], "[0][1]: 1e+39 is beyond what float32 can represent"),
        ("float8_e4m3fn[]", "Infinity", "NaN", "[0]: 'Infinity' is beyond what float8_e4m3fn can represent"),
        ("bfloat16[]", 3.4e38, 3e38, "[0]: 3.4e+38 is beyond what bfloat16 can represent"),
        ("string[]", 7, "7", "[0]: the number 7 is not a value of dtype string"),
        ("string[]", {"base64": "/w"}, {"base64": "/w=="}, "[0]: an object is not a value of dtype string"),
        ("complex64[]", {"real": 1}, {"real": 1, "imag": 0}, "[0]: an object is not a value of dtype complex64"),
        ("int8[2]", None, [1, 2], "[0]: expected values of dtype int8, found null"),
        ("int8[2]", {"a": 1}, [1, 2], "[0]: expected values of dtype int8, found an object"),
        ("int8[2]", 1, [1, 2], "[0]: expected the shape [2], found []"),
        ("int8[batch]", [[1]], [1], "[0]: expected the shape [batch], found [1, 1]"),
        ("int8[?, 2]", [[1, 2, 3]], [[1, 2]], "[0]: expected the shape [?, 2], found [1, 3]"),
        ("int8[?, ?]", [[1], [2, 3]], [[1], [2]], "[0]: the rows differ in length: a tensor has one size an axis"),
        ("int8[...]", [[1], 2], [[1], [2]], "[0]: the rows differ in length: a tensor has one size an axis"),
        ({"a": "int8[]"}, {"b": 1, "a": 1}, {"a": 1}, "[0].b: there is no 'b' here; the keys here are a"),
        ({"user": "int8[]"}, {"usr": 1, "user": 1}, {"user": 1}, "[0].usr: there is no 'usr' here; did you mean 'user'?"),
        ({"a": "int8[]", "b": DEFAULT}, {}, {"a": 1}, "[0]: the key 'a' is missing"),
        ({"a": "int8[]"}, [1], {"a": 1}, "[0]: expected an object, found an array; the keys here are a"),
        (PAIR, [1, 2], {"l": 1, "r": 2}, "[0]: expected an object, found an array; the keys here are l, r"),
        (["int8[]", "int8[]"], [1], [1, 2], "[0]: expected an array of 2 items, found an array of 1"),
        (["int8[]"], {"a": 1}, [1], "[0]: expected an array of 1 item, found an object"),
        (tensor("float32", [2], minimum=0.1), [0.1, 0.09], [0.1, 1], "[0][1]: 0.09 is outside of the bounds: minimum 0.1"),
        (tensor("int8", [], minimum=0, maximum=9), 10, 9, "[0]: 10 is outside of the bounds: minimum 0, maximum 9"),
        (tensor("float32", [], maximum=1), "NaN", 1, "[0]: 'NaN' is outside of the bounds: maximum 1.0"),
        (ragged("int8", ["batch", "?"]), 1, [[1]], "[0]: expected an array of axis 0, found the number 1"),
        (ragged("int8", ["batch", "?"]), [[1], 2], [[1], [2]], "[0][1]: expected an array of axis 1, found the number 2"),
        (ragged("int8", ["batch", "?"]), [[], [1, "x"]], [[], [1]], "[0][1][1]: 'x' is not a value of dtype int8"),
        (ragged("int8", ["batch", "?", 2]), [[[1]]], [[[1, 2]]], "[0]: expected the shape [?, 2] of the values, found [1, 1]"),
        (ragged("int8", [2, "?"]), [[1]], [[1], []], "[0]: expected the shape [3] of the row_splits, found [2]"),
        (ragged("int8", [2, 1]), [[1], []], [[1], [2]], "[0][1]: a row of 0, where axis 1 has the size 1"),
        (
            sparse("int8", ["batch", 3]),
            [[1]],
            {"indices": [], "values": [], "dense_shape": [0, 3]},
            '[0]: expected the three parts of a sparse tensor, found an array; write {"indices": [[0, 2]], "values": [0.5], "dense_shape": [1, 3]}',
        ),
        (
            sparse("int8", ["batch", 3]),
            {"indices": [[0, 3]], "values": [1], "dense_shape": [1, 3]},
            {"indices": [[0, 2]], "values": [1], "dense_shape": [1, 3]},
            "[0]: the index [0, 3] is outside of the dense shape [1, 3]",
        ),
        (
            sparse("int8", ["batch", 3]),
            {"indices": [[0, 2]], "values": [1, 2], "dense_shape": [1, 3]},
            {"indices": [[0, 2]], "values": [1], "dense_shape": [1, 3]},
            "[0]: the indices have the shape [1, 2], for 2 values of rank 2",
        ),
        (
            sparse("int8", ["batch", 3]),
            {"indices": [[0, 2]], "values": [1], "dense_shape": [1, 4]},
            {"indices": [[0, 2]], "values": [1], "dense_shape": [2, 3]},
            "[0]: expected the shape [batch, 3], found the dense shape [1, 4]",
        ),
    ],
)  # fmt: skip
def test_a_value_and_its_correction(tree: Any, bad: Any, good: Any, finding: str) -> None:
    cases = (with_example([tree], "bool[]", {"inputs": [value]}) for value in (bad, good))
    assert_case(Case(next(cases), [f"{AT}.inputs{finding}"], next(cases)), "bad-example")


@pytest.mark.parametrize(
    ("bad", "good", "finding"),
    [
        (1, [1, [2, 2]], 'inputs: expected an array of arguments, found the number 1; write one entry for each argument, or {"file": "NAME.npz"}'),
        ([], [1], "inputs: the argument 'x0' is missing"),
        ([1, [2, 2], 3], [1, [2, 2]], "inputs[2]: the endpoint has 2 arguments, not 3"),
    ],
)  # fmt: skip
def test_the_list_of_arguments(bad: Any, good: Any, finding: str) -> None:
    cases = (with_example(["int8[]", DEFAULT], "bool[]", {"inputs": value}) for value in (bad, good))
    assert_case(Case(next(cases), [f"{AT}.{finding}"], next(cases)), "bad-example")


@pytest.mark.parametrize(
    ("bad", "good", "finding"),
    [
        ({"c": 1}, {"a": None}, ".c: there is no 'c' here; the keys here are a, b"),
        ({"a": "x"}, None, ".a: 'x' is not a value of dtype int8"),
        ({"b": [None]}, {"b": [None, [1]]}, ".b: expected an array of 2 items, found an array of 1"),
        ({"b": [None, [1, 2]]}, {}, ".b[1]: expected the shape [1], found [2]"),
    ],
)
def test_outputs_may_leave_out_any_part(bad: Any, good: Any, finding: str) -> None:
    tree = {"a": "int8[]", "b": ["int8[]", "int8[1]"]}
    cases = (with_example([], tree, {"inputs": [], "outputs": value}) for value in (bad, good))
    assert_case(Case(next(cases), [f"{AT}.outputs{finding}"], next(cases)), "bad-example")


def test_a_named_dim_has_one_size_in_inputs_and_outputs() -> None:
    inputs = ["int8[batch]", sparse("int8", ["batch", 3])]
    parts = {"indices": [], "values": [], "dense_shape": [2, 3]}
    bad = with_example(inputs, ragged("int8", ["batch", "?"]), {"inputs": [[1, 2], parts], "outputs": [[1]]})
    good = with_example(inputs, ragged("int8", ["batch", "?"]), {"inputs": [[1, 2], parts], "outputs": [[1], []]})
    found = (
        f"{AT}.outputs: the dim 'batch' has the size 1 here, and 2 at {AT}.inputs[0]; a named dim has one size within "
        f"a call; see {AT}.inputs[0]: 'batch' has the size 2 here"
    )
    assert_case(Case(bad, [found], good), "bad-example")
    other = with_example(["int8[batch, batch]"], "bool[]", {"inputs": [[[1, 2]]]})
    assert len(errors(other)) == 1


@pytest.mark.parametrize(
    ("dim", "sizes", "finding"),
    [
        ({"min": 2}, (1, 2), "the dim 'n' has the size 1 here, and must be at least 2"),
        ({"max": 2}, (3, 2), "the dim 'n' has the size 3 here, and must be from 0 to 2"),
    ],
)
def test_a_dim_is_within_its_bounds_unless_an_error_is_expected(dim: Any, sizes: Any, finding: str) -> None:
    inputs = ["int8[n]", "int8[n, ?]", tensor("int8", ["?"], maximum=9)]
    cases = [with_example(inputs, "bool[]", {"inputs": [[1] * size, [[1]] * size, [1]]}, n=dim) for size in sizes]
    assert_case(Case(cases[0], [f"{AT}.inputs[0]: {finding}"], cases[1]), "bad-example")
    refused = {"inputs": [[1] * sizes[0], [[1]] * sizes[0], [99]], "error": "out of range"}
    assert errors(with_example(inputs, "bool[]", refused, n=dim)) == ()
    for wrong in ([[1], [[1]], ["x"]], [[1], [1], [1]], [[1], [[1]] * 2, [1]]):
        assert len(errors(with_example(inputs, "bool[]", {"inputs": wrong, "error": ""}, n=dim))) == 1


def test_an_expected_output_may_be_beyond_its_bounds_by_rounding() -> None:
    def found(**outputs: Any) -> tuple[Any, ...]:
        tree = {"f": tensor("float32", [], maximum=1), "i": tensor("int8", [], maximum=1)}
        return errors(with_example([], tree, {"inputs": [], "outputs": outputs}))

    assert found(f=1.00005, i=1) == ()
    assert len(found(f=1.001)) == 1
    assert len(found(i=2)) == 1


@pytest.mark.parametrize(
    ("example", "rule", "finding"),
    [
        ({"inputs": [1], "outputs": True, "error": ""}, "bad-example", ": a call has outputs or an error, and not both; remove one of them"),
        ({"outputs": True}, "missing-key", ": the key 'inputs' is missing"),
        ({"inputs": [1], "output": True}, "unknown-key", ".output: unknown key 'output'; did you mean 'outputs'?"),
        ({"inputs": [1], "error": 1}, "wrong-type", ".error: expected a string, found the number 1"),
    ],
)  # fmt: skip
def test_an_example_is_a_closed_object(example: Any, rule: str, finding: str) -> None:
    good = with_example(["int8[]"], "bool[]", {"inputs": [1], "outputs": True})
    assert_case(Case(with_example(["int8[]"], "bool[]", example), [f"{AT}{finding}"], good), rule)


@pytest.mark.parametrize("name", ["", ".a", "-a", "a b", "a/b", "é", "a\n"])
def test_the_name_of_an_example_can_be_that_of_a_file(name: str) -> None:
    data = with_example(["int8[]"], "bool[]", {"inputs": [1]})
    data["endpoints"]["e"]["examples"] = {name: {"inputs": [1]}}
    (found,) = errors(data)
    assert found.rule == "bad-name"
    data["endpoints"]["e"]["examples"] = {"9.a-_B": {"inputs": [1]}}
    assert errors(data) == ()


def test_a_finding_has_a_line_and_a_column() -> None:
    text = json.dumps(with_example([{"user": "int64[batch]"}], "bool[]", {"inputs": [{"user": [7, "x"]}]}), indent=1)
    with pytest.raises(SpecError) as caught:
        loads(text)
    (found,) = caught.value.diagnostics
    assert found.location is not None
    assert found.location.excerpt.strip() == '"x"'
    assert text.splitlines()[found.location.line - 1].strip() == '"x"'


def test_findings_do_not_follow_from_a_defect_of_a_tree() -> None:
    data = with_example(["float33[batch]"], "bool[]", {"inputs": [["x"]], "outputs": True})
    assert [each.rule for each in errors(data)] == ["bad-dtype"]
    data = with_example(["int8[]"], "bol[]", {"inputs": [1], "outputs": True})
    assert [each.rule for each in errors(data)] == ["bad-dtype"]


def test_all_findings_of_all_examples_are_reported() -> None:
    endpoint = {"inputs": ["int8[]"], "outputs": "int8[]", "examples": {}}
    endpoint["examples"] = {name: {"inputs": ["x"], "outputs": "y"} for name in "ab"}
    found = described(errors(batched({"e": endpoint, "f": endpoint}, default=None)))
    assert len(found) == 8


def test_a_million_bad_values_are_one_finding_and_many_leaves_end_early() -> None:
    assert len(errors(with_example(["int8[?]"], "bool[]", {"inputs": [["x"] * 90_000]}))) == 1
    keys = {f"k{index}": 1 for index in range(5_000)}
    assert len(errors(with_example([{"a": "int8[]"}], "bool[]", {"inputs": [{**keys, "a": 1}]}))) == 1000


def test_many_examples_of_many_tensors_are_refused_early() -> None:
    tree = {f"k{index}": tensor("int8", [], default=1) for index in range(2_000)}
    endpoint = {
        "inputs": [tree],
        "outputs": "bool[]",
        "examples": {f"e{index}": {"inputs": [{}]} for index in range(1_000)},
    }
    assert described(errors(spec({"e": endpoint}))) == [
        "endpoints.e.examples: 1000 examples of 2001 tensors are too many to check; keep those that show something"
    ]


def test_two_tensors_of_one_name_are_found_before_a_call_is_made() -> None:
    tree = ragged("int8", ["?", "?"], names={"values": "a", "row_splits": ["a"]})
    document = from_json(with_example([tree], "bool[]", {"inputs": [[[1]]]}))  # describable, but not buildable
    with pytest.raises(SpecError, match="name-clash: two tensors have the wire name 'a'"):
        read_example(document, "e", Example(inputs=[[[1]]]), ())


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1: 2}, {1, 2}, b"x", object()])
def test_only_json_is_a_value(value: Any) -> None:
    with pytest.raises(SpecError):
        from_json(with_example(["float32[]"], "bool[]", {"inputs": [value]}))


def test_a_value_has_an_end() -> None:
    deep: Any = 1
    for _ in range(200):
        deep = [deep]
    with pytest.raises(SpecError):
        from_json(with_example(["float32[...]"], "bool[]", {"inputs": [deep]}))
