"""Functions that take or return ExtensionTypes, or containers that cannot be written in a spec."""

from __future__ import annotations

import collections
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from tagged_session import TaggedSession, meta_graphs

import specc
from specc.compiler.load_model import load_model
from specc.keras_export.requested_signature import wire_names_of
from specc.reader import inspect_archive

pytestmark = pytest.mark.tensorflow

Spec = tf.TensorSpec
ROW = tf.constant([1.0, 2.0])


class Masked(tf.experimental.ExtensionType):  # type: ignore[misc]  # TensorFlow has no types
    __name__ = "specc_tests.Masked"
    values: tf.Tensor
    scale: tf.Tensor


class Nameless(tf.experimental.ExtensionType):  # type: ignore[misc]
    values: tf.Tensor


VALUE = Masked(ROW, ROW * 10)


def traced(function: Callable[..., Any], *call: Any) -> Callable[[Any], None]:
    def fill(archive: Any) -> None:
        graph_function = tf.function(function)
        graph_function(*call)
        archive.add_endpoint("serve", graph_function)

    return fill


def declared(function: Callable[..., Any]) -> Callable[[Any], None]:
    return lambda archive: archive.add_endpoint("serve", function, [Spec([None], name="x")])


CASES: dict[str, tuple[Callable[[Any], None], tuple[Any, ...]]] = {
    "taken": (traced(lambda e: e.values - e.scale, VALUE), (VALUE,)),
    "given": (traced(lambda x: Masked(x, x * 3), ROW), (ROW,)),
    "taken in a dict": (
        traced(lambda d: {"out-1": d["e"].scale - d["x"]}, {"e": VALUE, "x": ROW}),
        ({"e": VALUE, "x": ROW},),
    ),
    "given in a dict": (traced(lambda x: {"e": Masked(x, x * 3), "e_1": x * 5}, ROW), (ROW,)),
    "taken and given": (traced(lambda e, x: (Masked(e.scale, e.values), x), VALUE, ROW), (VALUE, ROW)),
    "given by a function with an input_signature": (declared(lambda x: {"e": Masked(x, x * 3), "x": x}), (ROW,)),
}


def signature(path: Path) -> Any:
    (graph,) = meta_graphs(path)
    definition = graph.signature_def["serve"]
    outputs = {key: len(info.composite_tensor.components) for key, info in definition.outputs.items()}
    return {key: info.dtype for key, info in definition.inputs.items()}, outputs


def flat(result: Any) -> list[list[float]]:
    return [tensor.numpy().tolist() for tensor in tf.nest.flatten(result, expand_composites=True)]


@pytest.mark.parametrize(("fill", "call"), CASES.values(), ids=CASES)
def test_the_wire_and_the_attribute_are_keras_s(
    tmp_path: Path, fill: Callable[[Any], None], call: tuple[Any, ...]
) -> None:
    kinds = {"keras": keras.export.ExportArchive, "specc": specc.ExportArchive}
    for name, kind in kinds.items():
        archive = kind()
        fill(archive)
        archive.write_out(str(tmp_path / name), verbose=False)
    assert signature(tmp_path / "specc") == signature(tmp_path / "keras")
    loaded = {name: tf.saved_model.load(str(tmp_path / name)) for name in kinds}
    assert type(loaded["specc"].serve(*call)) is type(loaded["keras"].serve(*call))
    assert flat(loaded["specc"].serve(*call)) == flat(loaded["keras"].serve(*call))
    names = [spec.name for spec in tf.nest.flatten(loaded["keras"].signatures["serve"].structured_input_signature[1])]
    feed = {name: np.array([3.0 + index, 7.0], "float32") for index, name in enumerate(names)}
    ours, theirs = (loaded[name].signatures["serve"](**feed) for name in ("specc", "keras"))
    assert flat(ours) == flat(theirs)


@pytest.mark.parametrize(("fill", "call"), CASES.values(), ids=CASES)
def test_the_contract_says_that_only_the_wire_is_described(
    tmp_path: Path, fill: Callable[[Any], None], call: tuple[Any, ...]
) -> None:
    archive = specc.ExportArchive()
    fill(archive)
    archive.write_out(tmp_path / "old", verbose=False)
    with pytest.raises(ValueError, match="what 'serve' takes and returns cannot be written in a spec") as caught:
        _ = archive.spec
    assert "\n" not in str(caught.value)
    found = inspect_archive(tmp_path / "old")
    assert found.findings == ()
    assert found.undescribed == {"serve": "it takes or returns Masked, an ExtensionType"}
    assert "serve: its Python tree is not described: it takes or returns Masked, an ExtensionType" in found.notes
    # The archive built from init's spec returns the signature's results, with and without the contract.
    expected = tf.saved_model.load(str(tmp_path / "old")).serve(*call)
    for contract in ("with", "without"):
        if contract == "without":
            shutil.rmtree(tmp_path / "old" / "assets.extra")
            assert inspect_archive(tmp_path / "old").findings == ()
        inferred = specc.infer_archive_spec(tmp_path / "old", model="old/")
        assert inferred.document.endpoints["serve"].function == "specc:call_signature"
        specc.compile(inferred.document).export(load_model("old/", tmp_path, seed=0), tmp_path / contract)
        names = sorted(key for key, _ in signature(tmp_path / contract)[0].items())
        flat_call = tf.nest.flatten(call, expand_composites=True)
        feed = dict(zip(_names(tmp_path / "old"), flat_call, strict=True))
        assert sorted(feed) == names
        answer = TaggedSession(tmp_path / contract).ask("serve", **{key: value.numpy() for key, value in feed.items()})
        assert sorted(value.tolist() for value in answer.values()) == sorted(flat(expected))


def _names(path: Path) -> tuple[str, ...]:
    """The wire names of the inputs in the order of the arguments."""
    return wire_names_of(tf.saved_model.load(str(path)).serve.concrete_functions[0])


def test_a_contract_that_hides_an_extension_type_does_not_match(tmp_path: Path) -> None:
    archive = specc.ExportArchive()
    CASES["given"][0](archive)
    archive.write_out(tmp_path / "archive", verbose=False)
    path = tmp_path / "archive" / "assets.extra" / "specc.json"
    data = json.loads(path.read_text())
    del data["undescribed"]
    path.write_text(json.dumps(data))
    messages = [finding.message for finding in inspect_archive(tmp_path / "archive").findings]
    assert "the signature 'serve' has one wire name, 'output_0', for a whole composite tensor" in messages


def test_two_tensors_never_get_one_name() -> None:
    from specc.language.wire_names import numbered_result_names

    assert numbered_result_names({"e": 3, "e_1": 1, "e_2": 2, "f": 0}) == {
        "e": ("e", "e_3", "e_4"), "e_1": ("e_1",), "e_2": ("e_2", "e_2_1"), "f": (),
    }  # fmt: skip


def test_an_extension_type_without_a_registered_name(tmp_path: Path) -> None:
    archive = specc.ExportArchive()
    traced(lambda e: e.values, Nameless(ROW))(archive)
    with pytest.raises(specc.SpecError, match="give the ExtensionType a __name__"):
        archive.write_out(tmp_path / "archive", verbose=False)
    assert not (tmp_path / "archive").exists()


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (lambda x: {0: x, 1: x}, "the function returns a dict with the key 0"),
        (lambda x: {"a": [x, {7: x}]}, "the function returns a dict with the key 7"),
        (lambda x: {(0, 1): x}, r"the function returns a dict with the key \(0, 1\)"),
        (lambda x: {"": x}, "the function returns a dict with the key ''"),
        (lambda x: [], "the function returns an empty list"),
        (lambda x: {"a": x, "b": []}, "the function returns an empty list"),
        (lambda x: (), "the function returns an empty tuple"),
        (lambda x: {}, "the function returns an empty dict"),
        (lambda x: collections.namedtuple("None_", "")(), "the function returns an empty namedtuple"),
        (lambda x: {"e": [Masked(x, x)]}, "the function returns a list of 1 as 'e' beside an ExtensionType"),
        (lambda x: {"e": Masked(x, x), "f": {3: x}}, "the function returns a dict with the key 3"),
    ],
)
@pytest.mark.parametrize("how", ["a signature", "a trace"])
def test_a_result_that_no_signature_gives_is_said_in_one_line(how: str, result: Any, message: str) -> None:
    fill = declared(result) if how == "a signature" else traced(result, ROW)
    with pytest.raises(ValueError, match=message) as caught:
        fill(specc.ExportArchive())
    assert isinstance(caught.value, specc.SpecError)
    assert [finding.rule for finding in caught.value.diagnostics] == ["output-conflict"]
    assert "pydantic" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_argument_with_int_keys_is_a_type_error_as_in_keras() -> None:
    for kind in (keras.export.ExportArchive, specc.ExportArchive):
        with pytest.raises(TypeError):  # noqa: PT012  # Keras raises when it writes
            traced(lambda d: d[0] + d[1], {0: ROW, 1: ROW})(archive := kind())
            archive.write_out("never", verbose=False)
    with pytest.raises(TypeError, match="the function takes a dict with the key 0"):
        traced(lambda d: d[0] + d[1], {0: ROW, 1: ROW})(specc.ExportArchive())
