"""Wire names that are not identifiers, on every surface: the SignatureDef, Session, loaded signatures, the attribute."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from tagged_session import TaggedSession, meta_graphs
from tf_examples import example
from three_ways import Archive, assert_agree, flat_outputs, three_ways
from wire_signatures import wire

import specc
from specc.compiler.load_model import load_model
from specc.language.wire_names import input_leaves, parameter_name

pytestmark = pytest.mark.tensorflow

Spec = tf.TensorSpec


def numbered(*tensors: Any) -> Any:
    """The tensors as the digits of one number, so that a swap is visible."""
    result = tensors[0]
    for tensor in tensors[1:]:
        result = result * 10.0 + tensor
    return result


class Numbered(tf.Module):
    """``numbered`` of the leaves of its argument."""

    @tf.function
    def call(self, *arguments: Any) -> Any:
        return numbered(*(tf.cast(tensor, tf.float32) for tensor in tf.nest.flatten(arguments)))


def leaf(name: str, default: float | None = None) -> dict[str, Any]:
    said = {"kind": "tensor", "dtype": "float32", "shape": [], "name": name}
    return said if default is None else {**said, "default": default}


def document_of(inputs: list[Any], outputs: Any = "float32[]", **more: Any) -> specc.Document:
    arguments = [f"x{index}" for index in range(len(inputs))]
    endpoint = {"function": "call", "arguments": arguments, "inputs": inputs, "outputs": outputs, **more}
    return specc.from_json({"specc": 1, "endpoints": {"serve": endpoint}})


def rebuilt(old: Path, new: Path) -> specc.Document:
    """Infers the spec of ``old`` and builds it from there, as ``specc init`` and ``specc build`` do."""
    inferred = specc.infer_archive_spec(old, model=f"{old.name}/")
    assert inferred.document.model is not None
    specc.compile(inferred.document).export(load_model(inferred.document.model, old.parent, seed=0), new)
    return inferred.document


def keys(path: Path, key: str = "serve") -> list[str]:
    (graph,) = meta_graphs(path)
    return sorted(graph.signature_def[key].inputs)


def defaults(path: Path) -> dict[str, float]:
    (graph,) = meta_graphs(path)
    return {name: tf.make_ndarray(value).item() for name, value in graph.signature_def["serve"].defaults.items()}


NAMES = [
    ("input-ids",),
    ("b-x", "a_y", "1st", "a/z", "Z.q"),
    ("a-z", "a_b"),
    ("a", "a/b", "a/b/c", "a.c"),
    ("args_1", "args_0"),  # TensorFlow's generated name
    ("A-b", "a_b"),
    ("10", "9"),
]


@pytest.mark.parametrize("names", NAMES, ids=" ".join)
@pytest.mark.parametrize("place", [None, 0, -1], ids=["no default", "a first default", "a last default"])
def test_every_surface_has_the_wire_names(tmp_path: Path, names: tuple[str, ...], place: int | None) -> None:
    values = [float(index + 1) for index in range(len(names))]
    given = {} if place is None else {names[place]: values[place]}
    program = specc.compile(document_of([leaf(name, given.get(name)) for name in names]))
    program.export(Numbered(), tmp_path / "archive")
    assert keys(tmp_path / "archive") == keys(tmp_path / "archive", "serving_default") == sorted(names)
    assert defaults(tmp_path / "archive") == given
    archive, arguments = Archive(program, tmp_path / "archive"), list(map(tf.constant, values))
    expected = flat_outputs(program["serve"], numbered(*arguments))
    assert_agree(three_ways(archive, "serve", arguments, omitted=given), expected)
    # A loader shows parameters, and also accepts them.
    by_parameter = {parameter_name(name): value for name, value in zip(names, arguments, strict=True)}
    signature = archive.revived.signatures["serve"]
    assert set(signature.structured_input_signature[1]) == set(by_parameter)
    assert signature(**by_parameter)["output_0"].numpy() == expected["output_0"]


def test_keys_components_and_defaults_of_a_tree(tmp_path: Path) -> None:
    tree = {
        "user-id": {"1st": "float32[2]", "a/b": {"c.d": "float32[2]"}},
        "list": {"kind": "ragged", "dtype": "int64", "shape": ["?", "?"], "name": "category-list_"},
        "sparse": {"kind": "sparse", "dtype": "float32", "shape": ["?", 3], "name": "a/sparse-one"},
        "split": {
            "kind": "ragged", "dtype": "float32", "shape": ["?", "?"],
            "names": {"values": "tokens-flat", "row_splits": "tokens/splits"},
        },
    }  # fmt: skip

    def parts(features: Any) -> Any:
        flat = {
            "user": numbered(features["user-id"]["1st"], features["user-id"]["a/b"]["c.d"]),
            "list": tf.reduce_sum(features["list"], 1),
            "sparse": tf.sparse.reduce_sum(features["sparse"], 1, output_is_sparse=False),
            "split": tf.reduce_max(features["split"], 1),
        }
        return {name: tf.ensure_shape(tensor, [2]) for name, tensor in flat.items()}

    outputs = {"user": "float32[2]", "list": "int64[2]", "sparse": "float32[2]", "split": "float32[2]"}
    program = specc.compile(document_of([tree], outputs, function=None))
    program.export(None, tmp_path / "archive", functions={"serve": parts})
    assert keys(tmp_path / "archive") == [
        "a/sparse-one_dense_shape", "a/sparse-one_indices", "a/sparse-one_values",
        "category-list__row_splits", "category-list__values",
        "tokens-flat", "tokens/splits", "user-id_1st", "user-id_a/b_c.d",
    ]  # fmt: skip
    features = {
        "user-id": {"1st": tf.constant([1.0, 2.0]), "a/b": {"c.d": tf.constant([3.0, 4.0])}},
        "list": tf.ragged.constant([[1, 2], [5]], dtype=tf.int64),
        "sparse": tf.sparse.from_dense([[0.0, 7.0, 0.0], [1.0, 0.0, 1.0]]),
        "split": tf.ragged.constant([[1.0], [4.0, 3.0]]),
    }
    answers = three_ways(Archive(program, tmp_path / "archive"), "serve", [features])
    assert_agree(answers, flat_outputs(program["serve"], parts(features)))


def test_a_receiver_s_features_have_the_wire_names(tmp_path: Path) -> None:
    tree = {
        "user-id": "float32[?]",
        "text/1st": {"kind": "ragged", "dtype": "int64", "shape": ["?", "?"]},
        "b": "float32[?]",
    }
    document = document_of([tree], "float32[?]", function=None, receivers={"examples": {"kind": "tf_example"}})

    def function(features: Any) -> Any:
        return numbered(features["user-id"], features["b"], tf.cast(features["text/1st"].row_lengths(), tf.float32))

    specc.compile(document).export(None, tmp_path / "archive", functions={"serve": function})
    messages = [
        example(**{"user-id": [1.0], "b": [2.0], "text/1st": [7, 7, 7]}),
        example(**{"user-id": [4.0], "b": [5.0]}),
    ]
    answer = TaggedSession(tmp_path / "archive").ask("examples:serve", inputs=np.array(messages, object))
    assert answer["output_0"].tolist() == [123.0, 450.0]


def test_init_and_build_keep_the_names_of_an_archive_without_a_contract(tmp_path: Path) -> None:
    tree = {"user-id": {"1st": "float32[]"}, "b": leaf("a/b", 3.0)}
    specc.compile(document_of([tree, leaf("c.d", 2.0)])).export(Numbered(), tmp_path / "old")
    shutil.rmtree(tmp_path / "old" / "assets.extra")
    document = rebuilt(tmp_path / "old", tmp_path / "new")
    assert document.endpoints["serve"].function == "serve"
    assert wire(tmp_path / "new") == wire(tmp_path / "old")
    assert defaults(tmp_path / "new") == defaults(tmp_path / "old") == {"a/b": 3.0, "c.d": 2.0}
    feed = {"user-id_1st": 1.0, "a/b": 7.0}
    asked = [TaggedSession(tmp_path / name).ask("serve", **feed)["output_0"] for name in ("old", "new")]
    assert asked == [712.0, 712.0]  # "b" comes before "user-id"


def test_init_and_build_keep_the_names_of_a_signature_alone(tmp_path: Path) -> None:
    specs = [Spec([None], name=name) for name in ("b-x", "a/y", "1st")]
    concrete = tf.function(lambda *tensors: {"out-1": numbered(*tensors)}).get_concrete_function(*specs)
    tf.saved_model.save(tf.Module(), str(tmp_path / "old"), signatures={"serve": concrete})
    document = rebuilt(tmp_path / "old", tmp_path / "new")
    assert document.endpoints["serve"].function == "specc:call_signature"
    assert {key: both[:2] for key, both in wire(tmp_path / "new").items()}["serve"] == wire(tmp_path / "old")["serve"][
        :2
    ]
    feed = {"b-x": [1.0], "a/y": [2.0], "1st": [3.0]}
    assert TaggedSession(tmp_path / "new").ask("serve", **feed)["out-1"].tolist() == [123.0]


def functional(*names: str | None, **options: Any) -> keras.Model:
    inputs = [keras.Input((2,), name=name) for name in names]
    summed = numbered(*inputs) if len(inputs) > 1 else inputs[0] * 2.0
    keyed = options.get("keys")
    return keras.Model(dict(zip(keyed, inputs, strict=True)) if keyed else inputs, summed)


def exported(model: Callable[[], Any]) -> Callable[[Any], None]:
    def fill(archive: Any) -> None:
        made = model()
        signature = list(made.inputs) if isinstance(made, keras.Sequential) else [made.input]
        archive.track_and_add_endpoint("serve", made, signature)

    return fill


def with_signature(*specs: Any) -> Callable[[Any], None]:
    return lambda archive: archive.add_endpoint("serve", lambda *x: numbered(*tf.nest.flatten(list(x))), list(specs))


def traced_before(*specs: Any) -> Callable[[Any], None]:
    def fill(archive: Any) -> None:
        function = tf.function(lambda *x: numbered(*tf.nest.flatten(list(x))))
        function.get_concrete_function(*specs)
        archive.add_endpoint("serve", function)

    return fill


ROW = Spec([None, 2])
KERAS: dict[str, Callable[[Any], None]] = {
    "the names of Inputs": exported(lambda: functional("input-ids", "category-list__values", "1st", "a.b")),
    "one Input": exported(lambda: functional("input-ids")),
    "keys that are the names": exported(lambda: functional("user-id", "b", keys=("user-id", "b"))),
    "other keys than names": exported(lambda: functional("x", "y-1", keys=("user-id", "a/b"))),
    "keys alone": with_signature({"user-id": ROW, "a/b": ROW, "1st": ROW, "a b": ROW}),
    "a Sequential model": exported(lambda: keras.Sequential([keras.Input((2,), name="in-1"), keras.layers.Dense(1)])),
    "specs": with_signature(Spec([None, 2], name="b-x"), Spec([None, 2], name="a/y"), Spec([None, 2], name="9")),
    "specs in a dict": with_signature({"q": Spec([None, 2], name="z-1"), "p": Spec([None, 2], name="a.b/c")}),
    "a trace": traced_before(Spec([None, 2], name="b-x"), Spec([None, 2], name="a/y")),
    "a trace with keys": traced_before({"user-id": ROW, "a/b": ROW, "1st": ROW}),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:When providing `inputs` as a dict")
@pytest.mark.parametrize("fill", KERAS.values(), ids=KERAS)
def test_the_drop_in_keeps_keras_s_names(tmp_path: Path, fill: Callable[[Any], None]) -> None:
    paths = {"keras": keras.export.ExportArchive, "specc": specc.ExportArchive}
    for name, kind in paths.items():
        keras.utils.clear_session()
        keras.utils.set_random_seed(7)
        archive = kind()
        fill(archive)
        archive.write_out(str(tmp_path / name), verbose=False)
    assert wire(tmp_path / "specc") == wire(tmp_path / "keras")
    feed = {name: np.full([3, 2], index + 1.0, "float32") for index, name in enumerate(keys(tmp_path / "keras"))}
    answers = [TaggedSession(tmp_path / name).ask("serve", **feed)["output_0"] for name in paths]
    loaded = [tf.saved_model.load(str(tmp_path / name)).signatures["serve"](**feed)["output_0"] for name in paths]
    for answer in (*answers[1:], *loaded):
        np.testing.assert_allclose(answer, answers[0], 1e-6)
    document = rebuilt(tmp_path / "keras", tmp_path / "new")  # what Keras wrote has no contract
    leaves = input_leaves(document.endpoints["serve"])
    assert sorted(part.wire_name for each in leaves for part in each.components) == sorted(feed)
    assert keys(tmp_path / "new") == sorted(feed)
    np.testing.assert_allclose(TaggedSession(tmp_path / "new").ask("serve", **feed)["output_0"], answers[0], 1e-6)


def test_the_spec_of_the_drop_in_says_the_names_and_builds_the_same(tmp_path: Path) -> None:
    archive = specc.ExportArchive()
    archive.track_and_add_endpoint("serve", model := functional("input-ids", "1st"), [model.input])
    archive.write_out(tmp_path / "drop_in", verbose=False)
    specc.compile(archive.spec).export(model, tmp_path / "built")
    assert wire(tmp_path / "built")["serve"][0] == wire(tmp_path / "drop_in")["serve"][0]
    assert keys(tmp_path / "built") == ["1st", "input-ids"]


@pytest.mark.parametrize(("one", "other"), [("a-b", "a_b"), ("A-b", "a-b"), ("1st", "arg_1st")])
def test_names_that_keras_cannot_write_either_name_both_leaves(one: str, other: str) -> None:
    with pytest.raises(ValueError, match="clashes") as caught:
        with_signature(Spec([None], name=one), Spec([None], name=other))(specc.ExportArchive())
    assert repr(one) in str(caught.value)
    assert repr(other) in str(caught.value)


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (("a-b", "a_b"), "TensorFlow cannot load it, since 'a-b' and 'a_b', inputs of 'serving_default', both become"),
        (
            ("1st", "arg_1st"),
            "TensorFlow cannot load it, since '1st' and 'arg_1st', inputs of 'serving_default', both become",
        ),
        (("self", "x"), "TensorFlow cannot call it, since 'self', an input of 'serving_default', is not a valid"),
    ],
)
def test_an_archive_of_tensorflow_1_that_cannot_be_called_is_no_source(
    tmp_path: Path, names: tuple[str, str], why: str
) -> None:
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        inputs = {name: v1.placeholder(tf.float32, [None]) for name in names}
        v1.saved_model.simple_save(session, str(tmp_path / "old"), inputs, {"out": numbered(*inputs.values())})
    assert sorted(keys(tmp_path / "old", "serving_default")) == sorted(names)
    specc.inspect(tmp_path / "old")  # describable
    with pytest.raises(specc.ArchiveError, match=why):
        specc.infer_archive_spec(tmp_path / "old")


def test_a_layer_made_of_the_archive(tmp_path: Path) -> None:
    document = document_of([{"user-id": "float32[?, 2]", "a/b": "float32[?, 2]"}], "float32[?, 2]")
    specc.compile(document).export(Numbered(), tmp_path / "archive")
    features = {"a/b": tf.ones([1, 2]), "user-id": 2 * tf.ones([1, 2])}
    layer = keras.layers.TFSMLayer(str(tmp_path / "archive"), call_endpoint="serve")
    assert layer(features).numpy().tolist() == [[12.0, 12.0]]


def test_one_leaf_has_another_name_in_each_endpoint_of_a_core(tmp_path: Path) -> None:
    endpoint = {"function": "call", "arguments": ["x", "y"], "outputs": "float32[]"}
    endpoints = {
        "one": {**endpoint, "inputs": [leaf("a-b"), leaf("c/d")]},
        "other": {**endpoint, "inputs": [leaf("c/d"), leaf("a-b")]},
    }
    program = specc.compile(specc.from_json({"specc": 1, "endpoints": endpoints, "default": "one"}))
    report = program.export(Numbered(), tmp_path / "archive")
    assert report.cores == 1
    feed = {"a-b": 1.0, "c/d": 2.0}
    session = TaggedSession(tmp_path / "archive")
    assert [session.ask(name, **feed)["output_0"].item() for name in endpoints] == [12.0, 21.0]
