"""Flat tensors are NumPy's: the same elements in memory and in files, for every dtype."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from call_strategies import elements
from hypothesis import given
from hypothesis import strategies as st

from specc.language.calls.arrays import array_content, read_header
from specc.language.calls.flat_tensor import FlatTensor, numpy_type, tensor_of
from specc.language.calls.read import read_examples
from specc.language.calls.write import to_npz
from specc.language.dtypes import DTYPES, Family
from specc.language.load import load

np = pytest.importorskip("numpy")
ml_dtypes = pytest.importorskip("ml_dtypes")
NUMBERS = sorted(DTYPES.keys() - {"string"})


def native(dtype: str) -> Any:
    """NumPy's own dtype, or that of ml_dtypes."""
    plain = dtype.replace("quint", "uint").replace("qint", "int")
    return np.dtype(getattr(ml_dtypes, plain, None) or plain)


def as_array(tensor: FlatTensor) -> Any:
    return np.frombuffer(tensor.values, numpy_type(tensor.dtype)).view(native(tensor.dtype)).reshape(tensor.shape)


@pytest.mark.parametrize("dtype", NUMBERS)
@given(st.data())
def test_elements_are_those_of_numpy(dtype: str, data: st.DataObject) -> None:
    values = data.draw(st.lists(elements(dtype), min_size=4, max_size=4))
    tensor = tensor_of(dtype, [2, 2], values)
    array = as_array(tensor)
    wider = array.astype(
        "complex128"
        if DTYPES[dtype].family is Family.COMPLEX
        else "float64"
        if DTYPES[dtype].family is Family.FLOAT
        else array.dtype
    )
    assert repr([value for row in wider.tolist() for value in row]) == repr(tensor.elements()) or DTYPES[dtype].bits < 8
    assert np.array_equal(np.array(values, wider.dtype).reshape(2, 2), wider, equal_nan=wider.dtype.kind in "fc")


@pytest.mark.parametrize("dtype", [name for name in NUMBERS if DTYPES[name].family is Family.FLOAT])
@given(st.floats(-8, 8))
def test_numbers_are_rounded_as_in_numpy(dtype: str, value: float) -> None:
    expected = np.array([value]).astype(native(dtype))
    if np.isfinite(expected.astype("float64")[0]):
        rounded = tensor_of(dtype, [1], [min(max(value, -6), 6) if dtype == "float4_e2m1fn" else value])
        assert as_array(rounded).astype("float64")[0] == expected.astype("float64")[0]


@pytest.mark.parametrize("dtype", NUMBERS)
def test_files_are_those_of_numpy(dtype: str, tmp_path: Path) -> None:
    kind = numpy_type(dtype)
    array = np.frombuffer(bytes([1, 0, 0, 0] * 24), kind)[: 2 * 3].reshape(2, 3)
    np.save(tmp_path / "x.npy", array)
    with (tmp_path / "x.npy").open("rb") as file:
        header = read_header(file)
        tensor = FlatTensor(dtype, header.shape, file.read())
    assert (header.type, header.shape) == (kind, (2, 3))
    assert array_content(kind, tensor.shape, tensor.values) == (tmp_path / "x.npy").read_bytes()


@pytest.mark.parametrize("save", ["savez", "savez_compressed"])
def test_a_file_that_numpy_wrote_is_read_and_one_of_ours_is_read_by_numpy(save: str, tmp_path: Path) -> None:
    inputs = [
        {
            "a": "float32[batch, 2]",
            "s": "string[batch]",
            "r": {"kind": "ragged", "dtype": "bfloat16", "shape": ["batch", "?"]},
        }
    ]
    endpoint = {"inputs": inputs, "outputs": {"a": "int64[batch]"}}
    endpoint["examples"] = {"x": {"inputs": {"file": "x.npz"}, "outputs": {"file": "x.npz"}}}
    path = tmp_path / "m.specc.json"
    path.write_text(json.dumps({"specc": 1, "dims": {"batch": {}}, "endpoints": {"e": endpoint}}))
    words = ["é".encode(), b"\xff"]
    arrays = {
        "inputs/a": np.asarray([[1, 2], [3, 4.5]], "float32"),
        "outputs/a": np.array([7, 8]),
        "s.bytes": np.frombuffer(b"".join(words), np.uint8),
        "s.lengths": np.array([len(word) for word in words]),
        "r_values": np.array([0.5], ml_dtypes.bfloat16).view(np.uint16),
        "r_row_splits": np.array([0, 0, 1]),
    }
    getattr(np, save)(tmp_path / "x.npz", **arrays)
    document = load(path)
    call = read_examples(document, "e")["x"]
    assert as_array(call.inputs["a"]).tolist() == [[1, 2], [3, 4.5]]
    assert call.inputs["s"].values == tuple(words)
    assert as_array(call.expected["a"]).tolist() == [7, 8]
    written = np.load(io.BytesIO(to_npz(document.endpoints["e"], call.inputs, call.expected)), allow_pickle=False)
    assert set(written) == set(arrays)
    for name, array in arrays.items():
        assert written[name].dtype == array.dtype
        assert written[name].tobytes() == array.tobytes()


@pytest.mark.parametrize("shape", [(), (0,), (3, 0), (1, 4), (4, 1)])
def test_arrays_that_are_contiguous_in_both_orders_are_read(shape: tuple[int, ...]) -> None:
    stream = io.BytesIO()
    np.save(stream, np.zeros(shape, "float32", order="F"))
    stream.seek(0)
    assert read_header(stream).shape == shape
