"""Calls the revived endpoints of the same model, exported by specc and by keras.export.ExportArchive; prints ratios.

    python benchmarks/call.py                 # every case, 5 rounds

Each round is a fresh process that loads both archives and calls them in turn; a ratio is one of medians over the
rounds, each of which is the median of many calls. Nested calls the endpoint as an attribute, flat calls its signature.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from export import run_fresh
from measure import fresh

CALLS = 300


def images() -> tuple[Any, list[str]]:
    import tensorflow as tf

    batch = tf.random.stateless_uniform([1, 224, 224, 3], [1, 2])
    return batch, ["serve"]


def rows() -> tuple[Any, list[str]]:
    import tensorflow as tf

    batch = tf.random.stateless_uniform([8, 64], [1, 2])
    return batch, ["scores"]


def pairs() -> tuple[Any, list[str]]:
    import tensorflow as tf

    batch = {"user": tf.constant(["user1"] * 8), "item": tf.constant(["item1"] * 8)}
    return batch, ["score"]


INPUTS: dict[str, tuple[Callable[[], tuple[Any, list[str]]], int]] = {
    "six functions, mlp": (rows, CALLS),
    "two-tower": (pairs, CALLS),
    "resnet50": (images, CALLS // 10),
}


def run_here(case: str, paths: dict[str, str]) -> dict[str, dict[str, float]]:
    """Seconds of one call, nested and flat, of the archive of each tool."""
    import tensorflow as tf

    inputs, calls = INPUTS[case]
    batch, (name,) = inputs()
    ways: dict[tuple[str, str], Callable[[], Any]] = {}
    loaded = {tool: tf.saved_model.load(path) for tool, path in paths.items()}  # kept, for the variables to live
    for tool, revived in loaded.items():
        nested, signature = getattr(revived, name), revived.signatures[name]
        wire = sorted(signature.structured_input_signature[1])
        tensors = [batch[key] for key in sorted(batch)] if isinstance(batch, dict) else [batch]
        flat = dict(zip(wire, tensors, strict=True))
        ways[tool, "nested"] = partial(nested, batch)
        ways[tool, "flat"] = partial(signature, **flat)
    times: dict[tuple[str, str], list[float]] = {way: [] for way in ways}
    for index in range(calls + calls // 10):
        for way, call in ways.items():
            start = time.perf_counter()
            call()
            if index >= calls // 10:  # the first calls warm up
                times[way].append(time.perf_counter() - start)
    return {tool: {way: statistics.median(times[tool, way]) for way in ("nested", "flat")} for tool in paths}


def measure(case: str, paths: dict[str, str]) -> dict[str, dict[str, float]]:
    """The figures of one round, in a fresh process."""
    measured: dict[str, dict[str, float]] = fresh(__file__, case, paths["specc"], paths["keras"])
    return measured


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--child", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    match options.child:
        case [case, specc, keras]:
            print(json.dumps(run_here(case, {"specc": specc, "keras": keras})))
        case _:
            compare(options.rounds)


def compare(rounds: int) -> None:
    print(f"{'specc / ExportArchive':<32}  {'endpoint, nested':<28}  signature, flat")
    for case in INPUTS:
        with tempfile.TemporaryDirectory() as directory:
            paths = {tool: f"{directory}/{tool}" for tool in ("specc", "keras")}
            for tool, path in paths.items():
                run_fresh(case, tool, path)
            seen = [measure(case, paths) for _ in range(rounds)]
        cells = [f"{case:<32}"]
        for way in ("nested", "flat"):
            ours, theirs = (statistics.median(run[tool][way] for run in seen) for tool in ("specc", "keras"))
            cells.append(f"{ours / theirs:.3f} ({ours * 1e6:8.0f} / {theirs * 1e6:8.0f} µs)")
        print("  ".join(cells), flush=True)


if __name__ == "__main__":
    main()
