"""Wire names are linked to leaves only by what a graph records, never by a guess."""

from typing import Any

import pytest

from specc.language.load import from_json
from specc.language.trees import tensor
from specc.language.wire_names import input_leaves
from specc.reader.linking import link
from specc.reader.protobuf.wire_format import archive_budget
from specc.reader.signature_defs import WireTensor

RAGGED = {"kind": "ragged", "dtype": "float32", "shape": ["?", "?"]}
SPLITS = "int64[?]"


def linked(inputs: list[Any], wire: dict[str, str], recorded: tuple[str, ...] = ()) -> Any:
    arguments = ["x", "y", "z"][: len(inputs)]
    endpoint = {"function": None, "arguments": arguments, "inputs": inputs, "outputs": "float32[]"}
    leaves = input_leaves(from_json({"specc": 1, "endpoints": {"f": endpoint}}).endpoints["f"])
    tensors = {name: tensor(text) for name, text in wire.items()}
    return link(
        leaves,
        {name: WireTensor(found.dtype, found.shape) for name, found in tensors.items()},
        archive_budget(),
        recorded,
    )


CASES: dict[str, tuple[Any, Any]] = {
    "derived names": (linked([{"a": "int8[2]"}], {"a": "int8[2]"}), [("a",)]),
    "derived names, with a shape that knows more": (linked(["int8[?]"], {"x": "int8[2]"}), [("x",)]),
    "recorded names": (linked([{"a": "int8[]", "b": "int8[]"}], {"x": "int8[]", "x_1": "int8[]"}, ("x", "x_1")), [("x",), ("x_1",)]),
    "recorded names of a composite": (linked([RAGGED], {"x": "float32[?]", "x_1": SPLITS}, ("x", "x_1")), [("x", "x_1")]),
    "derived names of a composite": (linked([RAGGED], {"x_values": "float32[?]", "x_row_splits": SPLITS}), [("x_values", "x_row_splits")]),
    "a composite under another name": (linked([RAGGED, "int8[]"], {"t_values": "float32[?]", "t_row_splits": SPLITS, "y": "int8[]"}), [("t_values", "t_row_splits"), ("y",)]),
    "two composites that only their dtypes tell apart": (
        linked([RAGGED, {**RAGGED, "dtype": "string"}],
               {"t_values": "float32[?]", "t_row_splits": SPLITS, "u_values": "string[?]", "u_row_splits": SPLITS}),
        [("t_values", "t_row_splits"), ("u_values", "u_row_splits")],
    ),
    "nothing to link": (linked([], {}), []),
    "two composites that nothing tells apart": (
        linked([RAGGED, RAGGED],
               {"t_values": "float32[?]", "t_row_splits": SPLITS, "u_values": "float32[?]", "u_row_splits": SPLITS}),
        None,
    ),
    "a composite without the usual suffixes": (linked([RAGGED], {"t": "float32[?]", "u": SPLITS}), None),
    "another dtype": (linked(["int8[2]"], {"x": "int16[2]"}), None),
    "another size": (linked(["int8[2]"], {"x": "int8[3]"}), None),
    "another rank": (linked(["int8[2]"], {"x": "int8[]"}), None),
    "a name too many": (linked(["int8[2]"], {"x": "int8[2]", "y": "int8[2]"}), None),
    "a name too few": (linked(["int8[2]", "int8[2]"], {"x": "int8[2]"}), None),
    "the only tensor of its kind, under another name": (linked(["int8[2]"], {"q": "int8[2]"}), None),
    "recorded names of another count": (linked(["int8[2]"], {"q": "int8[2]"}, ("q", "r")), None),
    "two records that differ": (linked([{"a": "int8[]", "b": "int8[]"}], {"a": "int8[]", "b": "int8[]"}, ("b", "a")), None),
    "two leaves of one name": (linked([{"a": {"kind": "tensor", "dtype": "int8", "shape": [], "name": "b"}, "b": "int8[]"}], {"b": "int8[]"}), None),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_link_is_certain_or_none(name: str) -> None:
    found, expected = CASES[name]
    assert found == expected
