"""Files of arrays beside a spec: what is read, and what is refused, by their heads alone and whole."""

from __future__ import annotations

import io
import json
import os
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest

from specc.cli import main
from specc.errors import SpecError
from specc.language.calls.array_files import MAX_TOTAL, StoredArray, npz_content
from specc.language.calls.arrays import array_content
from specc.language.calls.flat_tensor import FlatTensor, tensor_of
from specc.language.calls.read import read_examples
from specc.language.calls.write import to_npz
from specc.language.document import Document
from specc.language.load import from_json, load, load_spec
from specc.source.limits import MAX_BYTES

FLOATS = StoredArray("<f4", (2,), struct.pack("<2f", 0.5, 1))
RAGGED = {"kind": "ragged", "dtype": "int8", "shape": ["batch", "?"]}
DEFAULT = {"kind": "tensor", "dtype": "int8", "shape": [], "default": 3}


def npy(array: StoredArray) -> bytes:
    return array_content(array.type, array.shape, array.content or b"")


def spec(directory: Path, example: Any, inputs: Any = ("float32[batch]",), outputs: Any = "float32[batch]") -> Path:
    """A spec in ``directory``, whose endpoint has one example."""
    arguments = {"arguments": [f"x{index}" for index in range(len(inputs))]} if len(inputs) > 1 else {}
    endpoint = {"inputs": list(inputs), "outputs": outputs, **arguments, "examples": {"x": example}}
    path = directory / "m.specc.json"
    path.write_text(json.dumps({"specc": 1, "dims": {"batch": {}}, "endpoints": {"e": endpoint}}))
    return path


def findings(path: Path, *, whole: bool = False) -> list[str]:
    """The findings about a spec, by the heads of its files, or by all of their content too."""
    try:
        document = load_spec(path).document
        if whole:
            read_examples(document, "e")
    except SpecError as error:
        return [f"{each.rule}: {each.message}" for each in error.diagnostics]
    return []


def test_files_are_found_from_the_directory_of_the_spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/x.npy").write_bytes(npy(FLOATS))
    path = spec(tmp_path, {"inputs": [{"file": "a/x.npy"}], "outputs": {"file": "a/x.npy"}})
    monkeypatch.chdir(tmp_path)
    document = load("m.specc.json")
    monkeypatch.chdir("/")
    (call,) = read_examples(document, "e").values()
    assert call.inputs == {"inputs": FlatTensor("float32", (2,), FLOATS.content or b"")}
    assert call.expected["output_0"].to_json() == (0.5, 1.0)
    assert findings(path, whole=True) == []


def test_a_document_that_was_made_in_code_has_no_directory(tmp_path: Path) -> None:
    (tmp_path / "x.npy").write_bytes(npy(FLOATS))
    document = from_json(json.loads(spec(tmp_path, {"inputs": [{"file": "x.npy"}]}).read_text()))
    assert document.directory is None
    with pytest.raises(SpecError, match=r"the document has no directory; .*document.in_directory"):
        read_examples(document, "e")
    placed = document.in_directory(tmp_path)
    assert read_examples(placed, "e")["x"].inputs["inputs"].to_json() == (0.5, 1.0)
    assert placed == document
    assert document.directory is None


def test_loading_reads_no_file_and_validating_its_head_alone(tmp_path: Path, capsys: Any) -> None:
    path = spec(tmp_path, {"inputs": [{"file": "x.npy"}]})
    assert isinstance(load(path), Document)
    assert main(["validate", str(path)]) == 1
    assert "missing-example-file: there is no file x.npy" in capsys.readouterr().out
    assert main(["fmt", "--check", str(path)]) == 1  # it is not canonical, which is all
    assert "missing" not in capsys.readouterr().out


PATHS = ["../x.npy", "/x.npy", "a/../x.npy", "./x.npy", "a//x.npy", "a\\x.npy", "C:/x.npy", "x.npy/"]


@pytest.mark.parametrize("name", PATHS)
def test_a_path_stays_in_the_directory_of_the_spec(tmp_path: Path, name: str) -> None:
    (found,) = findings(spec(tmp_path, {"inputs": [{"file": name}]}))
    assert found.startswith("bad-example-file: ")


def npz(**arrays: StoredArray) -> bytes:
    return npz_content(arrays)


def head(kind: str, shape: Any = (2,), order: bool = False, text: str = "", version: bytes = b"\1\0") -> bytes:
    """A file with an odd head, and the two floats."""
    said = text or str({"descr": kind, "fortran_order": order, "shape": shape})
    return b"\x93NUMPY" + version + struct.pack("<H", len(said)) + said.encode() + (FLOATS.content or b"")


BAD_ARRAYS = {
    "empty": (b"", "is not an .npy file"),
    "text": (b"0.5, 1", "is not an .npy file"),
    "version 3": (head("<f4", version=b"\3\0"), "is not of version 1.0 or 2.0"),
    "a cut head": (npy(FLOATS)[:40], "has a damaged head"),
    "a head that is code": (head("", text="__import__('os').system('false')"), "has a damaged head"),
    "a deep head": (head("", text="(" * 5000), "has a damaged head"),
    "a head without a key": (head("", text="{'descr': '<f4'}"), "has a damaged head"),
    "a negative size": (head("<f4", (-2,)), "has a damaged head"),
    "a size that is none": (head("<f4", (True, 2)), "has a damaged head"),
    "an enormous size": (head("<f4", (10**30,)), "has a damaged head"),
    "a pickle": (head("|O"), "holds Python objects or records, which are never read"),
    "records": (head([("a", "<f4")]), "holds Python objects or records, which are never read"),  # type: ignore[arg-type]
    "text of NumPy": (head("<U4"), "holds text of a fixed length"),
    "dates": (head("<M8[s]"), "has the type '<M8[s]', which no leaf has"),
    "big-endian": (head(">f4"), "is not little-endian"),
    "Fortran order": (head("<f4", (2, 2), order=True), "is in Fortran order"),
    "another dtype": (npy(StoredArray("<f8", (1,), bytes(8))), "has the type '<f8', not '<f4'"),
    "too few elements": (npy(StoredArray("<f4", (3,), bytes(8))), "is damaged: it has 136 bytes, not the 140 of its head"),
    "too many": (npy(StoredArray("<f4", (1,), bytes(8))), "is damaged: it has 136 bytes, not the 132 of its head"),
}  # fmt: skip


@pytest.mark.parametrize("case", list(BAD_ARRAYS))
def test_an_array_that_cannot_be_read(tmp_path: Path, case: str) -> None:
    content, message = BAD_ARRAYS[case]
    (tmp_path / "x.npy").write_bytes(content)
    path = spec(tmp_path, {"inputs": [{"file": "x.npy"}]})
    for whole in (False, True):
        (found,) = findings(path, whole=whole)
        assert found.startswith("bad-example-file: ")
        assert message in found


def test_the_shape_of_an_array_is_checked_like_that_of_a_value(tmp_path: Path) -> None:
    (tmp_path / "x.npy").write_bytes(npy(FLOATS))
    path = spec(tmp_path, {"inputs": [{"file": "x.npy"}], "outputs": [1, 2, 3]})
    (found,) = findings(path)
    assert found.startswith("bad-example: the dim 'batch' has the size 3 here, and 2 at ")
    (found,) = findings(spec(tmp_path, {"inputs": [{"file": "x.npy"}]}, ["float32[batch, 2]"]))
    assert found == "bad-example: expected the shape [batch, 2], found [2]"


def test_bounds_and_truth_values_are_checked_where_the_content_is_read(tmp_path: Path) -> None:
    (tmp_path / "x.npy").write_bytes(npy(FLOATS))
    bounded = {"kind": "tensor", "dtype": "float32", "shape": ["batch"], "maximum": 0.75}
    path = spec(tmp_path, {"inputs": [{"file": "x.npy"}]}, [bounded])
    assert findings(path) == []
    assert findings(path, whole=True) == ["bad-example: 1.0 is outside of the bounds: maximum 0.75"]
    for dtype, kind in (("bool", "|b1"), ("int4", "|u1"), ("float4_e2m1fn", "|u1")):
        (tmp_path / "x.npy").write_bytes(npy(StoredArray(kind, (2,), b"\1\x10")))
        path = spec(tmp_path, {"inputs": [{"file": "x.npy"}]}, [f"{dtype}[batch]"])
        assert findings(path) == []
        assert findings(path, whole=True) == [f"bad-example-file: the array 'x.npy' has a byte that is not a {dtype}"]


@pytest.mark.parametrize("tree", ["string[batch]", RAGGED, ["float32[batch]"]])
def test_a_file_of_one_array_is_for_one_dense_tensor_of_numbers(tmp_path: Path, tree: Any) -> None:
    (tmp_path / "x.npy").write_bytes(npy(FLOATS))
    (found,) = findings(spec(tmp_path, {"inputs": [{"file": "x.npy"}]}, [tree]))
    assert found.startswith(("bad-example-file: 'x.npy' cannot be", "bad-example: expected an array of 1 item"))


def test_one_file_serves_both_sides(tmp_path: Path) -> None:
    inputs = [{"a": "float32[batch]", "r": RAGGED, "s": "string[batch]"}, DEFAULT]
    outputs = {"a": "float32[batch]", "b": "bfloat16[]"}
    path = spec(tmp_path, {"inputs": {"file": "x.npz"}, "outputs": {"file": "x.npz"}}, inputs, outputs)
    endpoint = load(path).endpoints["e"]
    sent = {
        "a": tensor_of("float32", [2], [1, 2]),
        "r_values": tensor_of("int8", [1], [7]),
        "r_row_splits": tensor_of("int64", [3], [0, 1, 1]),
        "s": FlatTensor("string", (2,), (b"\xff\0", b"")),
    }
    expected = {"a": tensor_of("float32", [2], [3, 4]), "b": tensor_of("bfloat16", [], [0.5])}
    content = to_npz(endpoint, sent, expected)
    assert content == to_npz(endpoint, sent, expected)
    (tmp_path / "x.npz").write_bytes(content)
    with zipfile.ZipFile(io.BytesIO(content)) as members:
        assert members.namelist() == [
            "inputs/a.npy", "r_values.npy", "r_row_splits.npy", "s.bytes.npy", "s.lengths.npy", "outputs/a.npy", "b.npy",
        ]  # fmt: skip
    (call,) = read_examples(load_spec(path).document, "e").values()
    assert call.inputs == {**sent, "x1": tensor_of("int8", [], [3])}
    assert call.left_out == {"x1"}
    assert call.expected == expected


GOOD = {"a_values": StoredArray("|i1", (1,), b"\7"), "a_row_splits": StoredArray("<i8", (2,), struct.pack("<2q", 0, 1))}


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"a_values": GOOD["a_values"]}, "the array 'a_row_splits' is missing"),
        ({**GOOD, "a_valuez": FLOATS}, "the array 'a_valuez' is none of the endpoint's"),
        ({**GOOD, "a_values": FLOATS}, "the array 'a_values' has the type '<f4', not '|i1'"),
        ({**GOOD, "a_values": StoredArray("|i1", (1, 1), b"\7")}, "expected the shape [?] of the values, found [1, 1]"),
        ({**GOOD, "a_row_splits": StoredArray("<i8", (0,), b"")}, "the row splits are empty: even without rows they are [0]"),
    ],
)  # fmt: skip
def test_the_arrays_of_a_file(tmp_path: Path, arrays: Any, message: str) -> None:
    path = spec(tmp_path, {"inputs": {"file": "x.npz"}}, [{"a": RAGGED}])
    for content, expected in ((npz(**GOOD), []), (npz(**arrays), [message])):
        (tmp_path / "x.npz").write_bytes(content)
        for whole in (False, True):
            assert [found.partition(": ")[2] for found in findings(path, whole=whole)] == expected


@pytest.mark.parametrize("splits", [(0, 2), (1, 1), (0, 0)])
def test_row_splits_divide_the_values(tmp_path: Path, splits: tuple[int, int]) -> None:
    path = spec(tmp_path, {"inputs": {"file": "x.npz"}}, [{"a": RAGGED}])
    bad = {**GOOD, "a_row_splits": StoredArray("<i8", (2,), struct.pack("<2q", *splits))}
    (tmp_path / "x.npz").write_bytes(npz(**bad))
    (found,) = findings(path, whole=True)
    assert found == (
        "bad-example: the row splits must start at 0, not decrease, and end at 1, the number of items they divide"
    )


@pytest.mark.parametrize("lengths", [(1, 1), (-1, 4), (2**62, 2**62)])
def test_the_lengths_of_strings_add_up(tmp_path: Path, lengths: tuple[int, int]) -> None:
    path = spec(tmp_path, {"inputs": {"file": "x.npz"}}, [{"s": "string[batch]"}])
    arrays = {
        "s.bytes": StoredArray("|u1", (3,), b"abc"),
        "s.lengths": StoredArray("<i8", (2,), struct.pack("<2q", *lengths)),
    }
    (tmp_path / "x.npz").write_bytes(npz_content(arrays))
    assert findings(path) == []
    (found,) = findings(path, whole=True)
    assert found == "bad-example-file: the lengths of the strings 's' do not add up to their 3 bytes"


def test_arrays_of_one_name_cannot_be_in_one_file(tmp_path: Path) -> None:
    path = spec(tmp_path, {"inputs": {"file": "x.npz"}}, [{"s": "string[]", "s.bytes": "uint8[?]"}])
    (tmp_path / "x.npz").write_bytes(npz())
    assert findings(path) == [
        "bad-example-file: the endpoint has two arrays called 's.bytes', so a file cannot hold both"
    ]
    with pytest.raises(SpecError, match="two arrays called"):
        to_npz(load(path).endpoints["e"], {})


def zipped(content: bytes, method: int = zipfile.ZIP_DEFLATED, name: str = "inputs.npy") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as members:
        members.writestr(name, content)
    return stream.getvalue()


def bomb() -> bytes:
    return zipped(npy(StoredArray("<f4", (MAX_BYTES,), bytes(MAX_BYTES * 4))))


BAD_FILES = {
    "no zip": b"text",
    "cut": zipped(npy(FLOATS))[:-30],
    "broken content": zipped(npy(FLOATS)).replace(b"\x93", b"\x92", 1),
    "another method": zipped(npy(FLOATS), zipfile.ZIP_LZMA),
    "another kind of file": zipped(b"x", name="x.txt"),
    "an empty array": zipped(b""),
    "a long list": zipped(npy(FLOATS))[:-10] + struct.pack("<IIH", 2**31, 0, 0),
    "zip64": zipped(npy(FLOATS))[:-22] + b"PK\6\7" + bytes(16) + zipped(npy(FLOATS))[-22:],
}


@pytest.mark.parametrize("case", [*BAD_FILES, "a bomb", "a directory", "a pipe"])
def test_a_file_of_arrays_that_cannot_be_read(tmp_path: Path, case: str) -> None:
    target = tmp_path / "x.npz"
    match case:
        case "a bomb":
            target.write_bytes(bomb())
        case "a directory":
            target.mkdir()
        case "a pipe":
            os.mkfifo(target)
        case _:
            target.write_bytes(BAD_FILES[case])
    for whole in (False, True):
        (found,) = findings(spec(tmp_path, {"inputs": {"file": "x.npz"}}), whole=whole)
        assert found.startswith("bad-example-file: ")


def test_a_checksum_is_compared_where_the_content_is_read(tmp_path: Path) -> None:
    stored = zipped(npy(FLOATS), zipfile.ZIP_STORED)
    (tmp_path / "x.npz").write_bytes(stored.replace(FLOATS.content or b"", struct.pack("<2f", 0.5, 2)))
    (found,) = findings(spec(tmp_path, {"inputs": {"file": "x.npz"}}), whole=True)
    assert "is damaged: Bad CRC-32" in found


def test_all_files_have_one_budget(tmp_path: Path) -> None:
    count = MAX_BYTES // 8
    content = zipped(npy(StoredArray("<f4", (count,), bytes(count * 4))))
    names = [f"x{index}.npz" for index in range(2 * MAX_TOTAL // MAX_BYTES + 1)]
    for name in names:
        (tmp_path / name).write_bytes(content)
    path = spec(tmp_path, {"inputs": {"file": names[0]}})
    data = json.loads(path.read_text())
    data["endpoints"]["e"]["examples"] = {name: {"inputs": {"file": name}} for name in names}
    path.write_text(json.dumps(data))
    (found,) = findings(path)
    assert found.endswith("the arrays of all examples have more than 256 MiB")
