"""A function gets the keys of its dicts in the order of the document, however the document was processed before."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import pytest
import tensorflow as tf
from exports import document
from three_ways import Archive

import specc
from specc.cli import main

pytestmark = pytest.mark.tensorflow

COLUMN = "float32[batch, 1]"
USER_FIRST = {"user": COLUMN, "item": COLUMN}
ITEM_FIRST = {"item": COLUMN, "user": COLUMN}
OTHER_SPEC = tf.TensorSpec((None, 1), tf.float32)


def column(value: float) -> tf.Tensor:
    return tf.constant([[float(value)]])


def number(tensor: Any) -> float:
    return float(tensor.numpy().item())


FEATURES = {"item": column(1), "user": column(2)}


def digits(*values: Any) -> Any:
    """The values as the digits of one number, which shows their order."""
    return sum(value * 10.0 ** (len(values) - 1 - index) for index, value in enumerate(values))


@keras.saving.register_keras_serializable("test_key_order")
class Walking(keras.Model):
    """Concatenates its features in the order of the dict."""

    def call(self, features: Any) -> Any:
        joined = keras.ops.concatenate(list(features.values()), axis=-1)
        return joined @ keras.ops.convert_to_tensor([[100.0], [1.0]])

    def nested(self, features: Any) -> Any:
        (first,) = features
        return digits(*tf.nest.flatten([list(inner.values()) for inner in first.values()]))

    def joined(self, x: Any, **weights: Any) -> Any:
        first, second = weights.values()
        return x * first + second

    def weighed(self, x: Any, weights: Any) -> Any:
        first, second = (weight for group in weights for weight in group.values())
        return x * first + second


class Functions(tf.Module):
    @tf.function
    def seen(self, features: Any) -> Any:
        return digits(*features.values())


def model() -> Any:
    walking = Walking()
    walking(dict(reversed(FEATURES.items())))  # as the code that trains it does: user, item
    return walking


def swapped(features: Any) -> Any:
    return {key: features[key] for key in reversed(features)}


def same(features: Any) -> Any:
    return features


def walk(result: Any) -> Any:
    return digits(*result.values())


def item_last(model: Any, x: Any) -> Any:
    return {"user": x, "item": x * 2.0}


HERE = __name__
ENDPOINT = {"inputs": [USER_FIRST], "outputs": COLUMN}


def answers(path: Path | str, document: specc.Document, *arguments: Any) -> list[float]:
    """The result of each surface of the archive."""
    archive, name = Archive(specc.compile(document), path), document.default
    assert name is not None
    asked = (archive.ask_revived, archive.ask_signature, archive.ask_session)
    return [float(value[0, 0]) for ask in asked for value in ask(name, arguments).values()]


def test_the_model_sees_the_written_order_on_every_surface(export: Callable[..., Any]) -> None:
    _, report = export(model(), {"score": ENDPOINT})
    assert answers(report.path, document({"score": ENDPOINT}), FEATURES) == [201.0] * 3
    assert number(model()({"user": FEATURES["user"], "item": FEATURES["item"]})) == 201.0


@pytest.mark.parametrize(
    ("inputs", "function", "arguments", "expected"),
    [
        ([ITEM_FIRST], "__call__", [FEATURES], 102.0),
        (
            [[{"z": {"y": COLUMN, "x": COLUMN}, "a": {"c": COLUMN, "b": COLUMN}}]],
            "nested",
            [[{"z": {"y": column(4), "x": column(3)}, "a": {"c": column(2), "b": column(1)}}]],
            4321.0,
        ),
    ],
)
def test_whatever_order_is_written_and_however_deep(
    export: Callable[..., Any], inputs: Any, function: str, arguments: Any, expected: float
) -> None:
    endpoints = {"score": {"function": function, "inputs": inputs, "outputs": COLUMN}}
    _, report = export(model(), endpoints)
    assert answers(report.path, document(endpoints), *arguments) == [expected] * 3


def test_wire_names_and_their_order_do_not_move() -> None:
    first, second = (
        specc.compile(document({"score": {**ENDPOINT, "inputs": [inputs]}}))["score"]
        for inputs in (USER_FIRST, ITEM_FIRST)
    )
    names = [component.wire_name for component in first.input_components]
    assert names == [component.wire_name for component in second.input_components] == ["item", "user"]
    assert list(first.input_signature[0]) == ["user", "item"]


def test_cores_are_shared_under_one_order_only(export: Callable[..., Any]) -> None:
    same, other = {"a": 10, "b": 2}, {"b": 2, "a": 10}
    endpoint = {"function": "joined", "arguments": ["x"], "inputs": [COLUMN], "outputs": COLUMN}
    revived, report = export(
        model(),
        {
            "one": {**endpoint, "kwargs": same},
            "shared": {**endpoint, "kwargs": dict(same)},
            "other": {**endpoint, "kwargs": other},
        },
    )
    assert [number(getattr(revived, name)(column(3))) for name in ("one", "shared", "other")] == [32.0, 32.0, 16.0]
    assert report.cores == 2


def test_kwargs_keep_their_order_at_any_depth(export: Callable[..., Any]) -> None:
    endpoint = {"function": "weighed", "arguments": ["x"], "inputs": [COLUMN], "outputs": COLUMN}
    revived, report = export(
        model(),
        {
            "one": {**endpoint, "kwargs": {"weights": [{"a": 10, "b": 2}]}},
            "other": {**endpoint, "kwargs": {"weights": [{"b": 2, "a": 10}]}},
        },
    )
    assert [number(getattr(revived, name)(column(3))) for name in ("one", "other")] == [32.0, 16.0]
    assert report.cores == 2


def test_cores_of_inputs_in_another_order_are_not_shared(export: Callable[..., Any]) -> None:
    revived, report = export(model(), {"one": ENDPOINT, "other": {**ENDPOINT, "inputs": [ITEM_FIRST]}})
    assert [number(getattr(revived, name)(FEATURES)) for name in ("one", "other")] == [201.0, 102.0]
    assert report.cores == 2


@pytest.mark.parametrize(("step", "expected"), [("same", 201.0), ("swapped", 102.0)])
def test_preprocess_sees_the_written_order_and_hands_on_its_own(
    export: Callable[..., Any], step: str, expected: float
) -> None:
    endpoints = {"score": {**ENDPOINT, "preprocess": f"{HERE}:{step}"}}
    _, report = export(model(), endpoints)
    assert answers(report.path, document(endpoints), FEATURES) == [expected] * 3


def test_postprocess_gets_the_result_of_the_function_in_its_own_order(export: Callable[..., Any]) -> None:
    endpoints = {
        "score": {"function": f"{HERE}:item_last", "postprocess": f"{HERE}:walk", "inputs": [COLUMN], "outputs": COLUMN}
    }
    _, report = export(model(), endpoints)
    assert answers(report.path, document(endpoints), column(1)) == [12.0] * 3


def test_a_tree_becomes_specs_and_back_in_its_order() -> None:
    compiled = specc.compile(document({"score": ENDPOINT}))["score"]
    assert list(compiled.input_signature[0]) == ["user", "item"]


def test_what_fmt_writes_builds_the_same(tmp_path: Path) -> None:
    spec = tmp_path / "walking.specc.json"
    spec.write_text(json.dumps({"endpoints": {"score": ENDPOINT}, "dims": {"batch": {}}, "specc": 1}))
    assert main(["fmt", str(spec)]) == 0
    formatted = specc.load(spec)
    specc.compile(formatted).export(model(), tmp_path / "archive")
    assert answers(tmp_path / "archive", formatted, FEATURES) == [201.0] * 3


def test_what_init_writes_builds_the_same(tmp_path: Path) -> None:
    walking = model()
    inferred = specc.infer_spec(walking, example=[{"user": FEATURES["user"], "item": FEATURES["item"]}]).document
    specc.compile(inferred).export(walking, tmp_path / "archive")
    assert answers(tmp_path / "archive", inferred, FEATURES) == [201.0] * 3


def test_what_inspect_prints_builds_the_same(
    export: Callable[..., Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, report = export(model(), {"score": ENDPOINT})
    assert main(["inspect", "--json", str(report.path)]) == 0
    printed = specc.loads(capsys.readouterr().out)
    assert printed == document({"score": ENDPOINT})
    specc.compile(printed).export(model(), tmp_path / "again")
    assert answers(tmp_path / "again", printed, FEATURES) == [201.0] * 3


def test_without_its_contract_an_archive_is_read_with_sorted_keys(export: Callable[..., Any]) -> None:
    _, report = export(model(), {"score": ENDPOINT})
    shutil.rmtree(Path(report.path) / "assets.extra")
    found = specc.infer_archive_spec(report.path).document
    assert specc.dump(found).count('"inputs": [{"item": "float32[batch, 1]", "user": "float32[batch, 1]"}]') == 1


def test_an_archive_built_from_an_archive_without_a_contract_gives_the_same(
    export: Callable[..., Any], tmp_path: Path
) -> None:
    revived, report = export(model(), {"score": ENDPOINT})
    shutil.rmtree(Path(report.path) / "assets.extra")
    found = specc.infer_archive_spec(report.path).document
    specc.compile(found).export(revived, tmp_path / "again")
    assert answers(tmp_path / "again", found, FEATURES) == [201.0] * 3


def test_init_writes_the_order_of_the_trace_of_a_function(tmp_path: Path) -> None:
    functions = Functions()
    functions.seen({"user": column(2), "item": column(1)})
    inferred = specc.infer_spec(functions).document
    assert list(inferred.endpoints["seen"].inputs[0].items) == ["user", "item"]
    specc.compile(inferred).export(functions, tmp_path / "archive")
    assert [number(tf.saved_model.load(str(tmp_path / "archive")).seen(FEATURES))] == [21.0]


def test_a_traced_function_keeps_the_order_of_its_trace(tmp_path: Path) -> None:
    functions = Functions()
    functions.seen({"user": column(2), "item": column(1)})
    written = {"seen": {"function": "seen", "inputs": [{"item": "float32[1, 1]", "user": "float32[1, 1]"}],
                        "outputs": "float32[1, 1]"}}  # fmt: skip
    specc.compile(specc.from_json({"specc": 1, "endpoints": written})).export(functions, tmp_path / "archive")
    assert number(tf.saved_model.load(str(tmp_path / "archive")).seen(FEATURES)) == 21.0


def by_position(a: Any, b: Any) -> Any:
    return digits(*a.values(), *b.values())


def by_key(a: Any, b: Any) -> Any:
    return digits(a["z"], a["y"], b["z"], b["y"])


def digits_by_wire_name(archive: Any, path: Path) -> dict[str, float]:
    """The digit of each wire name."""
    archive.write_out(str(path), verbose=False)
    signature = tf.saved_model.load(str(path)).signatures["f"]
    keys = list(signature.structured_input_signature[1])
    return {key: number(*signature(**{each: column(key == each) for each in keys}).values()) for key in keys}


@pytest.mark.parametrize("function", [by_position, by_key])
@pytest.mark.parametrize("names", [("p", "q", "r", "s"), ("s", "r", "q", "p"), ("y1", "z1", "y2", "z2"), (None,) * 4])
def test_the_drop_in_answers_as_keras_does_where_two_dicts_are_unsorted(
    tmp_path: Path, function: Callable[..., Any], names: tuple[str | None, ...]
) -> None:
    z, y, other_z, other_y = (tf.TensorSpec((None, 1), tf.float32, name) for name in names)
    found = []
    for kind in (keras.export.ExportArchive, specc.ExportArchive):
        archive, path = kind(), tmp_path / kind.__module__.partition(".")[0]
        archive.add_endpoint("f", function, [{"z": z, "y": y}, {"z": other_z, "y": other_y}])
        found.append(digits_by_wire_name(archive, path))
        arguments = {"z": column(4), "y": column(3)}, {"z": column(2), "y": column(1)}
        assert number(tf.saved_model.load(str(path)).f(*arguments)) == 4321.0
    assert found[0] == found[1]
    assert sorted(found[0].values()) == [1.0, 10.0, 100.0, 1000.0]


def test_the_spec_of_the_drop_in_builds_the_same(tmp_path: Path) -> None:
    walking = model()
    archive = specc.ExportArchive()
    archive.track(walking)
    archive.add_endpoint("score", walking.call, [{"user": OTHER_SPEC, "item": OTHER_SPEC}])
    spec = specc.loads(specc.dump(archive.spec))
    archive.write_out(tmp_path / "dropped", verbose=False)
    specc.compile(spec).export(walking, tmp_path / "built")
    assert answers(tmp_path / "dropped", spec, FEATURES) == [201.0] * 3
    assert answers(tmp_path / "built", spec, FEATURES) == [201.0] * 3
