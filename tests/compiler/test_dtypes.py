"""Every dtype of the language is written to an archive, works on each surface, and can have a default."""

from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from computing import inputs_for
from three_ways import Archive, assert_agree, flat_outputs, three_ways

import specc
from specc.compiler.tensorspec import default_tensor
from specc.language.dtypes import DTYPES, Family

pytestmark = pytest.mark.tensorflow

DEFAULTS: dict[Family, Any] = {
    Family.BOOLEAN: [True, False],
    Family.STRING: ["é", {"base64": "/w=="}],
    Family.INTEGER: [1, 0],
    Family.FLOAT: [0.5, 1.0],
    Family.COMPLEX: [{"real": 1, "imag": -0.5}, 2],
}


def program_for(dtype: str, **more: Any) -> specc.Program:
    try:
        tf.dtypes.as_dtype(dtype)
    except TypeError:
        pytest.skip(f"TensorFlow {tf.__version__} has no {dtype}")
    endpoint = {
        "function": None,
        "arguments": ["a", "x"],
        "inputs": ["float32[]", {"kind": "tensor", "dtype": dtype, "shape": [2], **more}],
        "outputs": {"y": f"{dtype}[2]", "z": "float32[]"},
    }
    return specc.compile(specc.from_json({"specc": 1, "endpoints": {"serve": endpoint}}))


def both(a: Any, x: Any) -> Any:
    return {"y": tf.identity(x), "z": a}


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_dtype_on_every_surface(dtype: str, tmp_path: Path) -> None:
    program = program_for(dtype)
    report = program.export(None, tmp_path / "archive", functions={"serve": both})
    arguments = inputs_for(program["serve"], program.document, 1)
    answers = three_ways(Archive(program, report.path), "serve", arguments)
    assert_agree(answers, flat_outputs(program["serve"], both(*arguments)))


@pytest.mark.parametrize("dtype", [dtype for dtype in DTYPES if not DTYPES[dtype].quantized])
def test_a_default_on_every_surface(dtype: str, tmp_path: Path) -> None:
    program = program_for(dtype, default=DEFAULTS[DTYPES[dtype].family])
    report = program.export(None, tmp_path / "archive", functions={"serve": both})
    default = default_tensor(program["serve"].inputs[1].leaf)
    arguments = [tf.constant(2.0), default]
    answers = three_ways(Archive(program, report.path), "serve", arguments, omitted=["x"])
    assert_agree(answers, flat_outputs(program["serve"], both(*arguments)))


@pytest.mark.parametrize("dtype", [dtype for dtype in DTYPES if DTYPES[dtype].quantized])
def test_a_quantised_default_is_refused(dtype: str) -> None:
    with pytest.raises(specc.SpecError, match=f"unsupported-default: TensorFlow cannot save the default of a {dtype}"):
        program_for(dtype, default=[1, 0])
