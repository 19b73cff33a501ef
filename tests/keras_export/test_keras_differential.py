"""The results of ``specc.ExportArchive`` compared with those of ``keras.export.ExportArchive``, case by case."""

from __future__ import annotations

import collections
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from tagged_session import meta_graphs
from wire_signatures import mlp, wire

import specc

pytestmark = pytest.mark.tensorflow
ROW = tf.ones([2, 3])
PAIR = collections.namedtuple("PAIR", "p q")
Spec = tf.TensorSpec
HALF, TWO, TWO_THREE = tf.constant(2.5), tf.constant(2.0), tf.constant([2.0, 3.0])


@dataclass(frozen=True)
class Case:
    """Code that fills an archive of either class, and calls of the revived one."""

    fill: Callable[[Any], Any]
    calls: tuple[Callable[[Any], Any], ...] = ()


def traced(function: Callable[..., Any], *calls: tuple[Any, ...], **options: Any) -> Callable[[Any], Any]:
    """Adds a tf.function that was called with these arguments."""

    def fill(archive: Any) -> None:
        graph_function = tf.function(function, **options)
        for call in calls:
            graph_function(*call)
        archive.add_endpoint("serve", graph_function)

    return fill


def scaled(inputs: Any, scale: float = 2.0, training: bool = False) -> Any:
    return inputs * scale if training else inputs


def softmax(archive: Any, *, as_layer: bool) -> None:
    layer = keras.layers.Softmax()
    layer.build((None, 3))
    archive.add_endpoint("serve", layer if as_layer else layer.call, [Spec([None, 3]), Spec([None, 3], tf.bool)])


def by_keyword(archive: Any) -> None:
    function = tf.function(lambda x, **more: x - more["z"] * more["b"])
    function(ROW, z=ROW * 2, b=ROW * 3)
    archive.add_endpoint("serve", function)


def with_input_signature(archive: Any) -> None:
    own = {"a": Spec([2], name="Left"), "b": Spec([2])}
    function = tf.function(lambda x, y: x["a"] - x["b"] * y, input_signature=[own, Spec([2])])
    function({"a": tf.ones(2), "b": tf.ones(2)}, tf.ones(2))
    archive.add_endpoint("serve", function)


PARTS = {"a": ROW, "b": ROW * 2}


CASES = {
    "traced with a dict": Case(traced(lambda d: d["a"] - d["b"], (PARTS,)), (lambda served: served(PARTS),)),
    "traced with a list": Case(
        traced(lambda d: d[0] - d[1]["q"], ([ROW, {"q": ROW}],)), (lambda served: served([ROW, {"q": ROW}]),)
    ),
    "traced with ragged tensors": Case(
        traced(lambda r: r.row_lengths(), (tf.ragged.constant([[1], [2, 3]]),)),
        (lambda served: served(tf.ragged.constant([[1], [2, 3]])),),
    ),
    "traced with sparse tensors": Case(traced(lambda r: tf.sparse.reduce_sum(r, 1), (tf.sparse.from_dense(ROW),))),
    "traced by keyword": Case(by_keyword, (lambda served: served(ROW, z=ROW, b=ROW * 2),)),
    "traced with an input_signature": Case(
        with_input_signature, (lambda served: served({"a": tf.ones(2), "b": tf.ones(2)}, tf.ones(2)),)
    ),
    "traced with several shapes": Case(
        traced(lambda x: x * 2, (tf.ones([2]),), (ROW,)), (lambda served: served(tf.ones([2])), lambda served: served(ROW))
    ),
    "traced with several dtypes": Case(
        traced(lambda x: x * 2, (tf.ones([2]),), (tf.ones([2], tf.int32),)),
        (lambda served: served(tf.ones([2], tf.int32)),),
    ),
    "traced with Python values": Case(
        traced(scaled, (ROW,), (ROW, 3.0, True)),
        (lambda served: served(ROW), lambda served: served(ROW, scale=3.0, training=True)),
    ),
    "traced and relaxed": Case(
        traced(lambda x: x * 2, *((tf.ones([size, 3]),) for size in (1, 2, 3)), reduce_retracing=True),
        (lambda served: served(tf.ones([7, 3])),),
    ),
    "traced with a tensor default": Case(
        traced(lambda x, y=TWO: x * y, (ROW,)), (lambda served: served(ROW),)
    ),
    "a tensor default": Case(
        lambda archive: archive.add_endpoint("serve", lambda x, y=HALF: x * y, [Spec([None]), Spec([])]),
        (lambda served: served(tf.ones(2)), lambda served: served(tf.ones(2), tf.constant(3.0))),
    ),
    "a Python default of a tensor": Case(
        lambda archive: archive.add_endpoint("serve", lambda x, y=2.0: x * y, [Spec([None]), Spec([])]),
        (lambda served: served(tf.ones(2)),),
    ),
    "Python defaults": Case(
        lambda archive: archive.add_endpoint("serve", scaled, [Spec([None, 3])]),
        (
            lambda served: served(ROW),
            lambda served: served(ROW, 2.0),
            lambda served: served(inputs=ROW, training=False, scale=2.0),
        ),
    ),
    "keyword-only defaults": Case(
        lambda archive: archive.add_endpoint("serve", lambda x, *, by=3.0: x * by, [Spec([None, 3])]),
        (lambda served: served(ROW, by=3.0),),
    ),
    "the arguments of a model's __call__": Case(
        lambda archive: archive.track_and_add_endpoint("serve", mlp(), [Spec([None, 3])]),
        (lambda served: served(args_0=ROW),),
    ),
    "a mask as the second tensor": Case(lambda archive: softmax(archive, as_layer=False), (lambda served: served(ROW, ROW > 0),)),
    "a mask of a layer itself": Case(lambda archive: softmax(archive, as_layer=True), (lambda served: served(ROW, ROW > 0),)),
    "a namedtuple": Case(
        lambda archive: archive.add_endpoint("serve", lambda d: PAIR(d.p, d.q * 2), [PAIR(Spec([None]), Spec([None]))]),
        (lambda served: served(PAIR(tf.ones(1), tf.ones(1))),),
    ),
    "constants": Case(
        lambda archive: archive.add_endpoint(
            "serve", lambda x: {"a": 3, "b": np.ones(3, "float32"), "c": "s", "x": x}, [Spec([None])]
        ),
        (lambda served: served(tf.ones(2)),),
    ),
    "a constant alone": Case(lambda archive: archive.add_endpoint("serve", lambda _: 3.0, [Spec([None], name="x")])),
    "a spec with an empty name": Case(
        lambda archive: archive.add_endpoint("serve", lambda x: x * 1, [Spec([None], name="")])
    ),
    "an empty collection": Case(
        lambda archive: (archive.add_endpoint("serve", scaled, [Spec([2])]), archive.add_variable_collection("no", []))
    ),
}  # fmt: skip


def _defaults(path: Path) -> dict[str, list[str]]:
    (graph,) = meta_graphs(path)
    return {key: sorted(definition.defaults) for key, definition in graph.signature_def.items()}


@pytest.mark.parametrize("name", CASES)
def test_signatures_and_calls_equal_those_of_keras(tmp_path: Path, name: str) -> None:
    case, revived = CASES[name], []
    for archive_class in (specc.ExportArchive, keras.export.ExportArchive):
        keras.utils.set_random_seed(3)
        archive = archive_class()
        case.fill(archive)
        archive.write_out(str(tmp_path / archive_class.__module__), verbose=False)
        revived.append(tf.saved_model.load(str(tmp_path / archive_class.__module__)))
    ours, theirs = tmp_path / specc.ExportArchive.__module__, tmp_path / keras.export.ExportArchive.__module__
    assert wire(ours) == wire(theirs)
    assert _defaults(ours) == _defaults(theirs)
    for call in case.calls:
        found, expected = (call(each.serve) for each in revived)
        tf.nest.assert_same_structure(found, expected)
        for one, other in zip(tf.nest.flatten(found), tf.nest.flatten(expected), strict=True):
            assert one.dtype == other.dtype
            assert np.asarray(one).tolist() == np.asarray(other).tolist()


@pytest.mark.parametrize(
    "name",
    [name for name in CASES if name not in ("an empty collection",)],
)
def test_the_spec_is_the_contract_of_the_archive(tmp_path: Path, name: str) -> None:
    archive = specc.ExportArchive()
    CASES[name].fill(archive)
    archive.write_out(tmp_path / "archive", verbose=False)
    assert specc.inspect(tmp_path / "archive") == specc.loads(specc.dump(archive.spec)) == archive.spec


def test_a_tensor_default_is_in_the_spec() -> None:
    archive = specc.ExportArchive()
    CASES["a tensor default"].fill(archive)
    assert archive.spec.endpoints["serve"].inputs[1].default == 2.5


def test_a_default_of_open_size_is_only_on_the_revived_endpoint(tmp_path: Path) -> None:
    archive = specc.ExportArchive()
    archive.add_endpoint("serve", lambda x, y=TWO_THREE: x * y, [Spec([None]), Spec([None])])
    archive.write_out(tmp_path / "archive", verbose=False)
    assert _defaults(tmp_path / "archive")["serve"] == []
    revived = tf.saved_model.load(str(tmp_path / "archive"))
    assert revived.serve(tf.ones(2)).numpy().tolist() == [2.0, 3.0]


def test_a_later_trace_keeps_its_own_variable(tmp_path: Path) -> None:
    weight, other = tf.Variable(2.0), tf.Variable(3.0)
    function = tf.function(lambda x, training=False: x * (other if training else weight))
    function(ROW)
    function(ROW, training=True)
    archive = specc.ExportArchive()
    archive.add_endpoint("serve", function)
    archive.write_out(tmp_path / "archive", verbose=False)
    revived = tf.saved_model.load(str(tmp_path / "archive"))
    assert revived.serve(ROW, training=True).numpy()[0].tolist() == [3.0, 3.0, 3.0]
    assert len(revived.variables) == 2


def test_a_later_trace_that_calls_python_is_refused() -> None:
    def function(x: Any, training: bool = False) -> Any:
        return tf.py_function(lambda value: value, [x], tf.float32) if training else x

    graph_function = tf.function(function)
    graph_function(ROW)
    graph_function(ROW, training=True)
    with pytest.raises(specc.SpecError) as caught:
        specc.ExportArchive().add_endpoint("serve", graph_function)
    assert [diagnostic.rule for diagnostic in caught.value.diagnostics] == ["python-op"]


def test_a_revived_archive_keeps_its_names(tmp_path: Path) -> None:
    archive = specc.ExportArchive()
    specs = [tf.RaggedTensorSpec([None, None], tf.string), {"g": Spec([None])}]
    archive.add_endpoint("serve", lambda words, parts: {"n": words.row_lengths(), "g": parts["g"]}, specs)
    archive.write_out(tmp_path / "first", verbose=False)
    revived, again = tf.saved_model.load(str(tmp_path / "first")), specc.ExportArchive()
    again.track(revived)
    again.add_endpoint("serve", revived.serve)
    again.write_out(tmp_path / "second", verbose=False)
    assert wire(tmp_path / "second") == wire(tmp_path / "first")
    assert again.spec.endpoints["serve"].arguments == ("words", "parts")
    words, parts = tf.ragged.constant([["a"], ["b", "c"]]), {"g": tf.ones(2)}
    twice_revived = tf.saved_model.load(str(tmp_path / "second"))
    answer = twice_revived.serve(words=words, parts=parts)
    assert answer["n"].numpy().tolist() == [1, 2]


def test_the_container_of_a_subclassed_model_s_inputs_is_kept(tmp_path: Path) -> None:
    class Two(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense = keras.layers.Dense(2)

        def call(self, inputs: Any) -> Any:
            return self.dense(inputs[0]), self.dense(inputs[1])

    model = Two()
    model((ROW, ROW))
    specc.export(model, tmp_path / "specc", "tf_saved_model", False)
    model.export(str(tmp_path / "keras"), "tf_saved_model", False)
    assert wire(tmp_path / "specc") == wire(tmp_path / "keras")
    for path in (tmp_path / "specc", tmp_path / "keras"):
        revived = tf.saved_model.load(str(path))
        assert revived.serve((ROW, ROW))[0].shape == (2, 2)


def test_a_spec_asks_for_tensors_where_the_archive_takes_constants(tmp_path: Path) -> None:
    archive = specc.ExportArchive()
    added = archive.add_endpoint("serve", lambda _: 3.0, [Spec([None], name="x")])
    assert added(tf.ones(1)).numpy() == 3.0
    with pytest.raises(specc.SpecError, match=r"return tf\.constant\(\.\.\.\) of it"):
        specc.compile(archive.spec).export(None, tmp_path / "archive", functions={"serve": lambda _: 3.0})


def test_a_scalar_and_a_sparse_input_stay_what_they_are(tmp_path: Path) -> None:
    archive, sparse = specc.ExportArchive(), keras.Input([3], sparse=True, name="x")
    model = keras.Model(sparse, keras.layers.Dense(2)(sparse))
    archive.add_endpoint("scalar", lambda x: x * 1, [tf.constant(1.0)])
    archive.track_and_add_endpoint("sparse", model, [model.input])
    archive.write_out(tmp_path / "archive", verbose=False)
    assert wire(tmp_path / "archive")["scalar"][0] == {"x": ("float32", [])}
    assert sorted(wire(tmp_path / "archive")["sparse"][0]) == ["x_dense_shape", "x_indices", "x_values"]


def test_an_alias_names_the_function_of_its_endpoint(tmp_path: Path) -> None:
    archive, traced_before = specc.ExportArchive(), tf.function(lambda x: x * 2)
    traced_before(ROW)
    options = tf.saved_model.SaveOptions(
        function_aliases={
            "mine": archive.add_endpoint("serve", scaled, [Spec([None, 3])]),
            "theirs": archive.add_endpoint("traced", traced_before),
        },
        experimental_variable_policy="save_variable_devices",
        experimental_sharding_callback=tf.train.experimental.MaxShardSizePolicy(64),
    )
    archive.write_out(tmp_path / "archive", options=options, verbose=False)
    (graph,) = meta_graphs(tmp_path / "archive")
    functions = {function.signature.name for function in graph.graph_def.library.function}
    aliases = graph.meta_info_def.function_aliases
    assert {alias for function, alias in aliases.items() if function in functions} == {"mine", "theirs"}
    recorded = specc.inspect(tmp_path / "archive").save_options
    assert recorded.function_aliases == {"mine": "serve", "theirs": "traced"}
    assert recorded.experimental_variable_policy == "save_variable_devices"
    assert recorded.experimental_sharding_callback.max_shard_size == 64


def test_the_working_directory_and_bytes_are_valid_targets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = specc.ExportArchive()
    archive.add_endpoint("serve", scaled, [Spec([None, 3])])
    archive.write_out(bytes(tmp_path / "archive"), verbose=False)
    monkeypatch.chdir(tmp_path / "archive")
    archive.write_out(".", verbose=False)
    assert Path.cwd() == tmp_path / "archive"
    assert Path("saved_model.pb").exists()
    monkeypatch.chdir(tmp_path / "archive" / "variables")
    archive.write_out(tmp_path / "archive", verbose=False)
    assert Path("variables.index").exists()


def test_an_archive_hashes_and_compares_like_that_of_keras() -> None:
    archive = specc.ExportArchive("saved_model")
    assert {archive: 1}[archive] == 1
    assert archive != specc.ExportArchive()
    assert archive.tensorflow_version == keras.export.ExportArchive().tensorflow_version
