"""How the cost of an export grows with the leaves, endpoints, variables, weights and files of a model.

A series runs in one fresh process for each tool, from the smallest size to the largest, after an export that pays for
what TensorFlow does once. Time is that of compiling the document and exporting the model.
"""

from __future__ import annotations

import gc
import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measure import Figures, fresh, spent, take_page_cache


@dataclass(frozen=True)
class Export:
    """What one export takes: a document, a model, and the functions of endpoints that are not the model's."""

    document: dict[str, Any]
    model: Any
    functions: dict[str, Callable[..., Any]]
    signatures: dict[str, list[Any]]
    """The TensorSpecs of each function."""


@dataclass(frozen=True)
class Series:
    """Sizes, in a unit, of what ``make`` makes; files are written to its second argument."""

    unit: str
    sizes: tuple[int, ...]
    make: Callable[[int, Path], Export]


def of_leaves(count: int, _: Path) -> Export:
    """One function of a dict of tensors, that uses each."""
    import tensorflow as tf

    def score(features: dict[str, Any]) -> Any:
        return tf.add_n(list(features.values()))

    names = [f"feature_{index}" for index in range(count)]
    return Export(
        _document({"score": {"inputs": [dict.fromkeys(names, ROW)], "outputs": ROW}}),
        tf.Module(),
        {"score": score},
        {"score": [{name: tf.TensorSpec([None], tf.float32) for name in names}]},
    )


def of_endpoints(count: int, _: Path) -> Export:
    """As many functions of one model, no two of which are the same."""
    import tensorflow as tf
    from export import mlp

    model = mlp()

    def plus(index: int) -> Callable[..., Any]:
        return lambda inputs: model(inputs) + float(index)

    functions = {f"plus_{index}": plus(index) for index in range(count)}
    endpoint = {"inputs": ["float32[batch, 64]"], "outputs": "float32[batch, 1000]"}
    signature = [tf.TensorSpec([None, 64], tf.float32)]
    return Export(_document(dict.fromkeys(functions, endpoint)), model, functions, dict.fromkeys(functions, signature))


def of_variables(count: int, _: Path) -> Export:
    """One function that reads each variable."""
    return _of_variables(count, ())


def of_weights(megabytes: int, _: Path) -> Export:
    """One function that reads 16 variables of the same size."""
    return _of_variables(16, (megabytes * 2**20 // 16 // 4,))


def _of_variables(count: int, shape: tuple[int, ...]) -> Export:
    import tensorflow as tf

    class Model(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.parts = [tf.Variable(tf.ones(shape)) for _ in range(count)]

        def total(self, row: Any) -> Any:
            return row + tf.reduce_max(tf.add_n(self.parts))

    model = Model()
    return Export(
        _document({"total": {"inputs": [ROW], "outputs": ROW}}),
        model,
        {"total": model.total},
        {"total": [tf.TensorSpec([None], tf.float32)]},
    )


def of_files(count: int, directory: Path) -> Export:
    """One function that captures the paths of as many files, all of the same name."""
    import tensorflow as tf

    class Model(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.files = []
            for index in range(count):
                path = directory / str(index) / "words.txt"
                path.parent.mkdir()
                path.write_text(f"word{index}\n")
                self.files.append(tf.saved_model.Asset(str(path)))

        def paths(self, row: Any) -> Any:
            return tf.strings.join([row, *(file.asset_path for file in self.files)])

    model = Model()
    return Export(
        _document({"paths": {"inputs": ["string[batch]"], "outputs": "string[batch]"}}) | {"track": ["files"]},
        model,
        {"paths": model.paths},
        {"paths": [tf.TensorSpec([None], tf.string)]},
    )


ROW = "float32[batch]"
SERIES = {
    "leaves": Series("leaf", (10, 100, 1_000, 10_000, 100_000), of_leaves),
    "endpoints": Series("endpoint", (1, 10, 100), of_endpoints),
    "variables": Series("variable", (10, 100, 1_000, 10_000), of_variables),
    "weights": Series("MB", (1, 64, 1_024, 4_096), of_weights),
    "files": Series("file", (1, 100, 1_000, 10_000), of_files),
}


def _document(endpoints: dict[str, Any]) -> dict[str, Any]:
    said = {name: {"function": None, **endpoint} for name, endpoint in endpoints.items()}
    return {"specc": 1, "dims": {"batch": {}}, "endpoints": said, "default": next(iter(said))}


def run_here(series: str, tool: str) -> dict[str, Figures]:
    """The figures of each size, after a small export that is not measured."""
    import specc.compiler  # noqa: F401

    made = SERIES[series]
    figures = {}
    with tempfile.TemporaryDirectory() as directory:
        for run, size in enumerate((made.sizes[0], *made.sizes)):
            files = Path(directory) / str(run)
            files.mkdir()
            export = made.make(size, files)
            if made is SERIES["weights"]:
                take_page_cache(files / "before", size)
            with spent() as figures[str(size)]:
                (write_archive if tool == "specc" else trace_only)(export, files / "archive")
            del export
            shutil.rmtree(files)
            gc.collect()
    return figures


def write_archive(export: Export, path: Path) -> None:
    import specc

    specc.compile(specc.from_json(export.document)).export(export.model, path, functions=export.functions)


def trace_only(export: Export, _: Path) -> None:
    import tensorflow as tf

    for name, function in export.functions.items():
        tf.function(function, input_signature=export.signatures[name], autograph=False).get_concrete_function()


def measure(series: str) -> dict[str, dict[str, Figures]]:
    """The figures of one round: of each tool, by size."""
    return {tool: fresh(__file__, series, tool) for tool in ("specc", "tracing")}


if __name__ == "__main__":
    print(json.dumps(run_here(*sys.argv[2:])))
