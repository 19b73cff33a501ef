"""First specs of archives: read without TensorFlow, built from the archive itself, with the same results."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import specc
from specc.compiler.load_model import load_model
from specc.language.load import load_spec

pytestmark = pytest.mark.tensorflow

v1 = tf.compat.v1
ITSELF = "model: the archive itself; name the code that makes the model if there is any"
BATCH = "dims.batch: the first dimension of every input that has one; check that these are always equal"
CALLED = {"function": "specc:call_signature", "kwargs": {"key": "serving_default"}}


@pytest.fixture
def rebuilt(tmp_path: Path) -> Callable[..., tuple[dict[str, Any], list[str], Any]]:
    """Infers the spec of ``archive``, loads it as ``specc validate`` does, builds, and revives what was built."""

    def run(name: str = "old") -> tuple[dict[str, Any], list[str], Any]:
        inferred = specc.infer_archive_spec(tmp_path / name, model=f"{name}/")
        file = tmp_path / "first.specc.json"
        file.write_text(specc.dump(inferred.document))
        document = load_spec(file).document
        assert document.model is not None
        specc.compile(document).export(load_model(document.model, tmp_path, seed=0), tmp_path / "new")
        data = inferred.document.to_json()
        assert data.pop("specc") == 1
        return data, [str(guess) for guess in inferred.guesses], tf.saved_model.load(str(tmp_path / "new"))

    return run


def assert_same(left: Any, right: Any) -> None:
    for mine, theirs in zip(tf.nest.flatten(left), tf.nest.flatten(right), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def model() -> keras.Model:
    user, events = keras.Input((3,), name="user"), keras.Input((None, 4), name="Events")
    outputs = [keras.layers.Dense(2)(user), keras.layers.LSTM(3)(events)]
    return keras.Model({"user": user, "rest": [events]}, outputs)


def test_what_keras_exported(tmp_path: Path, rebuilt: Callable[..., Any]) -> None:
    net = model()
    net.export(tmp_path / "old", verbose=False)
    data, guesses, revived = rebuilt()
    leaf = {"kind": "tensor", "dtype": "float32"}
    assert data == {
        "model": "old/",
        "dims": {"batch": {}},
        "endpoints": {
            "serve": {
                "function": "serve",
                "arguments": ["args_0"],
                "inputs": [
                    {
                        "rest": [{**leaf, "shape": ["batch", "?", 4], "name": "Events"}],
                        "user": "float32[batch, 3]",
                    }
                ],
                "outputs": ["float32[batch, 2]", "float32[batch, 3]"],
            }
        },
    }
    assert guesses == [
        ITSELF,
        "serving_default: taken as an alias of 'serve', since all their tensors are the same",
        BATCH,
    ]
    inputs = {"user": tf.random.normal([2, 3]), "rest": [tf.random.normal([2, 5, 4])]}
    np.testing.assert_allclose(net(inputs)[1], revived.serve(inputs)[1], rtol=1e-5)
    assert len(revived.variables) == len(net.variables)


def test_a_saved_model_of_keras_has_no_attribute_to_call(tmp_path: Path, rebuilt: Callable[..., Any]) -> None:
    net = model()
    tf.saved_model.save(net, str(tmp_path / "old"))
    data, guesses, revived = rebuilt()
    assert data["endpoints"] == {
        "serving_default": {
            **CALLED,
            "inputs": [{"inputs": "float32[batch, ?, 4]", "inputs_1": "float32[batch, 3]"}],
            "outputs": {"output_0": "float32[batch, 2]", "output_1": "float32[batch, 3]"},
        }
    }
    assert guesses == [ITSELF, BATCH]
    inputs = {"inputs": tf.random.normal([2, 5, 4]), "inputs_1": tf.random.normal([2, 3])}
    old = tf.saved_model.load(str(tmp_path / "old")).signatures["serving_default"](**inputs)
    assert_same(old, revived.signatures["serving_default"](**inputs))


class Tool(tf.Module):
    """A function whose trace fixes an option, one of its own signature, and one that takes a name only."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = tf.Variable(2.0)
        self.kept = [self.weight]

    @tf.function(input_signature=[tf.TensorSpec([None, 3]), tf.TensorSpec([2])])
    def scale(self, x: Any, by: Any) -> Any:
        return x * by[0] * self.weight

    @tf.function
    def shift(self, x: Any, training: bool = False) -> Any:
        return {"nested": [x + (1.0 if training else 2.0)]}

    @tf.function
    def named(self, *, x: Any) -> Any:
        return x


def test_a_module_of_functions_and_signatures(tmp_path: Path, rebuilt: Callable[..., Any]) -> None:
    tool = Tool()
    tool.shift(tf.ones([2]), training=True)
    tool.named(x=tf.ones([2]))
    concrete = tool.scale.get_concrete_function()
    tf.saved_model.save(tool, str(tmp_path / "old"), signatures={"scale": tool.scale, "scale/v2": concrete})
    data, guesses, revived = rebuilt()
    assert data["endpoints"] == {
        "named": {"function": "named", "arguments": ["x"], "inputs": ["float32[2]"], "outputs": "float32[2]"},
        "scale": {
            "function": "scale",
            "arguments": ["x", "by"],
            "inputs": ["float32[?, 3]", "float32[2]"],
            "outputs": "float32[?, 3]",
        },
        "scale_v2": {
            "function": "specc:call_signature",
            "kwargs": {"key": "scale/v2"},
            "inputs": [{"by": "float32[2]", "x": "float32[?, 3]"}],
            "outputs": {"output_0": "float32[?, 3]"},
        },
        "shift": {
            "function": "shift",
            "kwargs": {"training": True},
            "arguments": ["x"],
            "inputs": ["float32[2]"],
            "outputs": {"nested": ["float32[2]"]},
        },
    }
    assert data["default"] is None
    assert data["variable_collections"] == {"kept": "kept"}
    assert guesses == [
        ITSELF,
        "endpoints.scale_v2: renamed from 'scale/v2', which cannot be an endpoint name; clients must use the new name",
        "named: it has no signature: it can be called only on the revived object",
        "named: the revived function takes x by name only",
        "shift: it has no signature: it can be called only on the revived object",
        "shift: its trace fixes training=True",
    ]
    assert revived.shift(tf.ones([2]))["nested"][0].numpy().tolist() == [2.0, 2.0]
    assert revived.scale(tf.ones([1, 3]), tf.constant([3.0, 0.0])).numpy().tolist() == [[6.0] * 3]
    assert revived.named(tf.ones([2])).numpy().tolist() == revived.named(x=tf.ones([2])).numpy().tolist() == [1.0, 1.0]
    assert revived.kept[0].numpy() == 2.0


def simple_save(path: Path, names: tuple[str, str], resource: bool = True) -> None:
    with tf.Graph().as_default(), v1.Session() as session:
        x, y = (v1.placeholder(tf.float32, [None, 3]) for _ in names)
        weight = v1.get_variable("weight", [3, 2], use_resource=resource)
        session.run(v1.global_variables_initializer())
        v1.saved_model.simple_save(
            session, str(path), dict(zip(names, (x, y), strict=True)), {"out:0": (x - 2 * y) @ weight}
        )


def test_tensorflow_1(tmp_path: Path, rebuilt: Callable[..., Any]) -> None:
    simple_save(tmp_path / "old", ("images:0", "Images"))
    data, guesses, revived = rebuilt()
    images = {"kind": "tensor", "dtype": "float32", "shape": ["batch", 3], "name": "images_0"}
    assert data["endpoints"] == {
        "serving_default": {
            **CALLED,
            "inputs": [{"Images": "float32[batch, 3]", "images:0": images}],
            "outputs": {"out:0": "float32[batch, 2]"},
        }
    }
    assert guesses == [
        ITSELF,
        "endpoints.serving_default.inputs[0][\"images:0\"]: wire name 'images_0', since 'images:0' is not legal "
        "or is already taken",
        BATCH,
    ]
    first, second = tf.random.normal([2, 3]), tf.random.normal([2, 3])
    old = tf.saved_model.load(str(tmp_path / "old")).signatures["serving_default"]
    new = revived.signatures["serving_default"](images_0=first, Images=second)
    assert_same(old(**{"images:0": first, "Images": second}), new)


def test_a_table_of_tensorflow_1_brings_its_file(tmp_path: Path, rebuilt: Callable[..., Any]) -> None:
    (tmp_path / "words.txt").write_text("a\nb\nc\n")
    with tf.Graph().as_default(), v1.Session() as session:
        x, whole = v1.placeholder(tf.string, [None]), tf.lookup.TextFileIndex.WHOLE_LINE
        number = tf.lookup.TextFileIndex.LINE_NUMBER
        lines = tf.lookup.TextFileInitializer(str(tmp_path / "words.txt"), tf.string, whole, tf.int64, number)
        y = tf.lookup.StaticHashTable(lines, -1).lookup(x)
        session.run(v1.tables_initializer())
        v1.saved_model.simple_save(session, str(tmp_path / "old"), {"x": x}, {"y": y}, v1.tables_initializer())
    rebuilt()
    shutil.rmtree(tmp_path / "old")
    (tmp_path / "words.txt").unlink()
    program = (
        "import sys, tensorflow as tf; archive = tf.saved_model.load(sys.argv[1]);"
        "print(archive.signatures['serving_default'](x=tf.constant(['c', 'a', 'z']))['y'].numpy().tolist())"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "new")]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "[2, 0, -1]\n"


def test_sparse_tensors_methods_and_other_graphs_of_tensorflow_1(tmp_path: Path, rebuilt: Callable[..., Any]) -> None:
    utils = v1.saved_model.signature_def_utils
    with tf.Graph().as_default(), v1.Session() as session:
        tags, text = v1.sparse_placeholder(tf.float32, [None, 4]), v1.placeholder(tf.string, [None])
        x = v1.placeholder(tf.float32, [None, 4])
        predict = utils.predict_signature_def(
            {"tags": tags, "x": x}, {"sum": tf.sparse.to_dense(tags) + x, "same": tags}
        )
        classify = utils.classification_signature_def(text, tf.strings.upper(text), None)
        odd = utils.build_signature_def(classify.inputs, predict.outputs, classify.method_name)
        del odd.outputs["same"], odd.outputs["sum"]
        odd.outputs["upper"].CopyFrom(classify.outputs["classes"])
        builder = v1.saved_model.Builder(str(tmp_path / "old"))
        signatures = {"serving_default": predict, "classify": classify, "odd": odd}
        builder.add_meta_graph_and_variables(session, ["serve"], signatures)
        builder.add_meta_graph(["train"], {"train": predict})
        builder.save()
    data, guesses, revived = rebuilt()
    assert {name: endpoint.get("method", "predict") for name, endpoint in data["endpoints"].items()} == {
        "classify": "classify",
        "odd": "predict",
        "serving_default": "predict",
    }
    assert "endpoints.odd.method: predict, since it is not a valid classify signature by TensorFlow's rules" in guesses
    assert "the MetaGraph tagged serve is described; there are others, tagged train" in guesses
    given = tf.sparse.from_dense(np.eye(2, 4, dtype="float32"))
    found = revived.serving_default({"tags": given, "x": tf.ones([2, 4])})
    np.testing.assert_array_equal(found["sum"], np.eye(2, 4) + 1)
    np.testing.assert_array_equal(tf.sparse.to_dense(found["same"]), np.eye(2, 4))


class Doubling(tf.Module):
    """A model whose function the document does not name."""

    def __init__(self) -> None:
        super().__init__()
        self.two = tf.Variable(2.0, name="two")

    def double(self, x: Any) -> Any:
        return {"y": x * self.two}


def exported(path: Path, **more: Any) -> specc.Document:
    serve = {
        "function": None,
        "arguments": ["x"],
        "inputs": ["float32[batch, 3]"],
        "outputs": {"y": "float32[batch, 3]"},
    }
    collections = {"twos": {"from": "two", "content": {"two": "float32[]"}}}
    data = {"dims": {"batch": {}}, "endpoints": {"serve": {**serve, **more.pop("endpoint", {})}}}
    document = specc.from_json({"specc": 1, **data, "variable_collections": collections, **more})
    tool = Doubling()
    functions = {"serve": tool.double} if document.endpoints["serve"].function is None else {}
    specc.compile(document).export(tool, path, functions=functions)
    return document


def test_a_contract_that_names_its_model_stays_as_it_is(tmp_path: Path) -> None:
    document = exported(tmp_path / "old", model="doubling:Doubling", endpoint={"function": "double"})
    inferred = specc.infer_archive_spec(tmp_path / "old")
    assert inferred.document == document
    assert [str(guess) for guess in inferred.guesses] == [
        "model: the archive's contract names 'doubling:Doubling'; check that it loads from the directory of the spec"
    ]


@pytest.mark.parametrize("more", [{}, {"model": "doubling:Doubling"}, {"endpoint": {"function": "double"}}])
def test_a_contract_that_does_not_is_built_from_the_archive(
    more: Any, tmp_path: Path, rebuilt: Callable[..., Any]
) -> None:
    exported(tmp_path / "old", **more)
    data, guesses, revived = rebuilt()
    assert data == {
        "model": "old/",
        "dims": {"batch": {}},
        "endpoints": {
            "serve": {
                "function": "serve",
                "arguments": ["x"],
                "inputs": ["float32[batch, 3]"],
                "outputs": {"y": "float32[batch, 3]"},
            }
        },
        "variable_collections": {"twos": "twos"},
    }
    assert len(guesses) == 1
    assert revived.serve(tf.ones([1, 3]))["y"].numpy().tolist() == [[2.0] * 3]


@pytest.mark.parametrize(
    ("names", "resource", "message"),
    [
        (
            ("class", "x"),
            True,
            "TensorFlow cannot load it, since 'class', an input of 'serving_default', is not a valid parameter name",
        ),
        (
            ("x", "y"),
            False,
            "it has reference variables of TensorFlow 1; export it again with resource variables, "
            "tf.compat.v1.enable_resource_variables()",
        ),
    ],
)
def test_what_cannot_be_built_from(names: Any, resource: bool, message: str, tmp_path: Path) -> None:
    simple_save(tmp_path / "old", names, resource)
    with pytest.raises(specc.ArchiveError) as caught:
        specc.infer_archive_spec(tmp_path / "old")
    assert str(caught.value) == f"cannot build from {tmp_path}/old: {message}"


def test_reference_variables_would_still_lose_their_values(tmp_path: Path) -> None:
    """If TensorFlow keeps them, they need not be rejected."""
    simple_save(tmp_path / "old", ("x", "y"), resource=False)
    with pytest.raises(specc.SpecError) as caught:
        load_model("old/", tmp_path, seed=0)
    assert "whose values would be lost" in str(caught.value)
    revived = tf.saved_model.load(str(tmp_path / "old"))
    again = tf.Module()
    again.kept = [*revived.variables, revived.initializer]  # type: ignore[attr-defined]
    signature = revived.signatures["serving_default"]
    tf.saved_model.save(again, str(tmp_path / "again"), signatures={"serving_default": signature})
    with pytest.raises(tf.errors.FailedPreconditionError):
        tf.saved_model.load(str(tmp_path / "again")).signatures["serving_default"](x=tf.ones([1, 3]), y=tf.ones([1, 3]))


def test_archives_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "saved_model.pb").write_bytes(b"\xff\xff\xff")
    for name, message in (
        ("absent", "there is no such directory"),
        ("empty", "it has no saved_model.pb"),
        ("damaged", "it ends in the middle of a field"),
    ):
        for read in (
            lambda name=name: specc.infer_archive_spec(tmp_path / name),
            lambda name=name: load_model(f"{name}/", tmp_path, seed=0),
        ):
            with pytest.raises(specc.ArchiveError, match=message):
                read()


def test_weights_that_are_damaged_are_a_finding(tmp_path: Path) -> None:
    exported(tmp_path / "old")
    (tmp_path / "old" / "variables" / "variables.index").write_bytes(b"nothing")
    with pytest.raises(specc.SpecError) as caught:
        load_model("old/", tmp_path, seed=0)
    assert str(caught.value).startswith("model: bad-model: cannot load 'old/': ")


def test_a_signature_that_is_not_there(tmp_path: Path) -> None:
    exported(tmp_path / "old")
    revived = tf.saved_model.load(str(tmp_path / "old"))
    for archive, message in (
        (revived, "the archive has no signature 'serv'; did you mean 'serve'?"),
        (Doubling(), "expected an archive as tf.saved_model.load returns it, got a Doubling"),
    ):
        with pytest.raises(ValueError, match="archive") as caught:
            specc.call_signature(archive, {"x": tf.ones([1, 3])}, key="serv")
        assert str(caught.value) == message
    assert specc.call_signature(revived, {"x": tf.ones([1, 3])}, key="serve")["y"].numpy().tolist() == [[2.0] * 3]


WITHOUT_TENSORFLOW = """
import sys
sys.modules["tensorflow"] = sys.modules["keras"] = sys.modules["numpy"] = None  # importing them raises
from specc.cli import main
sys.exit(main(sys.argv[1:]))
"""


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "specc", *arguments], capture_output=True, text=True, check=False, cwd=cwd
    )


def test_an_archive_is_described_without_tensorflow_and_built_from_where_the_spec_is(tmp_path: Path) -> None:
    exported(tmp_path / "doubling" / "7")
    (tmp_path / "specs").mkdir()
    command = [sys.executable, "-c", WITHOUT_TENSORFLOW, "init", "doubling/7", "--out", "specs/first.specc.json"]
    described = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (described.returncode, described.stdout, described.stderr.splitlines()) == (
        0,
        "",
        [
            "guess: model: the archive itself, since the contract does not name a model; prefer the code that makes the model",
            "wrote specs/first.specc.json; check it with: specc validate specs/first.specc.json",
        ],
    )
    data = json.loads((tmp_path / "specs" / "first.specc.json").read_text())
    assert (data["name"], data["model"]) == ("doubling", "../doubling/7/")
    built = run("build", "specs/first.specc.json", "--out", "new", cwd=tmp_path)
    assert built.returncode == 0, built.stderr
    again = run("init", "doubling/7", "--out", "specs/first.specc.json", cwd=tmp_path)
    assert (again.returncode, again.stdout) == (3, "")
    assert again.stderr == (
        "specc: error: specs/first.specc.json exists and is not overwritten; choose another file, or remove it first\n"
    )


MODELS = """
import keras

def build():
    return keras.Sequential([keras.Input((None, 4), name="sequence"), keras.layers.LSTM(3, name="state")])

def unbuilt():
    return keras.Sequential([keras.layers.Dense(3)])
"""


def test_a_model_is_described_validated_and_built(tmp_path: Path) -> None:
    (tmp_path / "tides.py").write_text(MODELS)
    described = run("init", "tides:build", cwd=tmp_path)
    assert described.returncode == 0, described.stderr
    assert json.loads(described.stdout) == {
        "specc": 1,
        "name": "tides",
        "model": "tides:build",
        "dims": {"batch": {}, "time": {}},
        "endpoints": {
            "serve": {
                "kwargs": {"training": False},
                "arguments": ["sequence"],
                "inputs": ["float32[batch, time, 4]"],
                "outputs": {"kind": "tensor", "dtype": "float32", "shape": ["batch", 3], "name": "state"},
            }
        },
    }
    assert [line for line in described.stderr.splitlines() if line.startswith("guess: ")] == [
        "guess: dims.batch: the first dimension of every input that leaves it open; check that these are always equal",
        "guess: dims.time: axis 1 of 'sequence' in 'serve'; check its name, and add bounds if there are any",
    ]
    (tmp_path / "tides.specc.json").write_text(described.stdout)
    assert run("validate", "tides.specc.json", cwd=tmp_path).returncode == 0
    built = run("build", "tides.specc.json", "--out", "archive", cwd=tmp_path)
    assert built.returncode == 0, built.stderr


def test_a_keras_file_is_named_from_where_the_spec_is(tmp_path: Path) -> None:
    inputs = keras.Input((3,))
    keras.Model(inputs, keras.layers.Dense(2)(inputs)).save(tmp_path / "dense.keras")
    (tmp_path / "specs").mkdir()
    described = run("init", "../dense.keras", "--out", "d.specc.json", "--name", "small", cwd=tmp_path / "specs")
    assert described.returncode == 0, described.stderr
    data = json.loads((tmp_path / "specs" / "d.specc.json").read_text())
    assert (data["name"], data["model"]) == ("small", "../dense.keras")
    assert os.listdir(tmp_path / "specs") == ["d.specc.json"]  # noqa: PTH208
    built = run("build", "specs/d.specc.json", "--out", "archive", cwd=tmp_path)
    assert built.returncode == 0, built.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["tides:nothing", "-q"], 1, "tides:nothing: model: error: import-failed: 'tides' (a module) has no attribute 'nothing'\n"),
        (
            ["tides:unbuilt", "-q"],
            1,
            "tides:unbuilt: model: error: bad-model: the inputs of the model cannot be determined: it is not built; call it once where "
            "it is created, preferably on keras.Input tensors\n",
        ),
        (["custom.keras", "-q"], 1, "custom.keras: model: error: bad-model: cannot load 'custom.keras': 'Custom' is not registered; save the model again"),
        (["absent.keras"], 3, "specc: error: cannot read absent.keras: there is no such file\n"),
        (
            ["tides.py"],
            3,
            "specc: error: cannot read tides.py: it is not a .keras or .h5 file; expected module:attribute, a .keras or .h5 file or the "
            "directory of a SavedModel\n",
        ),
        (["."], 3, "specc: error: . is not a SavedModel: it has no saved_model.pb\n"),
        (["tides:build", "--out", "no/spec.json"], 3, "specc: error: cannot write no/spec.json: there is no directory no\n"),
        ([], 2, "the following arguments are required: MODEL"),
    ],
)  # fmt: skip
def test_exit_codes(arguments: list[str], code: int, said: str, tmp_path: Path) -> None:
    (tmp_path / "tides.py").write_text(MODELS)
    if "custom.keras" in arguments:
        custom = type("Custom", (keras.layers.Layer,), {"call": lambda self, x: x})
        keras.Sequential([keras.Input((3,)), custom()]).save(tmp_path / "custom.keras")
    finished = run("init", *arguments, cwd=tmp_path)
    assert finished.returncode == code
    assert said in (finished.stdout if code == 1 else finished.stderr)
    assert finished.stdout.count("\n") == (1 if code == 1 else 0)
    assert "Traceback" not in finished.stderr
