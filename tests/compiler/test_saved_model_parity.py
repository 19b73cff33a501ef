"""Every way to give signatures in the documentation of ``tf.saved_model.save``, as a spec or in code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tagged_session import TaggedSession

import specc

pytestmark = pytest.mark.tensorflow

X = np.array([1, 2], np.float32)


class Adder(tf.Module):
    def __init__(self) -> None:
        super().__init__()
        self.offset = tf.Variable(1.0)
        self.inner = tf.Module()
        self.inner.triple = tf.function(lambda x: 3 * x + self.offset)

    @tf.function(input_signature=[tf.TensorSpec([None], name="x")])
    def add(self, x: Any) -> Any:
        return x + self.offset

    @tf.function
    def multiply(self, x: Any) -> Any:
        return {"by_two": 2 * x, "by_three": 3 * x}

    @tf.function
    def scale(self, x: Any, by: Any = 2.0) -> Any:
        return x * by


def ask(path: Path, key: str = "serving_default", **inputs: Any) -> dict[str, list[float]]:
    """The result of the signature, which is the same in Python and in a Session."""
    revived = tf.saved_model.load(str(path)).signatures[key](
        **{name: tf.constant(value) for name, value in inputs.items()}
    )
    in_session = TaggedSession(path, ["serve"]).ask(key, **inputs)
    assert {name: value.numpy().tolist() for name, value in revived.items()} == {
        name: value.tolist() for name, value in in_session.items()
    }
    return {name: value.tolist() for name, value in in_session.items()}


X_ROW = {"kind": "tensor", "dtype": "float32", "shape": ["batch"], "name": "x"}
ROW = {"inputs": ["float32[batch]"], "arguments": ["x"], "outputs": "float32[batch]"}


def test_a_function_with_an_input_signature(export: Any) -> None:
    _, report = export(Adder(), {"add": {**ROW, "function": "add"}})
    assert ask(report.path, x=X) == {"output_0": [2, 3]}


def test_the_same_in_code(tmp_path: Path) -> None:
    module, archive = Adder(), specc.ExportArchive()
    archive.track(module)
    archive.add_endpoint("add", module.add, [tf.TensorSpec([None], name="x")])
    archive.write_out(tmp_path / "archive", verbose=False)
    tf.saved_model.save(module, str(tmp_path / "plain"), signatures=module.add)
    assert ask(tmp_path / "archive", x=X) == ask(tmp_path / "plain", x=X) == {"output_0": [2, 3]}


def test_a_concrete_function(tmp_path: Path) -> None:
    module, archive = Adder(), specc.ExportArchive()
    concrete = module.multiply.get_concrete_function(tf.TensorSpec([None], name="x"))
    archive.add_endpoint("multiply", concrete)
    archive.write_out(tmp_path / "archive", verbose=False)
    tf.saved_model.save(module, str(tmp_path / "plain"), signatures={"multiply": concrete})
    expected = {"by_two": [2, 4], "by_three": [3, 6]}
    assert ask(tmp_path / "archive", "multiply", x=X) == ask(tmp_path / "plain", "multiply", x=X) == expected


def test_several_signatures_and_functions_of_parts(export: Any) -> None:
    endpoints = {
        "add": {**ROW, "function": "add"},
        "triple": {**ROW, "function": "inner.triple"},
        "multiply": {
            **ROW,
            "function": "multiply",
            "outputs": {"by_two": "float32[batch]", "by_three": "float32[batch]"},
        },
    }
    _, report = export(Adder(), endpoints)
    assert ask(report.path, "triple", x=X) == {"output_0": [4, 7]}
    assert ask(report.path, "multiply", x=X) == {"by_two": [2, 4], "by_three": [3, 6]}


def test_a_function_that_is_no_attribute(export: Any) -> None:
    module = Adder()
    _, report = export(module, {"twice": {**ROW, "function": None}}, functions={"twice": lambda x: 2 * module.add(x)})
    assert ask(report.path, "twice", x=X) == {"output_0": [4, 6]}


def test_a_default_value(export: Any) -> None:
    by = {"kind": "tensor", "dtype": "float32", "shape": [], "default": 5.0}
    endpoint = {
        "function": "scale",
        "arguments": ["x", "by"],
        "inputs": ["float32[batch]", by],
        "outputs": "float32[batch]",
    }
    archive, report = export(Adder(), {"scale": endpoint})
    assert archive.scale(X).numpy().tolist() == [5, 10]
    assert TaggedSession(report.path, ["serve"]).signatures["scale"].defaults["by"].float_val == [5]


def test_signatures_is_a_reserved_name() -> None:
    with pytest.raises(specc.SpecError, match="reserved-name: 'signatures' is an attribute of every revived archive"):
        specc.compile(specc.from_json({"specc": 1, "endpoints": {"signatures": {"inputs": [], "outputs": "bool[]"}}}))


def test_the_variables_restore_with_a_checkpoint(export: Any) -> None:
    module = Adder()
    module.offset.assign(7)
    archive, report = export(module, {"add": {**ROW, "function": "add"}})
    fresh = Adder()
    status = tf.train.Checkpoint(variables=[fresh.offset]).restore(str(report.path / "variables" / "variables"))
    status.expect_partial()  # a checkpoint made by hand counts its saves; an archive has no counter
    assert fresh.offset == 7
    assert [variable.numpy() for variable in archive.variables] == [7]


def test_a_revived_archive_is_built_again_from_a_spec(export: Any, tmp_path: Path) -> None:
    archive, _ = export(Adder(), {"add": {**ROW, "function": "add"}})
    again = specc.from_json({"specc": 1, "dims": {"batch": {}}, "endpoints": {"sum": {**ROW, "function": "add"}}})
    report = specc.compile(again).export(archive, tmp_path / "again")
    assert ask(report.path, "sum", x=X) == {"output_0": [2, 3]}
