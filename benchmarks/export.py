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
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Case:
    """A model, its document, and the way to export it by hand."""

    build: Callable[[], Any]
    document: Callable[[], dict[str, Any]]
    by_hand: Callable[[Any, str], None]
    functions: Callable[[Any], dict[str, Callable[[Any], Any]]] | None = None


@dataclass(frozen=True)
class Run:
    """What one export took."""

    seconds: float
    bytes: int
    variable_bytes: int
    memory: int


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


def efficientnet() -> Any:
    import keras

    return keras.applications.EfficientNetB0(weights=None)


def image_by_hand(model: Any, path: str) -> None:
    import keras
    import tensorflow as tf

    archive = keras.export.ExportArchive()
    archive.track(model)
    signature = [tf.TensorSpec([None, 224, 224, 3], tf.float32)]
    archive.add_endpoint("serve", lambda x: model(x, training=False), input_signature=signature)
    archive.add_endpoint("serve_training", lambda x: model(x, training=True), input_signature=signature)
    archive.write_out(path, verbose=False)


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


def six_by_hand(shape: list[int | None]) -> Callable[[Any, str], None]:
    def by_hand(model: Any, path: str) -> None:
        import keras
        import tensorflow as tf

        archive = keras.export.ExportArchive()
        archive.track(model)
        for name, function in six_functions(model).items():
            archive.add_endpoint(name, function, input_signature=[tf.TensorSpec(shape, tf.float32)])
        archive.write_out(path, verbose=False)

    return by_hand


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


def two_tower_by_hand(model: Any, path: str) -> None:
    import keras
    import tensorflow as tf

    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.track(model.users)
    archive.track(model.items)
    strings = tf.TensorSpec([None], tf.string)
    archive.add_endpoint("score", model.__call__, input_signature=[{"user": strings, "item": strings}])
    archive.add_endpoint("embed_user", model.user_tower, input_signature=[strings])
    archive.write_out(path, verbose=False)


CASES = {
    "resnet50": Case(resnet50, lambda: image_document(True), image_by_hand),
    "efficientnet": Case(efficientnet, lambda: image_document(True), image_by_hand),
    "efficientnet, no gradients": Case(efficientnet, lambda: image_document(False), image_by_hand),
    "two-tower": Case(two_tower, two_tower_document, two_tower_by_hand),
    "six functions, resnet50": Case(resnet50, lambda: six_document(IMAGES, False), six_by_hand(IMAGES), six_functions),
    "six functions, mlp": Case(mlp, lambda: six_document(ROWS, False), six_by_hand(ROWS), six_functions),
    "one function six times, resnet50": Case(resnet50, lambda: six_document(IMAGES, True), six_by_hand(IMAGES)),
}


def run_here(case: Case, tool: str) -> Run:
    """One export in this process."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import logging

    logging.getLogger("absl").setLevel(logging.ERROR)
    model = case.build()
    import keras  # noqa: F401  # both tools are imported before the clock starts
    import tensorflow as tf  # noqa: F401

    import specc.compiler  # noqa: F401

    with tempfile.TemporaryDirectory() as directory:
        path = f"{directory}/archive"
        before = reset_peak()
        start = time.perf_counter()
        run_tool(case, tool, model, path)
        seconds = time.perf_counter() - start
        memory = peak() - before
        sizes = {file: file.stat().st_size for file in Path(path).rglob("*") if file.is_file()}
        variables = sum(size for file, size in sizes.items() if file.parent.name == "variables")
        return Run(seconds, sum(sizes.values()), variables, memory)


def run_tool(case: Case, tool: str, model: Any, path: str) -> None:
    """Exports ``model`` with one of the tools."""
    import specc

    if tool == "specc":
        functions = case.functions(model) if case.functions else None
        specc.compile(specc.from_json(case.document())).export(model, path, functions=functions)
    else:
        case.by_hand(model, path)


def reset_peak() -> int:
    """Sets the peak back to what is resident now, and gives that, in bytes; 0 where the system cannot say."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return 0
    return _status("VmRSS")


def peak() -> int:
    return _status("VmHWM")


def _status(field: str) -> int:
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))


def run_fresh(name: str, tool: str) -> Run:
    """One export in a process of its own."""
    command = [sys.executable, __file__, "--child", tool, name]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    if finished.returncode:
        sys.exit(f"{tool} failed on {name}:\n{finished.stderr[-2000:]}")
    return Run(**json.loads(finished.stdout.splitlines()[-1]))


def compare(name: str, rounds: int) -> None:
    runs: dict[str, list[Run]] = {"specc": [], "keras": []}
    for _ in range(rounds):
        for tool, done in runs.items():
            done.append(run_fresh(name, tool))
    cells = [f"{name:<32}"]
    for field in ("seconds", "bytes", "variable_bytes", "memory"):
        ours, theirs = (statistics.median(getattr(run, field) for run in runs[tool]) for tool in ("specc", "keras"))
        scale, unit = (1, "s") if field == "seconds" else (1e6, "MB")
        ratio = f"{ours / theirs:.3f}" if theirs else "  n/a"
        cells.append(f"{ratio} ({ours / scale:7.2f} / {theirs / scale:7.2f} {unit})")
    print("  ".join(cells), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", help="which cases to run; all of them if none is named")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--child", choices=["specc", "keras"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(vars(run_here(CASES[options.cases[0]], options.child))))
        return
    print(f"{'specc / ExportArchive':<32}  {'time':<27}  {'bytes':<28}  {'bytes of variables':<28}  memory")
    for name in options.cases or CASES:
        compare(name, options.rounds)


if __name__ == "__main__":
    main()
