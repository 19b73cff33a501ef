"""Archives written by other tools: ``inspect`` compared with the objects that TensorFlow revives."""

import collections
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

import specc
from specc.errors import ArchiveError
from specc.language.validation.consistency import find_inconsistencies
from specc.language.wire_names import input_leaves, output_leaves
from specc.reader import Inspection, inspect, inspect_archive

pytestmark = pytest.mark.tensorflow

Spec = tf.TensorSpec
Point = collections.namedtuple("Point", ["x", "y"])
FUNCTION = "a graph does not record which function each endpoint runs"
DIMS = "a graph does not record the names of dimensions: '?' is a size that it leaves open"
ORDER = "a graph does not record the order of dict keys: they are sorted, and a function may get them in another order"
MODULES = "a graph does not record the modules of namedtuples"
NO_SIGNATURE = "it has no signature: it can be called only on the revived object"


def module(signatures: bool = True, **functions: tuple[Callable[..., Any], Any]) -> Callable[[str], None]:
    """Saves a tf.Module whose functions are also signatures with the same names."""

    def save(path: str) -> None:
        root = tf.Module()
        for name, (function, specs) in functions.items():
            setattr(root, name, tf.function(function, input_signature=specs, autograph=False))
        saved = {name: getattr(root, name) for name in functions} if signatures else {}
        tf.saved_model.save(root, path, signatures=saved or None)

    return save


def model() -> keras.Model:
    first, second = keras.Input((4,), name="first"), keras.Input((None,), name="tokens", dtype="int64")
    outputs = {"y": keras.layers.Dense(2)(first), "z": keras.layers.Embedding(5, 3)(second)}
    return keras.Model({"a": first, "b": second}, outputs)


def export_archive(path: str) -> None:
    net, archive = model(), keras.export.ExportArchive()
    archive.track(net)
    specs = [{"a": Spec([None, 4], tf.float32), "b": Spec([None, None], tf.int64)}]
    archive.add_endpoint("serve", net.call, input_signature=specs)
    archive.add_endpoint("second", lambda x: {"out": x}, input_signature=[Spec([None, 4], tf.float32, name="Zz")])
    archive.add_variable_collection("kernels", net.trainable_variables)
    archive.write_out(path, verbose=False)


def traces(path: str) -> None:
    root = tf.Module()
    root.g = tf.function(lambda x, training=False: x * 2, autograph=False)
    root.g(tf.ones([2])), root.g(tf.ones([2, 2]), training=True)
    root.unlinked = tf.function(lambda p: p, autograph=False, input_signature=[Spec([2], tf.float32)])
    root.never = tf.function(lambda x: x)
    concrete = root.g.get_concrete_function(Spec([None, 2], tf.float32, name="inp"))
    other = tf.function(lambda q: q, input_signature=[Spec([2], tf.float32)])
    tf.saved_model.save(root, path, signatures={"g": concrete, "unlinked": other})


def defaults(path: str) -> None:
    root = tf.Module()

    three, texts = tf.constant(3, tf.int64), tf.constant([b"a", b"\xff"])

    @tf.function(input_signature=[Spec([2]), Spec([], tf.int64), Spec([2], tf.string)], autograph=False)
    def d(x: Any, k: Any = three, s: Any = texts) -> Any:
        return {"x": x, "k": k, "s": s}

    root.d = root.e = d
    tf.saved_model.save(root, path, signatures={"d": d})


def concrete_attribute(path: str) -> None:
    root = tf.Module()
    function = tf.function(lambda b, *, a: (b, a), autograph=False)
    root.f = function.get_concrete_function(b=Spec([2]), a=Spec([], tf.string))
    tf.saved_model.save(root, path, signatures={"f": root.f})


def eleven(path: str) -> None:
    """Sorted keys and TensorFlow's numbering differ from the eleventh on."""
    keys = ["x", *(f"x_{index}" for index in range(1, 11))]
    module(f=(lambda x: {"sum": x["x"]}, [{key: Spec([2]) for key in keys}]))(path)


def tensorflow_1(path: str) -> None:
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [None, 3], name="x")
        sparse = v1.sparse_placeholder(tf.float32, [None, 4])
        y, label = tf.identity(x * 2), tf.constant(["a"])
        utils = v1.saved_model.signature_def_utils
        predict = utils.predict_signature_def({"inp": x, "sp": sparse}, {"out": y})
        text = v1.placeholder(tf.string, [None])
        classify = utils.classification_signature_def(text, label, None)
        builder = v1.saved_model.Builder(path)
        builder.add_meta_graph_and_variables(session, ["serve"], {"serving_default": predict, "cls": classify})
        builder.add_meta_graph(["train"], {"train": predict})
        builder.save()


def bare(leaf: str, name: str) -> dict[str, Any]:
    dtype, dims = leaf.rstrip("]").split("[")
    shape = [int(dim) if dim.isdigit() else dim for dim in dims.split(", ")] if dims else []
    return {"kind": "tensor", "dtype": dtype, "shape": shape, "name": name}


def endpoint(arguments: list[str], inputs: list[Any], outputs: Any) -> dict[str, Any]:
    return {"function": None, "arguments": arguments, "inputs": inputs, "outputs": outputs}


RAGGED = {
    "kind": "ragged",
    "dtype": "float32",
    "shape": ["?", "?", "?", 2],
    "ragged_rank": 2,
    "row_splits_dtype": "int32",
}
SPARSE = {"kind": "sparse", "dtype": "int64", "shape": ["?", 5]}
POINT = {"kind": "namedtuple", "typename": "Point", "fields": [["x", "float32[2]"], ["y", "string[]"]]}
NETWORK = {"y": "float32[?, 2]", "z": "float32[?, ?, 3]"}
ZZ = endpoint(["x"], [bare("float32[?, 4]", "Zz")], {"out": "float32[?, 4]"})

CASES: dict[str, tuple[Callable[[str], None], dict[str, Any], str | None, str, list[str]]] = {
    "plain arguments": (
        module(f=(lambda x, y: x + y, [Spec([None, 3]), Spec([None, 3])])),
        {"f": endpoint(["x", "y"], ["float32[?, 3]", "float32[?, 3]"], "float32[?, 3]")},
        None, "object graph", [FUNCTION, DIMS],
    ),
    "unknown rank, no dims and a size of zero": (
        module(f=(lambda x, y, z: {"x": x, "y": y, "z": z}, [Spec(None), Spec([]), Spec([0, 2])])),
        {"f": endpoint(["x", "y", "z"], ["float32[...]", "float32[]", "float32[0, 2]"],
                       {"x": "float32[...]", "y": "float32[]", "z": "float32[0, 2]"})},
        None, "object graph", [FUNCTION, DIMS],
    ),
    "names in TensorSpecs": (
        module(f=(lambda x, y: {"a": x + y}, [Spec([2], name="Feature"), Spec([2], name="y")])),
        {"f": endpoint(["x", "y"], [bare("float32[2]", "Feature"), "float32[2]"], {"a": "float32[2]"})},
        None, "object graph", [FUNCTION],
    ),
    "a dict, which TensorFlow numbers": (
        module(f=(lambda x: [x["b"], x["a"]], [{"b": Spec([2]), "a": Spec([], tf.int64)}])),
        {"f": endpoint(["x"], [{"a": bare("int64[]", "x"), "b": bare("float32[2]", "x_1")}],
                       ["float32[2]", "int64[]"])},
        None, "object graph", [FUNCTION, ORDER],
    ),
    "a list with a tuple": (
        module(f=(lambda x: {"o": x[0]}, [[Spec([2]), (Spec([], tf.int64),)]])),
        {"f": endpoint(["x"], [[bare("float32[2]", "x"), {"kind": "tuple", "items": [bare("int64[]", "x_1")]}]],
                       {"o": "float32[2]"})},
        None, "object graph", [FUNCTION],
    ),
    "a namedtuple": (
        module(f=(lambda p: p, [Point(Spec([2]), Spec([], tf.string))])),
        {"f": endpoint(["p"], [{**POINT, "fields": [["x", bare("float32[2]", "p")], ["y", bare("string[]", "p_1")]]}],
                       POINT)},
        None, "object graph", [FUNCTION, MODULES],
    ),
    "a ragged tensor": (
        module(f=(lambda r: {"o": r.flat_values},
                  [tf.RaggedTensorSpec([None, None, None, 2], tf.float32, 2, tf.int32)])),
        {"f": endpoint(["r"], [{**RAGGED, "names": {"values": "r", "row_splits": ["r_1", "r_2"]}}],
                       {"o": "float32[?, 2]"})},
        None, "object graph", [FUNCTION, DIMS],
    ),
    "a sparse tensor": (
        module(f=(lambda r: {"o": r.values}, [tf.SparseTensorSpec([None, 5], tf.int64)])),
        {"f": endpoint(["r"], [{**SPARSE, "names": {"indices": "r", "values": "r_1", "dense_shape": "r_2"}}],
                       {"o": "int64[?]"})},
        None, "object graph", [FUNCTION, DIMS],
    ),
    "functions without signatures": (
        module(signatures=False, f=(lambda r: (r, {"r": r}), [tf.SparseTensorSpec([None, 5], tf.int64)]),
               g=(lambda p, q: p, [Point(Spec([2]), Spec([], tf.string)), Spec([2], name="Q")])),
        {"f": endpoint(["r"], [SPARSE], {"kind": "tuple", "items": [SPARSE, {"r": SPARSE}]}),
         "g": endpoint(["p", "q"], [POINT, bare("float32[2]", "Q")], POINT),
         "serving_default": endpoint(["Q", "p", "p_1"], ["float32[2]", "float32[2]", "string[]"],
                                     {"x": "float32[2]", "y": "string[]"})},
        "serving_default", "object graph", [f"f: {NO_SIGNATURE}", f"g: {NO_SIGNATURE}", FUNCTION, DIMS, MODULES],
    ),
    "a function that TensorFlow made the default signature": (
        module(signatures=False, f=(lambda x: x, [Spec([2])])),
        {"f": endpoint(["x"], ["float32[2]"], "float32[2]"),
         "serving_default": endpoint(["x"], ["float32[2]"], {"output_0": "float32[2]"})},
        "serving_default", "object graph", [f"f: {NO_SIGNATURE}", FUNCTION],
    ),
    "several traces, and a signature of another function": (
        traces,
        {"g": endpoint(["x"], [bare("float32[?, 2]", "inp")], "float32[?, 2]"),
         "unlinked": endpoint(["q"], ["float32[2]"], {"output_0": "float32[2]"})},
        None, "object graph",
        ["g: the function of the same name has 3 traces; only one is described, not training=True", "g: its trace fixes training=False",
         "never: not described: none of its traces can be described, and it has no signature",
         "unlinked: described flat: its names could not be linked to the arguments of the function of the same name (p)",
         FUNCTION, DIMS],
    ),
    "default values": (
        defaults,
        {name: endpoint(
            ["x", "k", "s"],
            ["float32[2]", {"kind": "tensor", "dtype": "int64", "shape": [], "default": 3},
             {"kind": "tensor", "dtype": "string", "shape": [2], "default": ["a", {"base64": "/w=="}]}],
            {"x": "float32[2]", "k": "int64[]", "s": "string[2]"}) for name in ("d", "e")},
        None, "object graph", [f"e: {NO_SIGNATURE}", FUNCTION],
    ),
    "a concrete function as an attribute": (
        concrete_attribute,
        {"f": endpoint(["b", "a"], ["float32[2]", "string[]"],
                       {"kind": "tuple", "items": ["float32[2]", "string[]"]})},
        None, "object graph", ["f: the revived function takes a by name only", FUNCTION],
    ),
    "eleven keys in TensorFlow's own numbering": (
        eleven,
        {"f": endpoint(["x"] + [f"x_{index}" for index in range(1, 11)][:1] + ["x_10"]
                       + [f"x_{index}" for index in range(2, 10)], ["float32[2]"] * 11, {"sum": "float32[2]"})},
        None, "object graph",
        ["f: described flat: its names could not be linked to the arguments of the function of the same name (x)", FUNCTION],
    ),
    "Model.export": (
        lambda path: model().export(path, verbose=False),
        {"serve": endpoint(["args_0"], [{"a": bare("float32[?, 4]", "first"), "b": bare("int64[?, ?]", "tokens")}],
                           NETWORK)},
        "serve", "object graph",
        ["serving_default: taken as an alias of 'serve', since all their tensors are the same", FUNCTION, DIMS, ORDER],
    ),
    "ExportArchive": (
        export_archive,
        {"serve": endpoint(["inputs"], [{"a": bare("float32[?, 4]", "inputs"), "b": bare("int64[?, ?]", "inputs_1")}],
                           NETWORK),
         "second": ZZ},
        "serve", "object graph",
        ["serving_default: taken as an alias of 'serve', since all their tensors are the same",
         "serve: its trace fixes training=None, mask=None", FUNCTION, DIMS, ORDER,
         "kernels: a list of 3 variables; a graph does not record its path on the model"],
    ),
    "a Keras model saved by TensorFlow": (
        lambda path: tf.saved_model.save(model(), path),
        {"serving_default": endpoint(["inputs", "inputs_1"], ["float32[?, 4]", "int64[?, ?]"], NETWORK)},
        "serving_default", "object graph", [FUNCTION, DIMS],
    ),
    "TensorFlow 1": (
        tensorflow_1,
        {"cls": {**endpoint(["inputs"], ["string[?]"], {"classes": "string[1]"}), "method": "classify"},
         "serving_default": endpoint(["inp", "sp"],
                                     ["float32[?, 3]", {"kind": "sparse", "dtype": "float32", "shape": ["?", 4]}],
                                     {"out": "float32[?, 3]"})},
        "serving_default", "signatures",
        ["the MetaGraph tagged serve is described; there are others, tagged train",
         "serving_default: 'sp' is one name for all the components of a composite tensor, which cannot be written in a spec",
         FUNCTION, DIMS],
    ),
}  # fmt: skip


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
def test_the_document_of_an_archive_and_what_it_does_not_know(name: str, archives: Any) -> None:
    if name == "Model.export" and int(keras.__version__.split(".")[1]) < 15:
        pytest.skip("older Keras gives its one argument another name")
    _, endpoints, default, source, notes = CASES[name]
    expected = specc.from_json({"specc": 1, "endpoints": endpoints, "default": default})
    found = inspect_archive(archives(name))
    assert found.document.to_json() == expected.to_json()
    assert found == Inspection(expected, source, (), tuple(notes))  # type: ignore[arg-type]
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
    """The same of a document's tree."""
    match tree.kind:
        case "tensor" | "ragged" | "sparse":
            said = {"kind": tree.kind, "dtype": tree.dtype, "shape": "..." if tree.shape is None else list(tree.shape)}
            if tree.kind == "ragged":
                said |= {"ragged_rank": tree.ragged_rank, "row_splits_dtype": tree.row_splits_dtype}
            return said
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
        "g: it has None",
        "g: not described: none of its traces can be described, and it has no signature",
        FUNCTION,
    )


def test_an_archive_that_offers_nothing_is_no_document(tmp_path: Path) -> None:
    tf.saved_model.save(tf.Module(), str(tmp_path / "a"))
    with pytest.raises(ArchiveError) as caught:
        inspect(tmp_path / "a")
    reason = "it has no signature and no public function"
    assert str(caught.value) == f"nothing in {tmp_path / 'a'} can be described: {reason}"


def test_inspecting_needs_no_tensorflow_and_does_not_harm_a_later_import(archives: Any) -> None:
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
