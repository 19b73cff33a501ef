"""Handmade archives: a valid one, damaged ones, and malicious ones."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from synthetic_archive import (
    FLOAT,
    INT64,
    concrete,
    example,
    function_spec,
    info,
    meta_graph,
    node,
    part,
    saved_model,
    shape,
    signature,
    spec,
    value,
    written,
)

from specc.errors import ArchiveError, SpecError
from specc.language.load import from_json
from specc.language.validation.consistency import find_inconsistencies
from specc.reader import Inspection, inspect, inspect_archive
from specc.reader.protobuf.messages import message
from specc.reader.protobuf.wire_format import archive_budget, spans

POINT = {"kind": "namedtuple", "typename": "Point", "fields": [["x", "float32[2]"], ["y", "string[]"]]}
FUNCTION = "a graph does not record which function each endpoint runs"


def test_one_of_everything(tmp_path: Path) -> None:
    text = {"kind": "ragged", "dtype": "float32", "shape": ["?", "?"]}
    names = {"values": "text", "row_splits": "text_splits"}
    document = {
        "specc": 1,
        "endpoints": {
            "helper": {
                "function": None,
                "arguments": ["p"],
                "inputs": [POINT],
                "outputs": {"kind": "tuple", "items": [POINT, "float32[0]"]},
            },
            "score": {
                "function": None,
                "arguments": ["features", "scale"],
                "inputs": [
                    {"text": {**text, "names": names}, "user": "int64[?]"},
                    {"kind": "tensor", "dtype": "float32", "shape": [], "default": 0.5},
                ],
                "outputs": {"a": "float32[?, 2]", "b": ["string[]"]},
            },
        },
        "default": "score",
    }
    notes = (
        "the MetaGraph tagged serve is described; there are others, tagged train",
        "helper: only Python can call it, since it has no signature",
        "helper: it was traced only with training=True",
        FUNCTION,
        "a graph does not record the names of dimensions: '?' is a size that it leaves open",
        "a graph does not record the order of dict keys: they are sorted, and a function may get them in another order",
        "a graph does not record the modules of namedtuples",
        "weights: a list of 1 variable; a graph does not record its path on the model",
    )
    known = Inspection(
        from_json(document), "object graph", (), notes, unpublished=frozenset({"helper"}), tags=("serve",)
    )
    assert inspect_archive(written(tmp_path, example())) == known


def test_signatures_alone(tmp_path: Path) -> None:
    same = signature({"x": info(FLOAT, 2)}, {"y": info(FLOAT, 2)})
    path = written(tmp_path, saved_model(meta_graph({"b": same, "a": same, "serving_default": same})))
    flat = {"function": None, "arguments": ["x"], "inputs": ["float32[2]"], "outputs": {"y": "float32[2]"}}
    document = from_json(
        {"specc": 1, "endpoints": {"a": flat, "b": flat, "serving_default": flat}, "default": "serving_default"}
    )
    alike = "serving_default: its tensors equal those of a, b, so it is a separate endpoint"
    flat_ones = frozenset({"a", "b", "serving_default"})
    known = Inspection(document, "signatures", (), (alike, FUNCTION), flat=flat_ones, tags=("serve",))
    assert inspect_archive(path) == known


def refusal(path: Path) -> str:
    with pytest.raises(ArchiveError) as caught:
        inspect(path)
    return str(caught.value).replace(str(path), "DIR")


REFUSED: dict[str, tuple[Callable[[Path], Any], str]] = {
    "no directory": (lambda path: None, "cannot read DIR: there is no such directory"),
    "a file": (lambda path: path.write_text("x"), "DIR is not a SavedModel: it is not a directory"),
    "an empty directory": (lambda path: path.mkdir(), "DIR is not a SavedModel: it has no saved_model.pb"),
    "text": (
        lambda path: (path.mkdir(), (path / "saved_model.pbtxt").write_text("x")),
        "cannot read DIR: its SavedModel is stored as text (saved_model.pbtxt), and only saved_model.pb can be read",
    ),
    "chunks": (
        lambda path: (path.mkdir(), (path / "saved_model.cpb").write_text("x")),
        "cannot read DIR: its SavedModel is stored in chunks (saved_model.cpb), and only saved_model.pb can be read",
    ),
    "a directory in its place": (
        lambda path: (path / "saved_model.pb").mkdir(parents=True),
        "cannot read DIR/saved_model.pb: it is not a regular file",
    ),
    "a pipe": (
        lambda path: (path.mkdir(), os.mkfifo(path / "saved_model.pb")),
        "cannot read DIR/saved_model.pb: it is not a regular file",
    ),
    "nothing in the file": (
        lambda path: written(path, b""),
        "DIR/saved_model.pb is not a SavedModel: it has no MetaGraph",
    ),
    "no protobuf": (
        lambda path: written(path, b"\x0f" + b"a" * 99),
        "cannot read DIR/saved_model.pb: a field has the unknown wire type 7",
    ),
    "a length beyond the end": (
        lambda path: written(path, example()[:-1]),
        "cannot read DIR/saved_model.pb: it ends in the middle of a field: it may be cut short",
    ),
    "an empty MetaGraph": (
        lambda path: written(path, saved_model(b"")),
        "nothing in DIR can be described: it has no signature and no public function",
    ),
    "a signature without outputs": (
        lambda path: written(path, saved_model(meta_graph({"f": signature({"x": info(FLOAT)}, {})}))),
        "nothing in DIR can be described: signature 'f' is left out: it has no output",
    ),
    "a signature that is no message": (
        lambda path: written(path, saved_model(part(5, b"\x0a\x01\xff"))),
        "cannot read DIR/saved_model.pb: a MetaGraphDef.SignatureDefEntry cannot be decoded, or is nested too deeply",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_each_refusal_is_one_clear_sentence(name: str, tmp_path: Path) -> None:
    prepare, expected = REFUSED[name]
    path = tmp_path / "archive"
    prepare(path)
    assert refusal(path) == expected


def test_a_name_with_a_nul_is_refused() -> None:
    with pytest.raises(ArchiveError):
        inspect("a\0b")


def test_a_file_beyond_2_gib_is_refused_unread(tmp_path: Path) -> None:
    path = written(tmp_path, b"")
    with (path / "saved_model.pb").open("wb") as file:
        file.truncate(2**31 + 1)
    assert refusal(path) == "cannot read DIR/saved_model.pb: it is larger than 2 GiB, the limit of protobuf"


def survives(path: Path, content: bytes) -> bool:
    """Whether there is a document; any result other than a document or an error of specc fails the test."""
    try:
        document = inspect(written(path, content))
    except (ArchiveError, SpecError) as error:
        said = str(error)
    else:
        assert list(find_inconsistencies(document)) == []
        return True
    assert said.isprintable()
    return False


def test_every_truncation_ends_in_a_document_or_a_clear_error(tmp_path: Path) -> None:
    content = example()
    assert [end for end in range(len(content)) if survives(tmp_path, content[:end])] == [
        # Only the second MetaGraph is missing, which is not read.
        len(saved_model(*[])) + len(part(2, first_meta_graph(content)))
    ]


def first_meta_graph(content: bytes) -> bytes:
    first = next(span for span in spans(content, 0, len(content), archive_budget()) if span.number == 2)
    return content[first.start : first.end]


@pytest.mark.parametrize("seed", range(4))
def test_random_damage_ends_in_a_document_or_a_clear_error(seed: int, tmp_path: Path) -> None:
    chance, content = random.Random(seed), example()
    for _ in range(750):
        damaged = bytearray(content)
        for _ in range(chance.choice((1, 1, 2, 8))):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        if chance.random() < 0.2:
            cut = chance.randrange(len(damaged))
            damaged[cut : cut + chance.randrange(9)] = b""
        survives(tmp_path, bytes(damaged))


def test_random_bytes_are_no_archive(tmp_path: Path) -> None:
    chance = random.Random(0)
    assert not any(survives(tmp_path, chance.randbytes(chance.randrange(200))) for _ in range(500))


def nested(depth: int) -> Any:
    found = spec(FLOAT, 2)
    for _ in range(depth):
        found = value([found])
    return found


def with_function(inputs: Any) -> bytes:
    nodes = [
        node({"f": 1}),
        node({"t": 2}, function={"concrete_functions": ["c"], "function_spec": function_spec("x")}),
        node(bare_concrete_function={"concrete_function_name": "c"}),
    ]
    return saved_model(meta_graph({}, nodes, {"c": concrete([inputs], spec(FLOAT))}))


def test_forty_nested_containers_are_read_and_a_hundred_refused(tmp_path: Path) -> None:
    assert survives(tmp_path, with_function(nested(40)))
    deep = part(33, b"\x18\x01")
    for _ in range(100):
        deep = part(51, part(1, deep))
    function = part(1, b"c") + part(2, part(3, part(52, part(1, part(52, part(1, deep)))) + b""))
    nodes = with_function(spec(FLOAT))
    content = saved_model(part(7, _nodes_of(nodes) + part(2, function)))
    assert refusal(written(tmp_path, content)).endswith("cannot be decoded, or is nested too deeply")


def _nodes_of(content: bytes) -> bytes:
    graph = first_meta_graph(content)
    objects = next(span for span in spans(graph, 0, len(graph), archive_budget()) if span.number == 7)
    parts = [span for span in spans(graph, objects.start, objects.end, archive_budget()) if span.number == 1]
    return b"".join(part(1, graph[span.start : span.end]) for span in parts)


def test_an_object_graph_that_refers_to_itself_ends(tmp_path: Path) -> None:
    nodes = [
        node({"f": 1, "signatures": 0, "weights": 0, "far": 10**6, "negative": -1}),
        node({"t": 1, "u": 0}, function={"concrete_functions": ["c"] * 1000, "function_spec": function_spec("x")}),
    ]
    content = saved_model(meta_graph({}, nodes, {"c": concrete([spec(INT64)], spec(FLOAT))}))
    assert survives(tmp_path, content)


BOMBS: dict[str, tuple[Callable[[], bytes], str]] = {
    "three million empty nodes": (
        lambda: saved_model(part(7, b"\x0a\x00" * 3_000_000)),
        "reading it takes 400,001 objects or more; the limit is 400,000",
    ),
    "three million empty MetaGraphs": (
        lambda: b"\x12\x00" * 3_000_000,
        "it has more than 64 MetaGraphs",
    ),
    "three million fields that nobody knows": (
        lambda: saved_model(b"\x78\x01" * 3_000_000),
        "a message has more than 1,000,000 fields",
    ),
    "two million empty values in one function": (
        lambda: saved_model(part(7, _nodes_of(with_function(spec(FLOAT))) + part(2, _hollow(2_000_000)))),
        "a SavedObjectGraph.ConcreteFunctionsEntry has more than 524,288 parts",
    ),
    "twenty MiB of signatures": (
        lambda: saved_model(*[b"".join(part(5, b"\x0a\x00" + part(99, b"x" * 2**20)) for _ in range(20))]),
        "it has more than 10,000 signatures, or more than 16 MiB of them",
    ),
    "a hundred thousand signatures": (
        lambda: saved_model(b"".join(part(5, part(1, b"%d" % index)) for index in range(100_000))),
        "it has more than 10,000 signatures, or more than 16 MiB of them",
    ),
    "a hundred thousand names for one function": (
        lambda: saved_model(
            part(
                7,
                part(1, b"".join(part(1, b"\x08\x01" + part(2, b"%d" % index)) for index in range(100_000)))
                + part(1, part(6, b"")),
            )
        ),
        "its root has more than 10,000 functions",
    ),
}


def _hollow(count: int) -> bytes:
    return part(1, b"c") + part(2, part(3, part(52, part(1, part(52, b"\x0a\x00" * count)))))


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_in_little_time_and_memory(name: str, tmp_path: Path) -> None:
    build, expected = BOMBS[name]
    path = written(tmp_path, build())
    code = (
        "import resource, sys; from specc.reader import inspect_archive\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try: inspect_archive(sys.argv[1])\n"
        "except Exception as error: print(type(error).__name__, str(error).removeprefix('cannot read ' + sys.argv[2] + ': '))\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    start = time.monotonic()
    command = [sys.executable, "-c", code, str(path), str(path / "saved_model.pb")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    said, grown = done.stdout.splitlines()
    assert said == f"ArchiveError {expected}"
    assert int(grown) < 250_000  # KB
    assert time.monotonic() - start < 10


def test_a_default_that_claims_to_be_huge_is_left_out(tmp_path: Path) -> None:
    for sizes in ((10**9, 10**9), (10**17, 0), (1, 0, 10**17)):
        huge = message("TensorProto")(dtype=FLOAT, tensor_shape=shape(*sizes), float_val=[1.0])
        content = signature({"x": info(FLOAT, *sizes)}, {"y": info(FLOAT)}, {"x": huge})
        inspection = inspect_archive(written(tmp_path, saved_model(meta_graph({"f": content}))))
        assert inspection.document.endpoints["f"].inputs[0].default is None
        assert inspection.notes[0].startswith("f: the default of 'x' is left out: it is a stored value of ")
