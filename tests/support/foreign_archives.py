"""Archives of other tools, each with the document and the notes that ``inspect`` gives for it."""

import collections
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

Spec = tf.TensorSpec
Point = collections.namedtuple("Point", ["x", "y"])
FUNCTION = "a graph does not record which function each endpoint runs"
DIMS = "a graph does not record the names of dimensions: '?' is a size that it leaves open"
ORDER = "a graph does not record the order of dict keys: they are sorted, and a function may get them in another order"
MODULES = "a graph does not record the modules of namedtuples"
NO_SIGNATURE = "only Python can call it, since it has no signature"


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
        ["g: one of its 3 traces is described: the one with training=False, not the one with training=True",
         "never: left out: it was never traced",
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
         FUNCTION, DIMS, ORDER,
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
