"""Archives written by other tools: ``inspect`` compared with the objects that TensorFlow revives."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import pytest
import tensorflow as tf
from foreign_archives import CASES, FUNCTION, Spec, endpoint

import specc
from specc.errors import ArchiveError
from specc.language.validation.consistency import find_inconsistencies
from specc.language.wire_names import input_leaves, output_leaves
from specc.reader import Inspection, inspect, inspect_archive

pytestmark = pytest.mark.tensorflow


DESCRIBED_FLAT = {
    "functions without signatures": ["serving_default"],
    "a function that TensorFlow made the default signature": ["serving_default"],
    "several traces, and a signature of another function": ["unlinked"],
    "eleven keys in TensorFlow's own numbering": ["f"],
    "a Keras model saved by TensorFlow": ["serving_default"],
    "TensorFlow 1": ["cls", "serving_default"],
}
"""The endpoints that are described by their signatures, by case."""
UNPUBLISHED = {
    "functions without signatures": ["f", "g"],
    "a function that TensorFlow made the default signature": ["f"],
    "default values": ["e"],
}
"""The endpoints without a signature, by case."""


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The archive of a case, written once."""
    written: dict[str, Path] = {}

    def archive(name: str) -> Path:
        if name not in written:
            written[name] = tmp_path_factory.mktemp("case") / "archive"
            CASES[name][0](str(written[name]))
        return written[name]

    return archive


@pytest.mark.parametrize("name", CASES)
def test_the_document_and_the_notes_of_an_archive(name: str, archives: Any) -> None:
    if name == "Model.export" and int(keras.__version__.split(".")[1]) < 15:
        pytest.skip("older Keras gives its one argument another name")
    _, endpoints, default, source, notes = CASES[name]
    expected = specc.from_json({"specc": 1, "endpoints": endpoints, "default": default})
    found = inspect_archive(archives(name))
    assert found.document.to_json() == expected.to_json()
    flat, unpublished = (frozenset(names.get(name, ())) for names in (DESCRIBED_FLAT, UNPUBLISHED))
    assert found == Inspection(
        expected,
        source,
        (),
        tuple(notes),
        tags=("serve",),
        flat=flat,
        unpublished=unpublished,  # type: ignore[arg-type]
    )
    assert list(find_inconsistencies(found.document)) == []


def wire(tensors: Any) -> dict[str, tuple[str, Any]]:
    return {name: (spec.dtype.name, dims(spec.shape)) for name, spec in tensors.items()}


def dims(shape: Any) -> Any:
    return None if shape.rank is None else tuple("?" if size is None else size for size in shape.as_list())


def declared(leaves: Any) -> dict[str, tuple[str, Any]]:
    return {part.wire_name: (part.dtype, part.shape) for leaf in leaves for part in leaf.components}


@pytest.mark.parametrize("name", [name for name in CASES if name != "TensorFlow 1"])
def test_tensorflow_sees_the_same_signatures(name: str, archives: Any) -> None:
    document, revived = inspect(archives(name)), tf.saved_model.load(str(archives(name)))
    described = set(document.endpoints) | ({"serving_default"} if document.default else set())
    assert set(revived.signatures) <= described
    for key, signature in revived.signatures.items():
        found = document.endpoints[key if key in document.endpoints else document.default]
        assert declared(input_leaves(found)) == wire(signature.structured_input_signature[1])
        assert declared(output_leaves(found)) == wire(signature.structured_outputs)


def structure(specs: Any) -> Any:
    """TensorFlow's nested specs as the JSON of a tree, without names."""
    match specs:
        case tf.TensorSpec():
            return tree_json("tensor", specs)
        case tf.RaggedTensorSpec():
            splits = specs.row_splits_dtype.name
            return {**tree_json("ragged", specs), "ragged_rank": specs.ragged_rank, "row_splits_dtype": splits}
        case tf.SparseTensorSpec():
            return tree_json("sparse", specs)
        case dict():
            return {"kind": "dict", "items": {key: structure(specs[key]) for key in specs}}
        case tuple() if hasattr(specs, "_fields"):
            fields = [[name, structure(item)] for name, item in specs._asdict().items()]
            return {"kind": "namedtuple", "typename": type(specs).__name__, "fields": fields}
        case _:
            return {"kind": type(specs).__name__, "items": [structure(item) for item in specs]}


def tree_json(kind: str, spec: Any) -> dict[str, Any]:
    shape = dims(spec.shape)
    return {"kind": kind, "dtype": spec.dtype.name, "shape": "..." if shape is None else list(shape)}


def nameless(tree: Any) -> Any:
    """The same for a tree of a document."""
    match tree.kind:
        case "tensor" | "ragged" | "sparse":
            leaf = {"kind": tree.kind, "dtype": tree.dtype, "shape": "..." if tree.shape is None else list(tree.shape)}
            if tree.kind == "ragged":
                leaf |= {"ragged_rank": tree.ragged_rank, "row_splits_dtype": tree.row_splits_dtype}
            return leaf
        case "dict":
            return {"kind": "dict", "items": {key: nameless(item) for key, item in tree.items.items()}}
        case "namedtuple":
            fields = [[name, nameless(item)] for name, item in tree.fields]
            return {"kind": "namedtuple", "typename": tree.typename, "fields": fields}
        case _:
            return {"kind": tree.kind, "items": [nameless(item) for item in tree.items]}


FLAT = ("eleven keys in TensorFlow's own numbering", "TensorFlow 1", "a concrete function as an attribute")


@pytest.mark.parametrize("name", [name for name in CASES if name not in FLAT])
def test_tensorflow_sees_the_same_nested_arguments(name: str, archives: Any) -> None:
    document, revived = inspect(archives(name)), tf.saved_model.load(str(archives(name)))
    for key, found in document.endpoints.items():
        if key in ("serving_default", "unlinked"):
            continue  # described from the signature only
        concrete = getattr(revived, key).concrete_functions[-1]
        positional = [
            item for item in concrete.structured_input_signature[0] if not isinstance(item, (bool, type(None)))
        ]
        assert [nameless(tree) for tree in found.inputs] == [structure(item) for item in positional]
        assert nameless(found.outputs) == structure(concrete.structured_outputs)


def test_a_signature_without_a_describable_tensor_is_left_out(tmp_path: Path) -> None:
    root = tf.Module()
    root.v = tf.Variable(1.0)
    root.f = tf.function(lambda x: {"x": x}, input_signature=[Spec([2])], autograph=False)
    root.g = tf.function(lambda x: {"x": x, "none": None}, input_signature=[Spec([2])], autograph=False)
    dataset = tf.function(lambda x: {"o": tf.raw_ops.VarHandleOp(dtype=tf.float32, shape=[]), "x": x})
    signature = dataset.get_concrete_function(Spec([2]))
    tf.saved_model.save(root, str(tmp_path / "a"), signatures={"f": root.f, "handle": signature})
    found = inspect_archive(tmp_path / "a")
    assert found.document == specc.from_json(
        {"specc": 1, "endpoints": {"f": endpoint(["x"], ["float32[2]"], {"x": "float32[2]"})}, "default": None}
    )
    assert found.notes == (
        "signature 'handle' is left out: it has a tensor of dtype resource",
        "g: left out: it has None",
        FUNCTION,
    )


def test_an_archive_with_nothing_to_describe_is_an_error(tmp_path: Path) -> None:
    tf.saved_model.save(tf.Module(), str(tmp_path / "a"))
    with pytest.raises(ArchiveError) as caught:
        inspect(tmp_path / "a")
    reason = "it has no signature and no public function"
    assert str(caught.value) == f"nothing in {tmp_path / 'a'} can be described: {reason}"


def test_inspect_runs_without_tensorflow_which_can_be_imported_later(archives: Any) -> None:
    code = (
        "import sys; from specc.reader import inspect; import specc.language.load as load\n"
        "text = load.dump(inspect(sys.argv[1]))\n"
        "heavy = [name for name in ('tensorflow', 'keras', 'numpy') if name in sys.modules]\n"
        "import tensorflow as tf, json\n"
        "print(json.dumps([heavy, text, sorted(tf.saved_model.load(sys.argv[1]).signatures)]))"
    )
    path = archives("ExportArchive")
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(specc.__file__).parent.parent)},
    )
    text = specc.dump(inspect(path))
    assert json.loads(done.stdout.splitlines()[-1]) == [[], text, ["second", "serve", "serving_default"]]
