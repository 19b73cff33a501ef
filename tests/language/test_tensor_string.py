"""Tensor strings: what they mean, and the finding for each kind of mistake."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from specc.language.dtypes import DTYPES
from specc.language.tensor_string import TENSOR_PATTERN, Shape, format_tensor, parse_tensor

ANY_FORM = "write dtype and shape, like 'float32[batch, 3]'; 'float32[]' is a scalar, 'float32[...]' has any rank"
FORM = "write dtype and shape, like 'float32[batch, 3]'"


@pytest.mark.parametrize(
    ("text", "dtype", "shape"),
    [
        ("float32[]", "float32", ()),
        ("float32[...]", "float32", None),
        ("int64[batch, 3, ?]", "int64", ("batch", 3, "?")),
        ("string[  ?  ,_x]", "string", ("?", "_x")),
        ("bool[0]", "bool", (0,)),
        ("bool[999999999999999999]", "bool", (10**18 - 1,)),
        ("float8_e4m3b11fnuz[?]", "float8_e4m3b11fnuz", ("?",)),
    ],
)
def test_dtype_and_shape(text: str, dtype: str, shape: Shape) -> None:
    assert parse_tensor(text) == (dtype, shape)


@pytest.mark.parametrize(
    ("text", "rule", "message", "hint"),
    [
        ("", "bad-tensor", "'' is not a tensor", ANY_FORM),
        ("[3]", "bad-tensor", "'[3]' is not a tensor", ANY_FORM),
        ("float32", "bad-tensor", "'float32' is not a tensor", "write 'float32[]' for a scalar, 'float32[batch, 3]' for a matrix"),
        ("float32(3)", "bad-tensor", "'float32(3)' is not a tensor", ANY_FORM),
        ("float32[3", "bad-tensor", "'float32[3' is not a tensor", ANY_FORM),
        ("float32[3]\n", "bad-tensor", "'float32[3]\\n' is not a tensor", ANY_FORM),
        (" float32[3]", "bad-tensor", "' float32[3]' is not a tensor", ANY_FORM),
        ("float32 [3]", "bad-tensor", "'float32 [3]' is not a tensor", FORM),
        ("float32[3][4]", "bad-dim", "'3][4' in 'float32[3][4]' is not a dimension", "expected a size, a name or '?'"),
        ("float23[]", "bad-dtype", "'float23' is not a dtype", "did you mean 'float32'?"),
        ("FLOAT32[]", "bad-dtype", "'FLOAT32' is not a dtype", "did you mean 'float32'?"),
        ("float[]", "bad-dtype", "'float' is not a dtype", "did you mean 'float32'?"),
        ("int[3 4]", "bad-dtype", "'int' is not a dtype", "did you mean 'int64'?"),
        ("double[]", "bad-dtype", "'double' is not a dtype", "did you mean 'float64'?"),
        ("resource[]", "bad-dtype", "'resource' tensors have no meaning outside the process that created them", ""),
        ("variant[]", "bad-dtype", "'variant' tensors have no meaning outside the process that created them", ""),
        ("bool[2 3]", "bad-dim", "'2 3' in 'bool[2 3]' is not a dimension", "dimensions are separated by commas, not by spaces"),
        ("bool[ ]", "bad-tensor", "'bool[ ]' is not a tensor", "write 'bool[]' for a scalar"),
        ("bool[2,]", "bad-dim", "'' in 'bool[2,]' is not a dimension", "remove the extra comma"),
        ("bool[-1]", "bad-dim", "'-1' in 'bool[-1]' is not a dimension", "a dimension of any size is '?'"),
        ("bool[*]", "bad-dim", "'*' in 'bool[*]' is not a dimension", "a dimension of any size is '?'"),
        ("bool[01]", "bad-dim", "'01' in 'bool[01]' is not a dimension", "expected a size, a name or '?'"),
        ("bool[1000000000000000000]", "bad-dim", "'1000000000000000000' in 'bool[1000000000000000000]' is not a dimension", "expected a size, a name or '?'"),
        ("bool[..., 3]", "bad-dim", "'...' in 'bool[..., 3]' is not a dimension", "'...' means unknown rank and must not be combined with other dimensions"),
        ("bool[é]", "bad-dim", "'é' in 'bool[é]' is not a dimension", "expected a size, a name or '?'"),
        ("bool[{x}]", "bad-dim", "'{x}' in 'bool[{x}]' is not a dimension", "expected a size, a name or '?'"),
        ("bool[" + " " * 2000 + "]x", "bad-tensor", "a tensor string must not be longer than 1000 characters, found 2007", ""),
    ],
)  # fmt: skip
def test_the_message_about_a_malformed_string(text: str, rule: str, message: str, hint: str) -> None:
    with pytest.raises(PydanticCustomError) as caught:
        parse_tensor(text)
    context = {key: text for key, text in (caught.value.context or {}).items() if key != "part"}
    assert (caught.value.type, context) == (rule, {"message": message, "hint": hint})


@pytest.mark.parametrize(
    ("text", "part"),
    [("float23[2]", "float23"), ("bool[2 3]", "2 3"), ("bool[a, -1]", "-1"), ("bool[2,]", ""), ("bool", "")],
)
def test_the_part_that_is_marked(text: str, part: str) -> None:
    with pytest.raises(PydanticCustomError) as caught:
        parse_tensor(text)
    assert (caught.value.context or {})["part"] == part


def test_every_dtype_has_a_string() -> None:
    assert [parse_tensor(f"{dtype}[]") for dtype in DTYPES] == [(dtype, ()) for dtype in DTYPES]


DIMS = st.sampled_from(("?", "batch", "_x")) | st.integers(0, 10**18 - 1)


@given(st.sampled_from(tuple(DTYPES)), st.none() | st.lists(DIMS, max_size=5).map(tuple))
def test_what_is_written_is_read_back(dtype: str, shape: Shape) -> None:
    assert parse_tensor(format_tensor(dtype, shape)) == (dtype, shape)


@given(st.from_regex(r"\A(bool|int8|int)\[[ ?,a0-9.\n]*\]?\Z"))
def test_the_pattern_of_the_schema_accepts_what_the_parser_does(text: str) -> None:
    try:
        parse_tensor(text)
        parsed = True
    except PydanticCustomError:
        parsed = False
    assert bool(re.search(TENSOR_PATTERN, text)) == parsed
