"""The signatures of a document are those of the installed TensorFlow's legacy exporter.

A case is drawn once and given to both exporters. The sets of keys, the methods, the wire names, the dtypes and the
shapes are equal, and the keys in the legacy report are those that are published. ``test_legacy_differences.py`` lists
the intended differences.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import legacy_exporter as legacy
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from legacy_cases import (
    FEW,
    SCALAR,
    SERVING_DEFAULT,
    VECTOR,
    Case,
    Head,
    Names,
    Outputs,
    by_legacy,
    ours,
    sum_of,
    to_data,
    wire_name,
)
from legacy_exporter import LegacyExport, Tensor, WireSignature, export_utils
from tagged_session import meta_graphs

import specc
from specc.language.load import require_buildable
from specc.language.signatures import DEFAULT_KEYS, METHOD_NAMES, TAGS, all_signatures, published_signatures
from specc.language.wire_names import Component

pytestmark = pytest.mark.tensorflow

CLASSIC = ("classify", "regress")
DTYPES = ("float32", "int64", "string")


def expected(case: Case, found: LegacyExport) -> dict[str, WireSignature]:
    """The signatures of the legacy exporter, with the differences that a case can show."""
    signatures = {key: renamed_bare_output(signature, case, key) for key, signature in found.signatures.items()}
    # Of one string it cannot tell whether it is an example or a feature, and takes it for the examples.
    looks_serialized = [dtype for dtype, _ in case.features.values()] == ["string"]
    raw = {key for key in (*found.signatures, *found.excluded) if is_raw_classification(case, key)}
    assert found.excluded.keys() == (set() if looks_serialized else raw), found.excluded
    for key in raw:
        plain = found.signatures[key.removeprefix("raw:")]
        signatures[key] = replace(plain, method_name=METHOD_NAMES["predict"], inputs=raw_inputs(case))
    return signatures


def raw_inputs(case: Case) -> dict[str, Tensor]:
    """The features as they are on the wire, a ragged or sparse one in parts."""
    inputs: dict[str, Tensor] = {}
    for key, (dtype, shape) in case.features.items():
        name = wire_name(case, key)
        match case.kinds.get(key):
            case "ragged":
                rows = -1 if case.batch == -1 else case.batch + 1
                inputs |= {f"{name}_values": (dtype, (-1,)), f"{name}_row_splits": ("int64", (rows,))}
            case "sparse":
                inputs |= {f"{name}_indices": ("int64", (-1, 2)), f"{name}_values": (dtype, (-1,))}
                inputs[f"{name}_dense_shape"] = ("int64", (2,))
            case _:
                inputs[name] = (dtype, shape)
    return inputs


def is_raw_classification(case: Case, key: str) -> bool:
    receiver, _, name = key.rpartition(":")
    return receiver == "raw" and case.heads[head_name(case, name)].method in CLASSIC


def head_name(case: Case, name: str) -> str:
    """The head that a signature is of: the default one is published under another key too."""
    return name if name in case.heads else next(iter(case.heads))


def renamed_bare_output(signature: WireSignature, case: Case, key: str) -> WireSignature:
    head = case.heads[head_name(case, key.rpartition(":")[2])]
    if head.method != "predict" or isinstance(head.outputs, dict):
        return signature
    return replace(signature, outputs={"output_0": signature.outputs["output"]})


FEATURES = ("user", "item", "Price", "x_1", "history")
RECEIVERS = ("examples", "backup", "sent_again")
NAMES = ("score", "Rank", "top_k")
OUTPUT_DTYPES = ("float32", "float64", "int32", "string", "bool")


@st.composite
def tensors(draw: Any, batch: int, dtypes: tuple[str, ...] = OUTPUT_DTYPES) -> Tensor:
    return draw(st.sampled_from(dtypes)), (batch, *draw(st.lists(st.integers(1, 3), max_size=2)))


def some(names: tuple[str, ...], values: Any) -> Any:
    return st.dictionaries(st.sampled_from(names), values, min_size=1, max_size=3)


@st.composite
def heads(draw: Any, batch: int, method: str) -> Head:
    """An output of a method, right by construction."""
    anything = tensors(batch)
    match method:
        case "predict":
            outputs = draw(anything | some(("logits", "parts/0", "é", "a b", "output"), anything))
            return Head(method, outputs, draw(names_of(outputs)) if isinstance(outputs, dict) else {})
        case "classify":
            whole = {"scores": tensors(batch, ("float32",)), "classes": tensors(batch, ("string",))}
            keys = draw(st.sampled_from([("scores",), ("classes",), ("scores", "classes")]))
            return Head(method, {key: draw(whole[key]) for key in keys})
        case "regress":
            return Head(method, draw(tensors(batch, ("float32",))))
        case _:
            metric = st.fixed_dictionaries({"value": st.just(SCALAR), "update_op": st.just(SCALAR)})
            whole = {
                "loss": st.just(SCALAR) | some(("a", "total", "loss", "loss/regularization"), st.just(SCALAR)),
                "predictions": anything | some(("x", "predictions/y", "logits", "predictions"), anything),
                "metrics": some(("accuracy", "metrics/auc", "mse", "metrics"), metric),
            }
            keys = draw(st.lists(st.sampled_from(sorted(whole)), min_size=1, unique=True))
            outputs = {key: draw(whole[key]) for key in sorted(keys)}
            inner = [key for key in ("loss", "predictions") if isinstance(outputs.get(key), dict)]
            return Head(
                method, outputs, {at: name for key in inner for at, name in draw(names_of(outputs[key], key)).items()}
            )


@st.composite
def names_of(draw: Any, outputs: dict[str, Any], *at: str) -> Names:
    """Names for some of the outputs, which differ from those made from the keys."""
    chosen = sorted(draw(st.sets(st.sampled_from(sorted(outputs)))))
    return {(*at, key): "/".join((*at, f"called {index}")) for index, key in enumerate(chosen)}


@st.composite
def cases(draw: Any) -> Case:
    mode = draw(st.sampled_from(["predict", "predict", "train", "eval"]))
    batch = draw(st.sampled_from([-1, 4]))
    features = draw(st.dictionaries(st.sampled_from(FEATURES), tensors(batch, DTYPES), min_size=1, max_size=3))
    kinds = draw(st.dictionaries(st.sampled_from(sorted(features)), st.sampled_from(("ragged", "sparse"))))
    if len(features) == 1 and "string" in (dtype for dtype, _ in features.values()):
        kinds = {}  # legacy takes it for serialized examples, and fails
    features |= {key: (features[key][0], (batch, -1)) for key in kinds}
    renamed = {key: f"called_{key}" for key in draw(st.sets(st.sampled_from(sorted(features))))}
    more: dict[str, Any] = {"kinds": kinds, "renamed": renamed}
    receivers = tuple(draw(st.lists(st.sampled_from(RECEIVERS), unique=True, max_size=2)))
    serialized = bool(receivers) and draw(st.booleans())
    if mode != "predict":
        head = draw(heads(batch, mode))
        made = {DEFAULT_KEYS[mode]: head}
        return Case(mode, batch, features, receivers, serialized, made, draw(st.booleans()), **more)
    methods = ["predict", *(CLASSIC if serialized else ())]
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True))
    if len(names) > 1 or draw(st.booleans()):
        names[0] = SERVING_DEFAULT
    # The default is served; legacy also publishes a given train or eval output.
    chosen = [
        draw(st.sampled_from(methods if index == 0 else [*methods, "train", "eval"])) for index in range(len(names))
    ]
    made = {name: draw(heads(batch, method)) for name, method in zip(names, chosen, strict=True)}
    return Case(mode, batch, features, receivers, serialized, made, draw(st.booleans()), **more)


@given(cases())
def test_a_document_publishes_what_the_legacy_exporter_makes(case: Case) -> None:
    document = specc.from_json(to_data(case))
    found = by_legacy(case)
    assert ours(document) == expected(case, found)
    # The legacy report lists as INCLUDED what is there before serving_only drops what no server can serve.
    everything = {signature.key for signature in all_signatures(document)}
    assert everything == {key for keys in found.included.values() for key in keys} | found.excluded.keys()
    if case.mode == "predict" or not case.serving_only:
        require_buildable(document)


@given(cases())
def test_what_is_published_passes_tensorflows_own_test(case: Case) -> None:
    for signature in published_signatures(specc.from_json(to_data(case))):
        made = tf.compat.v1.saved_model.build_signature_def(
            _infos(signature.inputs), _infos(signature.outputs), METHOD_NAMES[signature.method]
        )
        assert tf.compat.v1.saved_model.is_valid_signature(made) == signature.is_servable


def _infos(components: tuple[Component, ...]) -> dict[str, Any]:
    return {
        component.wire_name: tf.compat.v1.TensorInfo(
            name="x:0", dtype=tf.dtypes.as_dtype(component.dtype).as_datatype_enum
        )
        for component in components
    }


METRIC = {"value": SCALAR, "update_op": SCALAR}
STEP = {
    "loss": {"a": SCALAR, "loss/regularization": SCALAR},
    "predictions": VECTOR,
    "metrics": {"accuracy": METRIC, "metrics/auc": METRIC},
}

WHOLE = {
    "predictions": Case(
        "predict", -1, FEW, (), False, {"score": Head("predict", {"p": VECTOR, "q": ("int32", (-1,))})}
    ),
    "a bare prediction": Case("predict", -1, FEW, ("examples",), False, {"score": Head("predict", VECTOR)}),
    "every serving method": Case(
        "predict",
        -1,
        FEW,
        ("examples",),
        True,
        {
            SERVING_DEFAULT: Head("classify", {"scores": VECTOR, "classes": ("string", (-1, 3))}),
            "rank": Head("regress", ("float32", (-1, 1))),
            "score": Head("predict", {"p": VECTOR}),
        },
    ),
    "training among predictions": Case(
        "predict", -1, FEW, (), False, {SERVING_DEFAULT: Head("predict", {"p": VECTOR}), "learn": Head("train", STEP)}
    ),
    "training dropped": Case(
        "predict",
        -1,
        FEW,
        (),
        False,
        {SERVING_DEFAULT: Head("predict", {"p": VECTOR}), "learn": Head("train", STEP)},
        serving_only=True,
    ),
    "training": Case("train", -1, FEW, ("examples",), True, {"train": Head("train", STEP)}),
    "evaluation": Case("eval", -1, FEW, (), False, {"eval": Head("eval", STEP)}),
    "ragged and sparse features, and names": Case(
        "predict",
        -1,
        {**FEW, "words": ("string", (-1, -1)), "clicks": ("float32", (-1, -1))},
        ("examples",),
        True,
        {
            SERVING_DEFAULT: Head("classify", {"scores": VECTOR}),
            "score": Head("predict", {"p": VECTOR, "q": VECTOR}, {("p",): "probability"}),
            "learn": Head("train", STEP, {("loss", "a"): "loss/called"}),
        },
        kinds={"words": "ragged", "clicks": "sparse"},
        renamed={"words": "tokens", "price": "cost"},
    ),
}


def function_of(head: Head) -> Any:
    """A function with the head's outputs, each of which depends on the features."""

    def function(features: dict[str, Any]) -> Any:
        total = tf.add_n([sum_of(each) for each in features.values()])
        rows = tf.shape(next(iter(features.values())))[0]

        def make(outputs: Outputs) -> Any:
            if isinstance(outputs, dict):
                return {key: make(value) for key, value in outputs.items()}
            dtype, shape = outputs
            number = tf.fill([rows if size == -1 else size for size in shape], total) if shape else total
            return tf.as_string(number) if dtype == "string" else tf.cast(number, dtype)

        return make(head.outputs)

    return function


@pytest.mark.parametrize("name", list(WHOLE))
def test_a_whole_archive_holds_what_the_legacy_exporter_makes(name: str, tmp_path: Path) -> None:
    case = WHOLE[name]
    document = specc.from_json(to_data(case))
    functions = {endpoint: function_of(head) for endpoint, head in case.heads.items()}
    report = specc.compile(document).export(None, tmp_path / "archive", functions=functions)
    (graph,) = meta_graphs(report.path)
    written = {key: legacy.wire(each) for key, each in graph.signature_def.items() if not key.startswith("__")}
    assert written == expected(case, by_legacy(case))
    assert list(graph.meta_info_def.tags) == export_utils.EXPORT_TAG_MAP[{"eval": "test"}.get(case.mode, case.mode)]
    for key, signature in graph.signature_def.items():
        servable = not key.startswith("__") and "serving" in signature.method_name
        assert tf.compat.v1.saved_model.is_valid_signature(signature) == servable, key


@pytest.mark.parametrize(("mode", "name"), [("predict", "predict"), ("train", "train"), ("eval", "test")])
def test_the_names_of_a_mode_are_the_legacy_ones(mode: str, name: str) -> None:
    assert [TAGS[mode]] == export_utils.EXPORT_TAG_MAP[name]  # type: ignore[index]
    assert DEFAULT_KEYS[mode] == export_utils.SIGNATURE_KEY_MAP[name]  # type: ignore[index]


def test_the_names_of_the_methods_are_the_legacy_ones() -> None:
    friendly = {method.lower(): name for name, method in export_utils._FRIENDLY_METHOD_NAMES.items()}
    assert friendly == METHOD_NAMES
