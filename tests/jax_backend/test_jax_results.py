"""On JAX: containers of a user's own classes in a result, and functions that end with any exception."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import pytest
from jax_exports import assert_numbers, document, exported

import specc

pytestmark = pytest.mark.tensorflow

ENDPOINT = {"function": None, "inputs": ["float32[batch, 3]"], "outputs": ["float32[batch, 3]", "float32[batch, 3]"]}


class Boxes(list):
    def __init__(self, items: Any, scale: float) -> None:
        super().__init__(items)
        self.scale = scale


def test_a_list_that_cannot_be_rebuilt(tmp_path: Path) -> None:
    archive = exported(None, tmp_path, {"f": ENDPOINT}, {"f": lambda x: Boxes([x, x * 2.0], 3.0)})
    x = keras.ops.ones((2, 3))
    assert_numbers(archive, "f", [x], [x, x * 2.0])


def test_any_exception_is_a_finding(tmp_path: Path) -> None:
    def stop(x: Any) -> Any:
        raise GeneratorExit("stop")

    with pytest.raises(specc.SpecError, match="tracing failed: GeneratorExit: stop"):
        specc.compile(document({"f": ENDPOINT})).export(None, tmp_path / "archive", functions={"f": stop})
