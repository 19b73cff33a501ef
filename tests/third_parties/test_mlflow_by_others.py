"""MLflow's own ModelSignature takes the artefact, and accepts and refuses inputs by it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.models.utils import _enforce_tensor_schema
from rest_documents import ranker

import specc

INPUTS = {
    "country": np.array(["de", "fr"], dtype=object),
    "fresh": np.array([True, False]),
    "user_history": np.array([[1, 2], [3, 0]], np.int32),
    "user_id": np.array([7, 9]),
    "weight": np.array([0.5, 1.0], np.float32),
}


@pytest.fixture(scope="module")
def signature() -> Any:
    return ModelSignature.from_dict(json.loads(specc.emit("mlflow", ranker()).data))


def test_it_is_a_signature(signature: Any) -> None:
    assert signature.inputs.input_names() == sorted(INPUTS)
    assert signature.outputs.input_names() == ["click", "reason", "trace_bytes"]
    assert signature.params is None


def test_mlflow_accepts_what_the_contract_accepts(signature: Any) -> None:
    _enforce_tensor_schema(INPUTS, signature.inputs)
    _enforce_tensor_schema({**INPUTS, "country": np.array([b"de", b"\xff"], dtype=object)}, signature.inputs)


@pytest.mark.parametrize(
    "changed",
    [
        {"weight": np.array([[0.5], [1.0]], np.float32)},
        {"fresh": np.array([1.5, 2.5])},
        {"user_id": np.array(["a", "b"])},
    ],
)
def test_mlflow_refuses_what_the_contract_refuses(signature: Any, changed: dict[str, Any]) -> None:
    with pytest.raises(MlflowException):
        _enforce_tensor_schema({**INPUTS, **changed}, signature.inputs)
