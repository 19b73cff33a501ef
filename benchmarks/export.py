"""Exports the same models with specc and with keras.export.ExportArchive, and prints the ratios.

    python benchmarks/export.py                 # every case, 5 rounds
    python benchmarks/export.py --rounds 3 resnet50

Each export runs in a fresh process, the two tools take turns, and a ratio is one of medians. Time covers everything
from the first call of the exporting tool to a finished archive (specc's fsync included), and not the building of the
model. Bytes are those of all files. Memory is the growth of the peak resident set over the built model (Linux only).
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measure import Figures, fresh, spent, take_page_cache

Endpoints = dict[str, tuple[Callable[..., Any], list[Any]]]
"""A function for each endpoint, with its TensorSpecs."""


@dataclass(frozen=True)
class Case:
    """A model, its document, and its endpoints as they are exported by hand."""

    build: Callable[[], Any]
    document: Callable[[], dict[str, Any]]
    endpoints: Callable[[Any], Endpoints]
    functions: Callable[[Any], dict[str, Callable[[Any], Any]]] | None = None
    tracked: tuple[str, ...] = ()
    """Attributes of the model that ExportArchive tracks besides the model."""


def image_document(gradients: bool) -> dict[str, Any]:
    endpoint = {"inputs": ["float32[batch, 224, 224, 3]"], "outputs": "float32[batch, 1000]", "gradients": gradients}
    return {
        "specc": 1,
        "dims": {"batch": {}},
        "endpoints": {
            "serve": {**endpoint, "kwargs": {"training": False}},
            "serve_training": {**endpoint, "kwargs": {"training": True}},
        },
        "default": "serve",
    }


def resnet50() -> Any:
    import keras

    return keras.applications.ResNet50(weights=None)


def vgg16() -> Any:
    import keras

    return keras.applications.VGG16(weights=None)


def efficientnet() -> Any:
    import keras

    return keras.applications.EfficientNetB0(weights=None)


def image_endpoints(model: Any) -> Endpoints:
    import tensorflow as tf

    signature = [tf.TensorSpec(IMAGES, tf.float32)]
    return {
        "serve": (lambda x: model(x, training=False), signature),
        "serve_training": (lambda x: model(x, training=True), signature),
    }


def mlp() -> Any:
    import keras

    layers = [keras.layers.Dense(256, activation="relu") for _ in range(4)]
    return keras.Sequential([keras.Input([64]), *layers, keras.layers.Dense(1000)])


def scores(given: Any) -> Any:
    return given


def best(given: Any) -> Any:
    import tensorflow as tf

    return tf.argmax(given, -1, output_type=tf.int32)


def confidence(given: Any) -> Any:
    import tensorflow as tf

    return tf.reduce_max(given, -1)


def top_five(given: Any) -> Any:
    import tensorflow as tf

    return tf.math.top_k(given, 5).values


def log_scores(given: Any) -> Any:
    import tensorflow as tf

    return tf.math.log(given + 1e-6)


def spread(given: Any) -> Any:
    import tensorflow as tf

    return tf.math.reduce_std(given, -1)


ANSWERS = (scores, best, confidence, top_five, log_scores, spread)
"""Six things to make of a batch of scores."""
OUTPUTS = {
    "scores": "float32[batch, 1000]",
    "best": "int32[batch]",
    "confidence": "float32[batch]",
    "top_five": "float32[batch, 5]",
    "log_scores": "float32[batch, 1000]",
    "spread": "float32[batch]",
}
IMAGES = [None, 224, 224, 3]
ROWS = [None, 64]


def six_functions(model: Any) -> dict[str, Callable[[Any], Any]]:
    """A function for each answer, each of which calls the model."""

    def answering(answer: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return lambda inputs: answer(model(inputs))

    return {answer.__name__: answering(answer) for answer in ANSWERS}


def six_document(shape: list[int | None], shared: bool) -> dict[str, Any]:
    inputs = [f"float32[{', '.join('batch' if size is None else str(size) for size in shape)}]"]
    endpoints = {
        name: {
            "inputs": inputs,
            "outputs": outputs,
            **({"postprocess": f"export:{name}"} if shared else {"function": None}),
        }
        for name, outputs in OUTPUTS.items()
    }
    return {"specc": 1, "dims": {"batch": {}}, "endpoints": endpoints, "default": "scores"}


def six_endpoints(shape: list[int | None]) -> Callable[[Any], Endpoints]:
    def endpoints(model: Any) -> Endpoints:
        import tensorflow as tf

        signature = [tf.TensorSpec(shape, tf.float32)]
        return {name: (function, signature) for name, function in six_functions(model).items()}

    return endpoints


def two_tower() -> Any:
    import keras
    import tensorflow as tf

    class TwoTower(keras.Model):
        def __init__(self) -> None:
            super().__init__(name="two_tower")
            self.users = keras.layers.StringLookup(vocabulary=[f"user{index}" for index in range(50_000)])
            self.items = keras.layers.StringLookup(vocabulary=[f"item{index}" for index in range(20_000)])
            self.user_embedding = keras.layers.Embedding(50_001, 64, name="user_embedding")
            self.item_embedding = keras.layers.Embedding(20_001, 64, name="item_embedding")
            self.user_dense = keras.layers.Dense(64, name="user_dense")
            self.item_dense = keras.layers.Dense(64, name="item_dense")

        def user_tower(self, user: Any) -> Any:
            return self.user_dense(self.user_embedding(self.users(user)))

        def item_tower(self, item: Any) -> Any:
            return self.item_dense(self.item_embedding(self.items(item)))

        def call(self, features: Any) -> Any:
            return tf.reduce_sum(self.user_tower(features["user"]) * self.item_tower(features["item"]), -1)

    model = TwoTower()
    model({"user": tf.constant(["user1"]), "item": tf.constant(["item1"])})
    return model


def two_tower_document() -> dict[str, Any]:
    return {
        "specc": 1,
        "dims": {"batch": {}},
        "endpoints": {
            "score": {"inputs": [{"user": "string[batch]", "item": "string[batch]"}], "outputs": "float32[batch]"},
            "embed_user": {
                "function": "user_tower",
                "arguments": ["user"],
                "inputs": ["string[batch]"],
                "outputs": "float32[batch, 64]",
            },
        },
        "default": "score",
    }


def two_tower_endpoints(model: Any) -> Endpoints:
    import tensorflow as tf

    strings = tf.TensorSpec([None], tf.string)
    return {
        "score": (model.__call__, [{"user": strings, "item": strings}]),
        "embed_user": (model.user_tower, [strings]),
    }


LARGEST = 640
"""What the largest of these takes on the disk, in megabytes."""

CASES = {
    "resnet50": Case(resnet50, lambda: image_document(True), image_endpoints),
    "vgg16": Case(vgg16, lambda: image_document(True), image_endpoints),
    "efficientnet": Case(efficientnet, lambda: image_document(True), image_endpoints),
    "efficientnet, no gradients": Case(efficientnet, lambda: image_document(False), image_endpoints),
    "two-tower": Case(two_tower, two_tower_document, two_tower_endpoints, tracked=("users", "items")),
    "six functions, resnet50": Case(
        resnet50, lambda: six_document(IMAGES, False), six_endpoints(IMAGES), six_functions
    ),
    "six functions, mlp": Case(mlp, lambda: six_document(ROWS, False), six_endpoints(ROWS), six_functions),
    "one function six times, resnet50": Case(resnet50, lambda: six_document(IMAGES, True), six_endpoints(IMAGES)),
}


def with_specc(case: Case, model: Any, path: str) -> None:
    import specc

    functions = case.functions(model) if case.functions else None
    specc.compile(specc.from_json(case.document())).export(model, path, functions=functions)


def with_keras(case: Case, model: Any, path: str) -> None:
    import keras

    archive = keras.export.ExportArchive()
    for part in (model, *(getattr(model, name) for name in case.tracked)):
        archive.track(part)
    for name, (function, signature) in case.endpoints(model).items():
        archive.add_endpoint(name, function, input_signature=signature)
    archive.write_out(path, verbose=False)


def only_traced(case: Case, model: Any, _: str) -> None:
    """The floor of any export: traces each function once, as both tools do, and writes nothing."""
    import tensorflow as tf

    for function, signature in case.endpoints(model).values():
        tf.function(function, input_signature=signature, autograph=False).get_concrete_function()


def with_specc_writing_afterwards(case: Case, model: Any, path: str) -> None:
    """As specc does for variables of less than a megabyte, whose weights are written after the traces."""
    from specc.compiler.write import early_weights

    early_weights._MIN_BYTES = sys.maxsize
    with_specc(case, model, path)


TOOLS = {"specc": with_specc, "afterwards": with_specc_writing_afterwards, "keras": with_keras, "tracing": only_traced}


def run_here(name: str, tool: str, path: str) -> Figures:
    """The figures of one export in this process, to ``path``."""
    import logging

    logging.getLogger("absl").setLevel(logging.ERROR)
    case = CASES[name]
    model = case.build()
    import keras  # noqa: F401  # both tools are imported before the clock starts
    import tensorflow as tf  # noqa: F401

    import specc.compiler  # noqa: F401

    take_page_cache(Path(path).with_name("before"), LARGEST)
    with spent() as figures:
        TOOLS[tool](case, model, path)
    sizes = {file: file.stat().st_size for file in Path(path).rglob("*") if file.is_file()}
    figures["bytes"] = sum(sizes.values())
    figures["variable bytes"] = sum(size for file, size in sizes.items() if file.parent.name == "variables")
    return figures


def run_fresh(name: str, tool: str, path: str = "") -> Figures:
    """The figures of one export in a process of its own; without ``path``, its archive is not kept."""
    with tempfile.TemporaryDirectory() as directory:
        return fresh(__file__, tool, name, path or f"{directory}/archive")


def compare(name: str, rounds: int) -> None:
    runs: dict[str, list[Figures]] = {"specc": [], "keras": []}
    for _ in range(rounds):
        for tool, done in runs.items():
            done.append(run_fresh(name, tool))
    cells = [f"{name:<32}"]
    for figure in ("cpu", "clock", "bytes", "variable bytes", "memory"):
        ours, theirs = (statistics.median(run[figure] for run in runs[tool]) for tool in ("specc", "keras"))
        scale, unit = (1, "s") if figure in ("cpu", "clock") else (1e6, "MB")
        ratio = f"{ours / theirs:.3f}" if theirs else "  n/a"
        cells.append(f"{ratio} ({ours / scale:7.2f} / {theirs / scale:7.2f} {unit})")
    print("  ".join(cells), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", help="which cases to run; all of them if none is named")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        tool, name, path = options.child
        print(json.dumps(run_here(name, tool, path)))
        return
    heads = ("CPU time", "time", "bytes", "bytes of variables", "memory")
    print("  ".join([f"{'specc / ExportArchive':<32}", *(f"{head:<28}" for head in heads)]))
    for name in options.cases or CASES:
        compare(name, options.rounds)


if __name__ == "__main__":
    main()
