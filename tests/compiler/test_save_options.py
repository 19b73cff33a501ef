"""The effect of every field of ``save_options`` on an archive, which is still verified, sealed and loadable."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

# There is no public way to read a SavedModel's proto.
from tensorflow.core.protobuf import saved_model_pb2

import specc
from specc.compiler.clock import Clock
from specc.compiler.export import publish
from specc.compiler.prepare import prepare
from specc.compiler.trace.cores import Cores
from specc.publishing.publish import NewDirectory

pytestmark = pytest.mark.tensorflow

ENDPOINT = {"inputs": ["float32[batch, 3]"], "outputs": "float32[batch, 3]"}
SCALE = {**ENDPOINT, "function": "scale"}
X = np.array([[1.0, 2.0, 3.0]], np.float32)


@tf.custom_gradient
def twice(x: Any) -> Any:
    return x * 2.0, lambda upstream: upstream * 7.0


class Model(tf.Module):
    """Two weights of 1 KiB, an assertion that X fails when negated, and a custom gradient."""

    def __init__(self) -> None:
        super().__init__()
        self.one = tf.Variable(tf.ones([256]), name="one")
        self.two = tf.Variable(tf.ones([256]), name="two")

    def __call__(self, x: Any) -> Any:
        tf.debugging.assert_non_negative(x)
        return twice(x) + tf.reduce_sum(self.one) - tf.reduce_sum(self.two)

    def scale(self, x: Any) -> Any:
        return x * self.one[0]

    def namespaced(self, x: Any) -> Any:
        return (
            tf.compat.v1.get_default_graph()
            .create_op("Namespace>TestStringOutput", [x], [tf.float32, tf.string])
            .outputs[0]
        )


def written(path: Path) -> Any:
    """The only MetaGraph of an archive."""
    (graph,) = saved_model_pb2.SavedModel.FromString((path / "saved_model.pb").read_bytes()).meta_graphs
    return graph


def ops(graph: Any) -> set[str]:
    functions = graph.graph_def.library.function
    return {node.op for nodes in (graph.graph_def.node, *(f.node_def for f in functions)) for node in nodes}


def session_answer(path: Path, tags: list[str], x: Any) -> Any:
    with tf.compat.v1.Session(graph=tf.Graph()) as session:
        signature = tf.compat.v1.saved_model.load(session, tags, str(path)).signature_def["serve"]
        return session.run(signature.outputs["output_0"].name, {signature.inputs["inputs"].name: x})


def assert_whole(path: Path) -> None:
    """The reader finds the contract that the graph keeps; the fingerprint is the sealed file's."""
    inspection = specc.inspect_archive(path)
    assert (inspection.source, inspection.findings) == ("contract", ())
    assert tf.saved_model.experimental.read_fingerprint(str(path)).saved_model_checksum


def test_without_options_nothing_is_changed(export: Any) -> None:
    _, report = export(Model(), {"serve": ENDPOINT})
    graph = written(report.path)
    assert list(graph.meta_info_def.tags) == ["serve"]
    assert graph.HasField("saver_def")
    assert "Assert" in ops(graph)
    assert dict(graph.meta_info_def.function_aliases) == {}
    assert len(graph.graph_def.library.registered_gradients) == 1
    assert sorted(report.files) == [
        "assets.extra/specc.json",
        "fingerprint.pb",
        "saved_model.pb",
        "variables/variables.data-00000-of-00001",
        "variables/variables.index",
    ]


def test_an_alias_names_the_function_of_the_endpoint(export: Any) -> None:
    aliases = {"doubler": "serve", "scaler": "scale"}
    _, report = export(Model(), {"serve": ENDPOINT, "scale": SCALE}, save_options={"function_aliases": aliases})
    graph = written(report.path)
    found = dict(graph.meta_info_def.function_aliases)
    assert sorted(found.values()) == ["doubler", "scaler"]
    assert found.keys() <= {function.signature.name for function in graph.graph_def.library.function}
    options = tf.saved_model.LoadOptions(experimental_load_function_aliases=True)
    revived = tf.saved_model.load(str(report.path), options=options)
    assert sorted(revived.function_aliases) == ["doubler", "scaler"]
    np.testing.assert_array_equal(revived.function_aliases["doubler"](X), X * 2)
    np.testing.assert_array_equal(revived.function_aliases["scaler"](X), X)
    assert_whole(report.path)


def test_two_aliases_of_one_function_are_refused(refused: Any) -> None:
    aliases = {"first": "serve", "second": "serve"}
    assert refused(Model(), {"serve": ENDPOINT}, save_options={"function_aliases": aliases}) == [
        "save_options.function_aliases.second: name-clash: the endpoint 'serve' already has the alias 'first', and a "
        "function has only one; keep one of them",
    ]


def test_an_alias_of_an_endpoint_that_is_left_out_is_left_out_too(export: Any) -> None:
    endpoints = {"serve": ENDPOINT, "lost": {**ENDPOINT, "function": "missing", "optional": True}}
    aliases = {"doubler": "serve", "nobody": "lost"}
    _, report = export(Model(), endpoints, save_options={"function_aliases": aliases})
    assert list(report.excluded) == ["lost"]
    assert list(written(report.path).meta_info_def.function_aliases.values()) == ["doubler"]
    assert_whole(report.path)


def test_debug_info_lies_in_the_archive(export: Any) -> None:
    revived, report = export(Model(), {"serve": ENDPOINT}, save_options={"save_debug_info": True})
    assert report.files["debug/saved_model_debug_info.pb"] > 0
    np.testing.assert_array_equal(revived.serve(X), X * 2)
    np.testing.assert_array_equal(session_answer(report.path, ["serve"], X), X * 2)
    assert_whole(report.path)


def test_the_stripper_takes_the_assertions_out(export: Any) -> None:
    revived, report = export(Model(), {"serve": ENDPOINT}, save_options={"experimental_debug_stripper": True})
    assert "Assert" not in ops(written(report.path))
    np.testing.assert_array_equal(revived.serve(-X), X * -2)
    np.testing.assert_array_equal(session_answer(report.path, ["serve"], -X), X * -2)
    assert_whole(report.path)


def test_without_the_stripper_the_assertions_hold(export: Any) -> None:
    revived, _ = export(Model(), {"serve": ENDPOINT})
    with pytest.raises(tf.errors.InvalidArgumentError):
        revived.serve(-X)


def test_the_file_system_is_reached_from_the_device(export: Any, refused: Any) -> None:
    revived, report = export(Model(), {"serve": ENDPOINT}, save_options={"experimental_io_device": "/job:localhost"})
    np.testing.assert_array_equal(revived.serve(X), X * 2)
    assert_whole(report.path)


def test_a_device_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    data = {"specc": 1, "dims": {"batch": {}}, "endpoints": {"serve": ENDPOINT}}
    document = specc.from_json({**data, "save_options": {"experimental_io_device": "/job:nowhere"}})
    with pytest.raises(specc.TargetError, match=r"cannot write .*archive: "):
        specc.compile(document).export(Model(), tmp_path / "archive")
    assert list(tmp_path.iterdir()) == []


def test_the_devices_of_variables_are_saved(export: Any) -> None:
    policy = {"experimental_variable_policy": "save_variable_devices"}
    revived, report = export(Model(), {"serve": ENDPOINT}, save_options=policy)
    nodes = written(report.path).object_graph_def.nodes
    devices = {node.variable.device for node in nodes if node.HasField("variable")}
    assert devices == {"/job:localhost/replica:0/task:0/device:CPU:0"}
    np.testing.assert_array_equal(revived.serve(X), X * 2)
    np.testing.assert_array_equal(session_answer(report.path, ["serve"], X), X * 2)
    assert_whole(report.path)


MIRRORED = """
import sys
import keras, numpy as np, tensorflow as tf
import specc
cpu = tf.config.LogicalDeviceConfiguration()
tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], [cpu, cpu])
with tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
document = specc.from_json({
    "specc": 1, "dims": {"batch": {}},
    "endpoints": {"serve": {"inputs": ["float32[batch, 3]"], "outputs": "float32[batch, 2]"}},
    "variable_collections": {"all": "variables"},
    "save_options": {"experimental_variable_policy": "expand_distributed_variables"},
})
specc.compile(document).export(model, sys.argv[1])
np.save(sys.argv[2], model(np.ones((1, 3), np.float32)))
"""


def test_distributed_variables_are_expanded(tmp_path: Path) -> None:
    # In a separate process: the devices of this one can no longer be divided.
    archive, numbers = tmp_path / "archive", tmp_path / "numbers.npy"
    command = [sys.executable, "-c", MIRRORED, str(archive), str(numbers)]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    variables = [node.variable for node in written(archive).object_graph_def.nodes if node.HasField("variable")]
    components = [
        [component.device[-5:] for component in variable.experimental_distributed_variable_components]
        for variable in variables
        if variable.experimental_distributed_variable_components
    ]
    assert components == [["CPU:0", "CPU:1"], ["CPU:0", "CPU:1"]]
    revived = tf.saved_model.load(str(archive))
    assert [tuple(variable.shape) for variable in revived.variables] == [(3, 2), (2,)]
    ones, expected = np.ones((1, 3), np.float32), np.load(numbers)
    np.testing.assert_allclose(revived.serve(ones), expected, rtol=1e-6)
    np.testing.assert_allclose(session_answer(archive, ["serve"], ones), expected, rtol=1e-6)
    assert_whole(archive)


@pytest.mark.parametrize(
    ("kept", "options", "endpoints"),
    [
        (1, {}, {"serve": ENDPOINT, "other": {**SCALE, "gradients": False}}),
        (0, {"experimental_custom_gradients": False}, {"serve": ENDPOINT, "other": SCALE}),
        (0, {}, {"serve": {**ENDPOINT, "gradients": False}, "other": {**SCALE, "gradients": False}}),
    ],
    ids=["one endpoint keeps them", "the document drops them", "every endpoint drops them"],
)
def test_custom_gradients_are_kept_or_dropped_for_all(
    export: Any, kept: int, options: dict[str, Any], endpoints: dict[str, Any]
) -> None:
    revived, report = export(Model(), endpoints, save_options=options)
    assert len(written(report.path).graph_def.library.registered_gradients) == kept
    np.testing.assert_array_equal(revived.serve(X), X * 2)
    assert bool(report.notes) == bool(kept)
    assert_whole(report.path)


def test_the_format_that_the_language_refuses_is_one_that_this_tensorflow_cannot_write() -> None:
    data = {"specc": 1, "dims": {"batch": {}}, "endpoints": {"serve": ENDPOINT}}
    document = specc.from_json({**data, "save_options": {"experimental_image_format": True}})
    with pytest.raises(specc.SpecError, match="no released TensorFlow can write this format"):
        specc.compile(document)
    with pytest.raises(ValueError, match="disabled in OSS"):
        tf.saved_model.SaveOptions(experimental_image_format=True)


def test_without_a_saver_only_python_loads(export: Any) -> None:
    revived, report = export(Model(), {"serve": ENDPOINT}, save_options={"experimental_skip_saver": True})
    assert not written(report.path).HasField("saver_def")
    np.testing.assert_array_equal(revived.serve(X), X * 2)
    with pytest.raises(tf.errors.FailedPreconditionError):
        session_answer(report.path, ["serve"], X)
    assert_whole(report.path)


class OneFileEach(tf.train.experimental.ShardingCallback):  # type: ignore[misc]
    """Writes every tensor to a separate file."""

    @property
    def description(self) -> str:
        return "one file each"

    def __call__(self, shardable_tensors: Any) -> Any:
        return [{tensor.checkpoint_key: {tensor.slice_spec: tensor.tensor}} for tensor in shardable_tensors]


one_file_each = OneFileEach()


class Failing(OneFileEach):
    def __call__(self, shardable_tensors: Any) -> Any:
        raise RuntimeError("no shards today")


def not_a_callback() -> str:
    return "one file each"


@pytest.mark.parametrize(
    ("callback", "shards"),
    [
        (None, 1),
        ({"max_shard_size": 900}, 3),
        ("test_save_options:OneFileEach", 3),
        ("test_save_options:one_file_each", 3),
    ],
    ids=["none", "a largest size", "a class", "an object"],
)
def test_the_checkpoint_is_split(export: Any, callback: Any, shards: int) -> None:
    options = {} if callback is None else {"experimental_sharding_callback": callback}
    revived, report = export(Model(), {"serve": ENDPOINT}, save_options=options)
    files = [name for name in report.files if "variables.data" in name]
    assert len(files) == shards
    assert revived.variables[0].shape == [256]
    np.testing.assert_array_equal(revived.serve(X), X * 2)
    np.testing.assert_array_equal(session_answer(report.path, ["serve"], X), X * 2)
    assert_whole(report.path)


PLACE = "save_options.experimental_sharding_callback"


@pytest.mark.parametrize(
    ("callback", "finding"),
    [
        (
            {"max_shard_size": 15},
            ".max_shard_size: bad-sharding-callback: a file of 15 bytes cannot hold a tensor; the minimum is 16",
        ),
        (
            "test_save_options:not_a_callback",
            ": bad-sharding-callback: test_save_options:not_a_callback() is a str, which is not a "
            'tf.train.experimental.ShardingCallback; name one, or a callable that returns one, or write {"max_shard_size": 1073741824}',
        ),
        (
            "nowhere:callback",
            ": import-failed: cannot import 'nowhere': No module named 'nowhere'; run from the directory that holds it, or install it",
        ),
        (
            "test_save_options:one_file_eech",
            ": import-failed: 'test_save_options' (a module) has no attribute 'one_file_eech'; did you mean 'one_file_each'?",
        ),
    ],
)
def test_what_is_no_sharding_callback_is_refused(refused: Any, callback: Any, finding: str) -> None:
    options = {"experimental_sharding_callback": callback}
    assert refused(Model(), {"serve": ENDPOINT}, save_options=options) == [PLACE + finding]


def test_a_callback_that_fails_leaves_nothing(refused: Any) -> None:
    options = {"experimental_sharding_callback": "test_save_options:Failing"}
    assert refused(Model(), {"serve": ENDPOINT}, save_options=options) == [
        "endpoints: save-failed: TensorFlow cannot save the archive: RuntimeError: no shards today"
    ]


@pytest.mark.parametrize("whitelist", [None, ["Namespace"]])
def test_namespaces_on_the_list_are_saved(export: Any, whitelist: Any) -> None:
    options = {} if whitelist is None else {"namespace_whitelist": whitelist}
    _, report = export(Model(), {"serve": {**ENDPOINT, "function": "namespaced"}}, save_options=options)
    assert "Namespace>TestStringOutput" in ops(written(report.path))
    assert_whole(report.path)


@pytest.mark.parametrize("whitelist", [[], ["Other"]])
def test_namespaces_not_on_the_list_are_refused(refused: Any, whitelist: Any) -> None:
    (finding,) = refused(
        Model(),
        {"serve": {**ENDPOINT, "function": "namespaced"}},
        save_options={"namespace_whitelist": whitelist},
    )
    assert finding.startswith(
        "save_options.namespace_whitelist: save-failed: the graph has ops of namespaces that are not allowed: Namespace>"
    )


def test_extra_tags_stand_after_the_modes_own(export: Any, tmp_path: Path) -> None:
    data = {"specc": 1, "dims": {"batch": {}}, "endpoints": {"serve": ENDPOINT}}
    document = specc.from_json({**data, "save_options": {"extra_tags": ["gpu"]}})
    report = specc.compile(document).export(Model(), tmp_path / "archive")
    assert list(written(report.path).meta_info_def.tags) == ["serve", "gpu"]
    revived = tf.saved_model.load(str(report.path), tags=["serve", "gpu"])
    np.testing.assert_array_equal(revived.serve(X), X * 2)
    np.testing.assert_array_equal(session_answer(report.path, ["serve", "gpu"], X), X * 2)
    with pytest.raises(RuntimeError, match="could not be found"):
        session_answer(report.path, ["serve"], X)
    assert_whole(report.path)


def test_a_live_object_overrides_the_document(tmp_path: Path) -> None:
    data = {"specc": 1, "dims": {"batch": {}}, "endpoints": {"serve": ENDPOINT}}
    document = specc.from_json({**data, "save_options": {"save_debug_info": True}})
    clock = Clock(lambda _: None)
    prepared = prepare(specc.compile(document), Model(), {}, Cores(), clock)
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
    live = replace(prepared, contents=replace(prepared.contents, options=options))
    report = publish(live, NewDirectory(tmp_path / "archive"), clock)
    assert len(written(report.path).graph_def.library.registered_gradients) == 0
    assert [name for name in report.files if name.startswith("debug/")] == []
    assert_whole(report.path)


def fields() -> Iterator[str]:
    yield from tf.saved_model.SaveOptions.__slots__


def test_the_language_has_every_field_of_this_tensorflow() -> None:
    from specc.language.save_options import SaveOptions

    unknown = set(fields()) - SaveOptions.model_fields.keys()
    assert unknown == set()
    defaults = tf.saved_model.SaveOptions()
    said = SaveOptions()
    none_of_it = {None: None, "NONE": None}
    for field in fields():
        ours, theirs = getattr(said, field), getattr(defaults, field)
        theirs = none_of_it.get(getattr(theirs, "name", theirs) if not isinstance(theirs, dict) else "", theirs)
        assert (ours or None) == (theirs or None), field
