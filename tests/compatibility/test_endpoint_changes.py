"""Changes of endpoints, the default, methods, tags and save options: each with its judgements, and backwards."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from compared_documents import SCORE, changes, endpoint, judged, side

from specc.compatibility import Described

TRAIN = {"inputs": ["float32[batch, 3]"], "outputs": {"loss": "float32[]"}, "method": "train"}
EVAL = {**TRAIN, "method": "eval"}
CLASSIFY = {"inputs": ["string[batch]"], "outputs": {"scores": "float32[batch, 3]"}, "method": "classify"}
WITH_B = {"score": SCORE, "b": SCORE}
OPTIONAL = endpoint(optional=True)


def named(**names: Any) -> dict[str, Any]:
    return names


CASES: dict[str, tuple[Described, Described, dict[str, str], dict[str, str]]] = {
    "nothing": (side(), side(), {}, {}),
    "another endpoint": (
        side(WITH_B, default="score"), side(default="score"), {"endpoint-removed": "bbb"}, {"endpoint-added": "sss"},
    ),
    "another optional endpoint": (
        side({"score": SCORE, "b": OPTIONAL}, default="score"), side(default="score"),
        {"endpoint-removed": "www"}, {"endpoint-added": "sss"},
    ),
    "optional": (
        side({"score": SCORE, "b": SCORE}, default="score"), side({"score": SCORE, "b": OPTIONAL}, default="score"),
        {"endpoint-made-optional": "bbb"}, {"endpoint-made-required": "sss"},
    ),
    "an endpoint without a signature": (
        side({"score": SCORE, "__call__": SCORE}, default="score"), side(default="score"),
        {"endpoint-removed": "--b"}, {"endpoint-added": "--s"},
    ),
    "an endpoint that no server serves": (
        side({"score": SCORE, "fit": TRAIN}, default="score"), side(default="score"),
        {"endpoint-removed": "b-b"}, {"endpoint-added": "s-s"},
    ),
    "no default": (
        side(WITH_B, default="score"), side(WITH_B, default=None),
        {"default-endpoint-removed": "bb-"}, {"default-endpoint-added": "ss-"},
    ),
    "a default that no server serves": (
        side({"fit": TRAIN, "b": SCORE}, default="fit", mode="train"), side({"fit": TRAIN, "b": SCORE}, default=None, mode="train"),
        {"default-endpoint-removed": "b--"}, {"default-endpoint-added": "s--"},
    ),
    "another default": (
        side(WITH_B, default="score"), side(WITH_B, default="b"),
        {"default-endpoint-switched": "bb-"}, {"default-endpoint-switched": "bb-"},
    ),
    "another default, new, of the same contract": (
        side(default="score"), side(WITH_B, default="b"),
        {"endpoint-added": "sss", "default-endpoint-switched": "bb-"},
        {"endpoint-removed": "bbb", "default-endpoint-switched": "bb-"},
    ),
    "the default is gone with its endpoint": (
        side(WITH_B, default="score"), side({"b": SCORE}, default=None),
        {"endpoint-removed": "bbb"}, {"endpoint-added": "sss"},
    ),
    "the default is served, and was not": (
        side({"fit": TRAIN, "b": SCORE}, default="fit", mode="train"), side({"fit": TRAIN, "b": SCORE}, default="b", mode="train"),
        {"default-endpoint-switched": "bs-"}, {"default-endpoint-switched": "bb-"},
    ),
    "the revived object is no longer the default": (
        side({"__call__": SCORE, "b": SCORE}, default="__call__"), side({"__call__": SCORE, "b": SCORE}, default=None),
        {"default-endpoint-removed": "bb-"}, {"default-endpoint-added": "ss-"},
    ),
    "the default has another name": (
        side({"serving_default": SCORE}), side(),
        {"endpoint-removed": "--b", "endpoint-added": "sss"}, {"endpoint-removed": "bbb", "endpoint-added": "--s"},
    ),
    "the default has another name and other inputs": (
        side({"serving_default": SCORE}), side({"score": endpoint(inputs=["float32[batch, 4]"])}),
        {"endpoint-removed": "--b", "endpoint-added": "sss", "input-size-changed": "bb-"},
        {"endpoint-removed": "bbb", "endpoint-added": "--s", "input-size-changed": "bb-"},
    ),
    "the default has another name and method": (
        side({"serving_default": {**CLASSIFY, "method": "predict"}}), side({"score": CLASSIFY}),
        {"endpoint-removed": "--b", "endpoint-added": "sss", "method-changed": "bb-"},
        {"endpoint-removed": "bbb", "endpoint-added": "--s", "method-changed": "bb-"},
    ),
    "a served method": (
        side({"score": CLASSIFY}), side({"score": {**CLASSIFY, "method": "predict"}}),
        {"method-changed": "bb-"}, {"method-changed": "bb-"},
    ),
    "a method that no server serves": (
        side({"score": SCORE, "fit": {**TRAIN, "method": "predict"}}, default="score"),
        side({"score": SCORE, "fit": TRAIN}, default="score"),
        {"method-changed": "bb-"}, {"method-changed": "bs-"},
    ),
    "two methods that no server serves": (
        side({"score": SCORE, "fit": TRAIN}, default="score"), side({"score": SCORE, "fit": EVAL}, default="score"),
        {"method-changed": "b--"}, {"method-changed": "b--"},
    ),
    "a method without a signature": (
        side({"score": SCORE, "fit": TRAIN}, default="score", serving_only=True),
        side({"score": SCORE, "fit": {**TRAIN, "method": "predict"}}, default="score", serving_only=True),
        {"method-changed": "ss-"}, {"method-changed": "bb-"},
    ),
    "serving only": (
        side({"score": SCORE, "fit": TRAIN}, default="score"),
        side({"score": SCORE, "fit": TRAIN}, default="score", serving_only=True),
        {"signature-dropped": "b--"}, {"signature-published": "s--"},
    ),
    "serving only, where all is served": (side(), side(serving_only=True), {}, {}),
    "a mode": (side(), side(mode="train"), {"tags-changed": "bb-"}, {"tags-changed": "bb-"}),
    "a tag": (
        side(), side(save_options={"extra_tags": ["gpu"]}), {"tags-changed": "bb-"}, {"tags-changed": "bb-"},
    ),
    "the order of tags": (
        side(save_options={"extra_tags": ["gpu", "tpu"]}), side(save_options={"extra_tags": ["tpu", "gpu"]}), {}, {},
    ),
    "a mode that extra tags make up for": (
        side(save_options={"extra_tags": ["train"]}), side(mode="train", save_options={"extra_tags": ["serve"]}),
        {"default-endpoint-removed": "bb-", "default-endpoint-added": "ss-"},
        {"default-endpoint-removed": "bb-", "default-endpoint-added": "ss-"},
    ),
    "the saver": (
        side(), side(save_options={"experimental_skip_saver": True}), {"saver-dropped": "bb-"}, {"saver-kept": "ss-"},
    ),
    "gradients": (
        side(), side({"score": endpoint(gradients=False)}), {"gradients-dropped": "--b"}, {"gradients-kept": "--s"},
    ),
    "gradients of the archive": (
        side(WITH_B, default="b"), side(WITH_B, default="b", save_options={"experimental_custom_gradients": False}),
        {"gradients-dropped": "--b"}, {"gradients-kept": "--s"},
    ),
    "gradients, twice": (
        side({"score": endpoint(gradients=False)}),
        side({"score": endpoint(gradients=False)}, save_options={"experimental_custom_gradients": False}), {}, {},
    ),
    "platforms": (
        side(), side({"score": endpoint(jax={"platforms": ["tpu", "cpu"]})}),
        {"platform-removed": "www"}, {"platform-added": "sss"},
    ),
    "all platforms": (side(), side({"score": endpoint(jax={"platforms": ["tpu", "cuda", "cpu"]})}), {}, {}),
    "only the platform of the building machine": (
        side(), side({"score": endpoint(jax={"platforms": []})}),
        {"platform-removed": "www"}, {"platform-added": "sss"},
    ),
    "an alias": (
        side(save_options={"function_aliases": {"a": "score"}}), side(),
        {"function-alias-removed": "b--"}, {"function-alias-added": "s--"},
    ),
    "an alias of another endpoint": (
        side(WITH_B, default="b", save_options={"function_aliases": {"a": "score"}}),
        side(WITH_B, default="b", save_options={"function_aliases": {"a": "b"}}),
        {"function-alias-removed": "b--"}, {"function-alias-removed": "b--"},
    ),
    "an alias that is gone with its endpoint": (
        side(WITH_B, default="b", save_options={"function_aliases": {"a": "score"}}), side({"b": SCORE}),
        {"endpoint-removed": "bbb"}, {"endpoint-added": "sss"},
    ),
    "an alias of the default, which has another name": (
        side({"serving_default": SCORE}, save_options={"function_aliases": {"a": "serving_default"}}),
        side(save_options={"function_aliases": {"a": "score"}}),
        {"endpoint-removed": "--b", "endpoint-added": "sss"}, {"endpoint-removed": "bbb", "endpoint-added": "--s"},
    ),
    "what no client sees": (
        side(model="a.b:c", name="one", track=["table"], targets=["litert"], imports=["ops"]),
        side({"score": endpoint(autograph=True, jax={"is_static": True}, description="Scores.")}, description="All."),
        {}, {},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_change_and_the_same_backwards(name: str) -> None:
    old, new, forth, back = CASES[name]
    assert judged(old, new) == forth
    assert judged(new, old) == back


DICTS = {"a": "float32[batch]", "b": {"c": "float32[batch]", "d": ["float32[batch]", "float32[batch]"]}}
SORTED = endpoint(inputs=[DICTS], kwargs={"x": {"p": 1, "q": [{"r": 2, "s": 3}]}, "y": 1})


@pytest.mark.parametrize(
    "said",
    [
        {"function": "call"},
        {"preprocess": "a.b:c"},
        {"postprocess": "a.b:c"},
        {"kwargs": {"x": {"p": 1, "q": [{"r": 2, "s": 3}]}}},
        {"kwargs": {"x": {"p": 1, "q": [{"r": 2, "s": 3}]}, "y": True}},
        {"kwargs": {"x": {"p": 1, "q": [{"r": 2, "s": 3}]}, "y": 1.0}},
        {"kwargs": {"y": 1, "x": {"p": 1, "q": [{"r": 2, "s": 3}]}}},
        {"kwargs": {"x": {"q": [{"r": 2, "s": 3}], "p": 1}, "y": 1}},
        {"kwargs": {"x": {"p": 1, "q": [{"s": 3, "r": 2}]}, "y": 1}},
        {"inputs": [{"b": DICTS["b"], "a": DICTS["a"]}]},
        {"inputs": [{**DICTS, "b": {"d": ["float32[batch]", "float32[batch]"], "c": "float32[batch]"}}]},
    ],
)
def test_another_computation_is_a_warning_on_all_surfaces(said: dict[str, Any]) -> None:
    old, new = side({"score": SORTED}), side({"score": {**SORTED, **said}})
    assert judged(old, new) == {"computation-changed": "www"}
    assert judged(new, old) == {"computation-changed": "www"}
    assert judged(replace(old, has_contract=False), new) == {}


def test_only_the_order_of_keys_that_both_sides_have_is_compared() -> None:
    first, second = endpoint(inputs=[{"a": "int8[]", "b": "int8[]"}]), endpoint(inputs=[{"c": "int8[]", "b": "int8[]"}])
    assert "computation-changed" not in judged(side({"score": first}), side({"score": second}))
    outputs = {"a": "int8[]", "b": "int8[]"}
    backwards = dict(reversed(outputs.items()))
    assert judged(side({"score": endpoint(outputs=outputs)}), side({"score": endpoint(outputs=backwards)})) == {}


def test_a_function_that_is_not_known_is_not_compared() -> None:
    unknown = side({"score": endpoint(function=None, kwargs={"training": True})})
    assert judged(side(), unknown) == judged(unknown, side()) == {}
    assert judged(unknown, side({"score": endpoint(function=None)})) == {"computation-changed": "www"}


def test_the_endpoints_of_an_archive_of_tensorflow_1_are_gone_in_python() -> None:
    archive = replace(side(), has_contract=False, has_python=False)
    assert judged(side(), archive) == {"endpoint-removed": "--b"}
    assert judged(archive, side()) == {"endpoint-added": "--s"}
    assert judged(archive, archive) == {}


def test_without_a_contract_only_names_methods_and_tags_are_known() -> None:
    said: dict[str, Any] = {"experimental_custom_gradients": False, "function_aliases": {"a": "score"}}
    spec = side({"score": endpoint(jax={"platforms": ["cpu"]})}, save_options={**said, "experimental_skip_saver": True})
    archive = replace(side({"score": endpoint(function=None)}), has_contract=False)
    assert judged(spec, archive) == judged(archive, spec) == {}
    optional = side({"score": SCORE, "b": OPTIONAL}, default="score")
    known = replace(side(WITH_B, default="score"), has_contract=False)
    assert judged(known, optional) == judged(optional, known) == {}


def test_a_removed_endpoint_is_shown_where_it_was() -> None:
    (change,) = changes(side(WITH_B, default="score"), side(default="score"))
    assert change.path == ("endpoints",)
    assert change.old is not None
    assert change.old.path == ("endpoints", "b")
    assert change.old.value == {"inputs": ["float32[batch, 3]"], "outputs": "float32[batch]"}
    assert change.new is None
    assert change.witness is not None
    assert (change.witness.address, change.witness.outputs) == ("b", None)
    assert dict(change.witness.inputs) == {"inputs": {"dtype": "float32", "shape": [1, 3]}}


def test_the_witness_of_another_default_calls_the_default_key() -> None:
    (change,) = changes(side(WITH_B, default="score"), side(WITH_B, default="b"))
    assert change.witness is not None
    assert (change.witness.surface, change.witness.address) == ("wire", "serving_default")
    assert change.subject == ("serving_default",)
    assert change.compared == ("score", "b")
    assert "'b', before 'score'" in change.message


def test_a_waiver_does_not_cover_another_value() -> None:
    one, two = (changes(side(), side(save_options={"extra_tags": [tag]}))[0] for tag in ("gpu", "tpu"))
    assert one.fingerprint != two.fingerprint
    again = changes(side(WITH_B, default="b"), side(WITH_B, default="b", save_options={"extra_tags": ["gpu"]}))[0]
    assert one.fingerprint == again.fingerprint


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"function": "call"}, 'the function of \'score\' is "call", before "__call__"'),
        ({"postprocess": "a.b:c"}, "the postprocess of 'score' is \"a.b:c\", before none"),
        ({"kwargs": {"y": 1, "z": 2}}, 'the kwargs of \'score\' have {"y": 1, "z": 2}, before {"y": 2}'),
        ({"kwargs": {"y": 2, "z": 2}}, "the kwargs of 'score' have {\"z\": 2}, before {}"),
    ],
)
def test_a_message_about_a_computation_has_both_values(said: dict[str, Any], message: str) -> None:
    kwargs = endpoint(kwargs={"y": 2})
    (change,) = changes(side({"score": kwargs}), side({"score": {**kwargs, **said}}))
    assert change.message == message
