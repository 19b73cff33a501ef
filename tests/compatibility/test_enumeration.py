"""The enumeration that judges changes in the tests gives the verdicts that the definition's tables write down."""

from __future__ import annotations

from typing import Any

import pytest
from enumeration import breaks
from small_documents import ONE, TWO, YZ, X, document, io, ragged, sparse, tensor

from specc.language.document import Document


def verdict(old: Document, new: Document) -> str:
    """The surfaces that break, in the order wire, rest, python: ``wrp``, ``--p``, or ``---``."""
    found = breaks(old, new)
    return "".join(surface[0] if found[surface] else "-" for surface in ("wire", "rest", "python"))


SAFE, ALL = "---", "wrp"

SHAPES = {
    "a dim is renamed": ({"x": "int32[batch]"}, {"y": "int32[batch]"}, {"x": "int32[k]"}, {"y": "int32[k]"}, SAFE, SAFE),
    "a size and a dim of that one size": (
        {"x": "int32[three]"}, {"y": "int32[three]"}, {"x": "int32[3]"}, {"y": "int32[3]"}, SAFE, SAFE,
    ),
    "an input's bounds are narrowed": (
        {"x": "int32[free]"}, {"y": "int32[3]"}, {"x": "int32[time]"}, {"y": "int32[3]"}, ALL, SAFE,
    ),
    "an output grows with an input": (
        {"x": "int32[time]"}, {"y": "int32[time]"}, {"x": "int32[free]"}, {"y": "int32[free]"}, SAFE, ALL,
    ),
    "an output's own bounds are widened": (
        {"x": "int32[]"}, {"y": "int32[time]"}, {"x": "int32[]"}, {"y": "int32[free]"}, ALL, SAFE,
    ),
    "two inputs get separate dims": (
        {"a": "int32[k]", "b": "int32[k]"}, {"y": "int32[k]"},
        {"a": "int32[k]", "b": "int32[m]"}, {"y": "int32[k]"}, SAFE, ALL,
    ),
    "two inputs get separate dims, and an output follows neither": (
        {"a": "int32[k]", "b": "int32[k]"}, {"y": "int32[k]"},
        {"a": "int32[k]", "b": "int32[m]"}, {"y": "int32[free]"}, ALL, ALL,
    ),
    "an input is tied to another": (
        {"a": "int32[?]", "b": "int32[k]"}, {"y": "int32[]"},
        {"a": "int32[k]", "b": "int32[k]"}, {"y": "int32[]"}, ALL, SAFE,
    ),
    "a rectangle becomes a square": (
        {"a": "int32[k, m]"}, {"y": "int32[]"}, {"a": "int32[k, k]"}, {"y": "int32[]"}, ALL, SAFE,
    ),
    "an input's only dim is freed, an output still has it": (
        {"a": "int32[batch]"}, {"y": "int32[batch]"}, {"a": "int32[?]"}, {"y": "int32[batch]"}, ALL, SAFE,
    ),
    "an input's dim is freed, another input still has it": (
        {"a": "int32[batch]", "b": "int32[batch]"}, {"y": "int32[batch]"},
        {"a": "int32[?]", "b": "int32[batch]"}, {"y": "int32[batch]"}, SAFE, ALL,
    ),
    "an input's dim is freed that no output has": (
        {"a": "int32[batch]"}, {"y": "int32[]"}, {"a": "int32[?]"}, {"y": "int32[]"}, SAFE, SAFE,
    ),
    "dims are swapped over two inputs": (
        {"a": "int32[k]", "b": "int32[m]"}, {"y": "int32[k]"},
        {"a": "int32[m]", "b": "int32[k]"}, {"y": "int32[k]"}, ALL, ALL,
    ),
    "an output's dim of an input is freed": (
        {"x": "int32[batch]"}, {"y": "int32[batch]"}, {"x": "int32[batch]"}, {"y": "int32[?]"}, ALL, SAFE,
    ),
    "an output's size is freed": ({"x": "int32[]"}, {"y": "int32[3]"}, {"x": "int32[]"}, {"y": "int32[?]"}, ALL, SAFE),
    "an output's dim that nothing else has is freed": (
        {"x": "int32[]"}, {"y": "int32[k]"}, {"x": "int32[]"}, {"y": "int32[?]"}, SAFE, SAFE,
    ),
    "a tie within outputs is lost": (
        {"x": "int32[]"}, {"y": "int32[k, k]"}, {"x": "int32[]"}, {"y": "int32[k, m]"}, ALL, SAFE,
    ),
    "a tie within outputs is lost to sizes of no name": (
        {"x": "int32[]"}, {"y": "int32[k, k]"}, {"x": "int32[]"}, {"y": "int32[?, ?]"}, ALL, SAFE,
    ),
    "equal sizes become one dim": (
        {"a": "int32[3]", "b": "int32[3]"}, {"y": "int32[]"},
        {"a": "int32[k]", "b": "int32[k]"}, {"y": "int32[]"}, SAFE, ALL,
    ),
    "different sizes become one dim": (
        {"a": "int32[3]", "b": "int32[2]"}, {"y": "int32[]"},
        {"a": "int32[k]", "b": "int32[k]"}, {"y": "int32[]"}, ALL, ALL,
    ),
    "a size is changed": ({"x": "int32[3]"}, {"y": "int32[]"}, {"x": "int32[4]"}, {"y": "int32[]"}, ALL, ALL),
    "an input may have any rank": ({"x": "int32[k]"}, {"y": "int32[]"}, {"x": "int32[...]"}, {"y": "int32[]"}, SAFE, ALL),
    "an output may have any rank": ({"x": "int32[]"}, {"y": "int32[?]"}, {"x": "int32[]"}, {"y": "int32[...]"}, ALL, SAFE),
    "a size of an output follows an input": (
        {"x": "int32[three]"}, {"y": "int32[3]"}, {"x": "int32[k]"}, {"y": "int32[k]"}, SAFE, ALL,
    ),
}  # fmt: skip
"""Inputs and outputs of OLD and of NEW, and what breaks from OLD to NEW and from NEW to OLD."""


@pytest.mark.parametrize("case", SHAPES)
def test_sizes(case: str) -> None:
    old_inputs, old_outputs, new_inputs, new_outputs, there, back = SHAPES[case]
    scalar = {"z": "int32[]"}  # REST has no row format with a scalar
    old, new = (
        document(io(inputs, {**outputs, **scalar}))
        for inputs, outputs in ((old_inputs, old_outputs), (new_inputs, new_outputs))
    )
    assert (verdict(old, new), verdict(new, old)) == (there, back)


def two(*names: str, **trees: Any) -> dict[str, Any]:
    """An endpoint of the arguments ``names``."""
    trees = {name: trees.get(name, "int32[]") for name in names}
    return {"arguments": list(names), "inputs": list(trees.values()), "outputs": {"y": "int32[]", "z": "int32[]"}}


TENTH = tensor("float32[]", default=0.1)
PAIR = {"kind": "namedtuple", "typename": "Pair", "fields": [["a", X], ["b", X]]}

NAMES = {
    "a key is renamed, its wire name kept": (io({"x": X}, YZ), io({"u": tensor(X, name="x")}, YZ), "--p", "--p"),
    "a wire name is changed": (io({"x": X}, YZ), io({"x": tensor(X, name="u")}, YZ), "wr-", "wr-"),
    "the same wire names in another structure": (
        io({"x": {"u": X}}, YZ), io({"x": [tensor(X, name="x_u")]}, YZ), "--p", "--p",
    ),
    "wire names are swapped": (
        io({"a": tensor(X, name="x"), "b": tensor(X, name="y")}, YZ),
        io({"a": tensor(X, name="y"), "b": tensor(X, name="x")}, YZ), SAFE, SAFE,
    ),
    "wire names are swapped over two shapes": (
        io({"a": tensor(X, name="x"), "b": tensor("int32[3]", name="y")}, YZ),
        io({"a": tensor(X, name="y"), "b": tensor("int32[3]", name="x")}, YZ), "wr-", "wr-",
    ),
    "a list becomes a tuple": (io({"x": [X]}, YZ), io({"x": {"kind": "tuple", "items": [X]}}, YZ), "--p", "--p"),
    "a namedtuple is called otherwise": (io(PAIR, YZ), io({**PAIR, "typename": "Other"}, YZ), SAFE, SAFE),
    "the fields of a namedtuple change places": (io(PAIR, YZ), io({**PAIR, "fields": PAIR["fields"][::-1]}, YZ), "--p", "--p"),
    "an output is added to a dict": (io({"x": X}, YZ), io({"x": X}, {**YZ, "w": X}), SAFE, ALL),
    "an output is added to an inner dict": (
        io({"x": X}, {"y": X, "z": {"u": X}}), io({"x": X}, {"y": X, "z": {"u": X, "v": X}}), SAFE, ALL,
    ),
    "an output is added to a list": (io({"x": X}, [X, X]), io({"x": X}, [X, X, X]), "--p", ALL),
    "an output is added to a namedtuple": (
        io({"x": X}, PAIR), io({"x": X}, {**PAIR, "fields": [*PAIR["fields"], ["c", X]]}), "--p", ALL,
    ),
    "the only output is renamed": (io({"x": X}, {"y": X}), io({"x": X}, {"z": X}), "w-p", "w-p"),
    "the only output is renamed on the wire": (
        io({"x": X}, {"y": X}), io({"x": X}, {"y": tensor(X, name="z")}), "w--", "w--",
    ),
    "the only output is a string, and becomes bytes": (
        io({"x": X}, {"y": "string[]"}), io({"x": X}, {"y": tensor("string[]", name="y_bytes")}), "wr-", "wr-",
    ),
    "a second output": (io({"x": X}, {"y": X}), io({"x": X}, YZ), "-r-", ALL),
    "a bare output becomes one of a dict": (io({"x": X}, X), io({"x": X}, {"output_0": X}), "--p", "--p"),
    "a scalar beside outputs with rows": (
        io({"x": "int32[batch]"}, {"y": "int32[batch]", "z": "int32[batch]"}),
        io({"x": "int32[batch]"}, {"y": "int32[batch]", "z": "int32[batch]", "w": X}), "-r-", ALL,
    ),
    "another number of rows": (
        io({"x": "int32[batch]"}, {"y": "int32[batch]", "z": "int32[batch]"}),
        io({"x": "int32[batch]"}, {"y": "int32[batch]", "z": "int32[batch]", "w": "int32[k]"}), "-r-", ALL,
    ),
    "the same number of rows": (
        io({"x": "int32[batch]"}, {"y": "int32[batch]", "z": "int32[batch]"}),
        io({"x": "int32[batch]"}, {"y": "int32[batch]", "z": "int32[batch]", "w": "int32[batch, k]"}), SAFE, ALL,
    ),
    "a scalar beside outputs without rows": (
        io({"x": "int32[batch]"}, {"y": "int32[batch]", "z": "int32[k]"}),
        io({"x": "int32[batch]"}, {"y": "int32[batch]", "z": "int32[k]", "w": X}), SAFE, ALL,
    ),
    "the only input is renamed": (io({"x": X}, YZ), io({"u": X}, YZ), ALL, ALL),
    "a second input": (io({"x": X}, YZ), io({"x": X, "u": X}, YZ), ALL, ALL),
    "a second input with a default": (io({"x": X}, YZ), io({"x": X, "u": ONE}, YZ), "-rp", ALL),
}  # fmt: skip

DEFAULTS = {
    "a default is changed": (io({"x": X, "u": ONE}, YZ), io({"x": X, "u": TWO}, YZ), "w--", "w--"),
    "a default is removed": (io({"x": X, "u": ONE}, YZ), io({"x": X, "u": X}, YZ), "w--", SAFE),
    "the default of a whole argument is changed": (two("a", "b", b=ONE), two("a", "b", b=TWO), "w-p", "w-p"),
    "the default of a whole argument is removed": (two("a", "b", b=ONE), two("a", "b"), "w-p", SAFE),
    "the default of an argument that is not the last is changed": (
        two("a", "b", a=ONE), two("a", "b", a=TWO), "w--", "w--",
    ),
    "a default is written otherwise": (
        io({"x": TENTH}, YZ), io({"x": tensor("float32[]", default=0.10000000149011612)}, YZ), SAFE, SAFE,
    ),
    "a default is 0 and -0": (
        io({"x": tensor("float32[]", default=0.0)}, YZ), io({"x": tensor("float32[]", default=-0.0)}, YZ), "w-p", "w-p",
    ),
    "a default is not a number": (
        io({"x": tensor("float32[]", default="NaN")}, YZ), io({"x": tensor("float32[]", default="NaN")}, YZ), SAFE, SAFE,
    ),
    "an argument with a default at the end": (two("a"), two("a", "b", b=ONE), "-r-", ALL),
    "an argument without a default at the end": (two("a"), two("a", "b"), ALL, ALL),
    "an argument with a default at the start": (two("a"), two("b", "a", b=ONE), "-rp", ALL),
    "arguments change places": (two("a", "b"), two("b", "a"), "--p", "--p"),
    "arguments with defaults change places": (two("a", "b", a=ONE, b=ONE), two("b", "a", a=ONE, b=ONE), "--p", "--p"),
    "an argument is renamed": (two("a"), {**two("b"), "inputs": [tensor(X, name="a")]}, "--p", "--p"),
}  # fmt: skip

KINDS = {
    "a dtype is widened": (io({"x": "int32[3]"}, YZ), io({"x": "int64[3]"}, YZ), ALL, ALL),
    "a dense tensor becomes sparse": (io({"x": "int32[?, ?]"}, YZ), io({"x": sparse(["?", "?"])}, YZ), ALL, ALL),
    "a sparse shape is freed": (io({"x": sparse([3, "k"])}, YZ), io({"x": sparse(["?", "?"])}, YZ), SAFE, ALL),
    "the rows of a ragged tensor are tied": (
        io({"x": ragged(["k", "?"]), "u": "int32[m]"}, YZ), io({"x": ragged(["k", "?"]), "u": "int32[k]"}, YZ), ALL, SAFE,
    ),
    "the uniform size of a ragged tensor": (
        io({"x": ragged(["k", "?", "?"])}, YZ), io({"x": ragged(["k", "?", 2])}, YZ), ALL, SAFE,
    ),
    "another ragged rank": (
        io({"x": ragged(["k", "?", "?"])}, YZ), io({"x": ragged(["k", "?", "?"], ragged_rank=2)}, YZ), ALL, ALL,
    ),
    "other row splits": (
        io({"x": ragged(["k", "?"])}, YZ), io({"x": ragged(["k", "?"], row_splits_dtype="int32")}, YZ), ALL, ALL,
    ),
    "the only output becomes several tensors": (
        io({"x": X}, {"y": "int32[]"}), io({"x": X}, {"y": ragged(["k", "?"])}), ALL, ALL,
    ),
    "a component is renamed": (
        io({"x": ragged(["k", "?"])}, YZ), io({"x": ragged(["k", "?"], names={"values": "v"})}, YZ), "wr-", "wr-",
    ),
    "an input's range is narrowed": (
        io({"x": tensor("int32[k]", minimum=0)}, YZ), io({"x": tensor("int32[k]", minimum=0, maximum=9)}, YZ), ALL, SAFE,
    ),
    "an output's range is widened": (
        io({"x": X}, {"y": tensor(X, maximum=3), "z": X}), io({"x": X}, {"y": tensor(X, maximum=4), "z": X}), ALL, SAFE,
    ),
    "a bound that the dtype has": (
        io({"x": tensor("int8[]", minimum=-128)}, YZ), io({"x": tensor("int8[]", maximum=127)}, YZ), SAFE, SAFE,
    ),
    "a bound at infinity": (
        io({"x": tensor("float32[]", minimum="-Infinity")}, YZ), io({"x": tensor("float32[]")}, YZ), SAFE, SAFE,
    ),
    "a bound between the same two numbers": (
        io({"x": tensor("float32[]", minimum=0.1)}, YZ),
        io({"x": tensor("float32[]", minimum=0.10000000149011612)}, YZ), SAFE, SAFE,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", NAMES | DEFAULTS | KINDS)
def test_names_defaults_and_kinds(case: str) -> None:
    old, new, there, back = (NAMES | DEFAULTS | KINDS)[case]
    before, after = document(old), document(new)
    assert (verdict(before, after), verdict(after, before)) == (there, back)


ROWS = io({"x": "int32[batch, 3]", "u": "float32[batch, free]"}, YZ)
NEST = {"a": two("a"), "b": two("a"), "c": two("a")}
EXAMPLE, SEQUENCE = {"kind": "tf_example"}, {"kind": "tf_sequence_example"}


def received(kind: Any = EXAMPLE, endpoint: Any = ROWS, **features: Any) -> dict[str, Any]:
    """An endpoint with a receiver."""
    return {**endpoint, "receivers": {"rec": {**kind, "features": features} if features else kind}}


def dense(shape: str) -> dict[str, Any]:
    return io({"x": f"int32[batch, {shape}]", "u": "float32[batch, free]"}, YZ)


RECEIVERS = {
    "a receiver": (ROWS, received(), SAFE, "wr-"),
    "another protocol buffer": (received(), received(SEQUENCE), "wr-", "wr-"),
    "a key": (received(), received(x={"key": "v"}), "wr-", "wr-"),
    "a key of a feature with a default": (
        received(x={"default": [1, 2, 3]}), received(x={"key": "v", "default": [1, 2, 3]}), "wr-", "wr-",
    ),
    "the default of a feature is removed": (received(x={"default": [1, 2, 3]}), received(), "wr-", SAFE),
    "the default of a feature is changed": (
        received(x={"default": [1, 2, 3]}), received(x={"default": [1, 2, 4]}), "wr-", "wr-",
    ),
    "the padding of a sequence is changed": (received(u={"default": 0.5}), received(u={"default": 0.25}), "wr-", "wr-"),
    "the padding of a sequence is stated": (received(), received(u={"default": 0.0}), SAFE, SAFE),
    "a fixed feature becomes a sequence": (received(), received(endpoint=dense("three")), SAFE, "wr-"),
    "a fixed feature of any size becomes a sequence": (received(), received(endpoint=dense("k")), SAFE, ALL),
    "a feature moves to the lists": (received(SEQUENCE), received(SEQUENCE, x={"sequence": True}), "wr-", "wr-"),
    "a receiver is the plain signature": (received(), {**received(), "receiver": "rec"}, "wr-", "wr-"),
    "a scalar's default is not in the messages": (
        received(endpoint=io({"x": "int32[batch]", "u": ONE}, YZ)),
        received(endpoint=io({"x": "int32[batch]", "u": TWO}, YZ)), "wr-", "wr-",
    ),
}  # fmt: skip


def collected(*contents: Any) -> dict[str, Any]:
    """A document with a collection whose members are pinned."""
    return {
        "variable_collections": {
            "weights": [
                {"from": f"v{index}", **({} if content is None else {"content": content})}
                for index, content in enumerate(contents)
            ]
        }
    }


ENDPOINTS = {
    "an endpoint is removed": (NEST, {"default": "a"}, {"a": two("a"), "b": two("a")}, {"default": "a"}, ALL, SAFE),
    "an optional endpoint is removed": (
        {"a": two("a"), "b": {**two("a"), "optional": True}}, {"default": "a"}, {"a": two("a")}, {}, SAFE, SAFE,
    ),
    "an endpoint is made optional": (
        NEST, {"default": "a"}, {**NEST, "b": {**two("a"), "optional": True}}, {"default": "a"}, ALL, SAFE,
    ),
    "the default goes": (NEST, {"default": "a"}, NEST, {"default": None}, "wr-", SAFE),
    "the default is switched": (NEST, {"default": "a"}, NEST, {"default": "b"}, "wr-", "wr-"),
    "the default is renamed": ({"serving_default": two("a")}, {}, {"score": two("a")}, {}, "--p", ALL),
    "the default is renamed and changed": ({"serving_default": two("a")}, {}, {"score": two("b")}, {}, ALL, ALL),
    "the method": (
        {"a": {**two("a"), "outputs": {"loss": X, "predictions": X}}}, {"default": None},
        {"a": {**two("a"), "outputs": {"loss": X, "predictions": X}, "method": "eval"}}, {"default": None}, "wr-", "w--",
    ),
    "a tag": (NEST, {"default": "a"}, NEST, {"default": "a", "save_options": {"extra_tags": ["gpu"]}}, "wr-", "wr-"),
    "the mode": (NEST, {"default": "a"}, NEST, {"default": "a", "mode": "eval"}, "wr-", "wr-"),
    "the saver": (
        NEST, {"default": "a"}, NEST, {"default": "a", "save_options": {"experimental_skip_saver": True}}, "wr-", SAFE,
    ),
    "serving only": (
        {**NEST, "b": {**two("a"), "outputs": {"loss": X, "predictions": X}, "method": "eval"}}, {"default": "a"},
        {**NEST, "b": {**two("a"), "outputs": {"loss": X, "predictions": X}, "method": "eval"}},
        {"default": "a", "serving_only": True}, "w--", SAFE,
    ),
    "gradients": (NEST, {"default": "a"}, {**NEST, "b": {**two("a"), "gradients": False}}, {"default": "a"}, "--p", SAFE),
    "gradients of all": (
        NEST, {"default": "a"}, NEST, {"default": "a", "save_options": {"experimental_custom_gradients": False}},
        "--p", SAFE,
    ),
    "an alias": (
        NEST, {"default": "a", "save_options": {"function_aliases": {"f": "b"}}}, NEST, {"default": "a"}, "w--", SAFE,
    ),
    "a collection": (
        NEST, {"default": "a", "variable_collections": {"weights": "variables"}}, NEST, {"default": "a"}, "--p", SAFE,
    ),
    "the computation": (NEST, {"default": "a"}, {**NEST, "b": {**two("a"), "function": "other"}}, {"default": "a"}, SAFE, SAFE),
}  # fmt: skip

MEMBERS = {
    "a member is added": (
        collected({"w": "float32[3]"}),
        collected({"w": "float32[3]", "b": "float32[3]"}),
        SAFE,
        "--p",
    ),
    "a member moves to another selection": (
        collected({"w": "float32[3]", "b": X}),
        collected({"w": "float32[3]"}, {"b": X}),
        SAFE,
        SAFE,
    ),
    "the dtype of a member": (collected({"w": "float32[3]"}), collected({"w": "float16[3]"}), "--p", "--p"),
    "the size of a member is freed": (collected({"w": "float32[3]"}), collected({"w": "float32[?]"}), "--p", SAFE),
    "the rank of a member is freed": (collected({"w": "float32[?]"}), collected({"w": "float32[...]"}), "--p", SAFE),
    "nothing is pinned": (collected({"w": "float32[3]"}), collected(None), SAFE, SAFE),
}


@pytest.mark.parametrize("case", RECEIVERS)
def test_receivers(case: str) -> None:
    old, new, there, back = RECEIVERS[case]
    before, after = document(old), document(new)
    assert (verdict(before, after), verdict(after, before)) == (there, back)


@pytest.mark.parametrize("case", ENDPOINTS)
def test_endpoints_and_archive(case: str) -> None:
    old, old_said, new, new_said, there, back = ENDPOINTS[case]
    before, after = document(old, **old_said), document(new, **new_said)
    assert (verdict(before, after), verdict(after, before)) == (there, back)


@pytest.mark.parametrize("case", MEMBERS)
def test_members_of_collections(case: str) -> None:
    old, new, there, back = MEMBERS[case]
    before, after = document(two("a"), **old), document(two("a"), **new)
    assert (verdict(before, after), verdict(after, before)) == (there, back)
