"""Verifies archives with ``specc verify``, and compares that with what it cannot do without; prints the ratios.

    python benchmarks/verify.py               # every case, 3 rounds

The floor is one process that imports TensorFlow, loads the archive as an object and in a Session, and makes the first
call as an attribute, as a signature and in the Session. The aim is 1.5. The row ``--model`` also makes the model, in a
process of its own, and calls it; the aim is 30 s for EfficientNetB0. CPU is the time of all processes on the cores.
The last column is the share of an export that ``build`` spends on comparing the variables it wrote with those in
memory; the aim is 0.05.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

PIXELS = {"kind": "tensor", "dtype": "float32", "shape": ["batch", 224, 224, 3], "minimum": 0, "maximum": 255}
ROWS = {"kind": "tensor", "dtype": "float32", "shape": ["batch", 64], "minimum": -1, "maximum": 1}


def efficientnet() -> Any:
    import keras

    return keras.applications.EfficientNetB0(weights=None)


def mlp() -> Any:
    import keras

    return keras.Sequential([keras.Input((64,)), keras.layers.Dense(256, "relu"), keras.layers.Dense(10)])


CASES: dict[str, tuple[Callable[[], Any], dict[str, Any], str]] = {
    "mlp": (mlp, ROWS, "float32[batch, 10]"),
    "efficientnet-b0": (efficientnet, PIXELS, "float32[batch, 1000]"),
}


def export(case: str, directory: Path) -> float:
    """Writes the spec and the archive; the share of the export that comparing the variables takes."""
    import keras

    import specc
    from specc.compiler import export as exporting

    build, leaf, outputs = CASES[case]
    spec = {"specc": 1, "dims": {"batch": {}}, "endpoints": {"serve": {"inputs": [leaf], "outputs": outputs}}}
    (directory / "a.specc.json").write_text(json.dumps(spec))
    compare, spent = exporting.require_stored_values, [0.0]

    def timed(*arguments: Any) -> None:
        start = time.perf_counter()
        compare(*arguments)
        spent[0] = time.perf_counter() - start

    exporting.require_stored_values = timed
    keras.utils.set_random_seed(0)  # as verify makes it
    model = build()
    start = time.perf_counter()
    specc.compile(specc.from_json(spec)).export(model, directory / "archive")
    return spent[0] / (time.perf_counter() - start)


def load_and_call(case: str, directory: Path) -> None:
    """Loads the archive and makes the first call on each way."""
    import tensorflow as tf

    shape = [3 if dim == "batch" else dim for dim in CASES[case][1]["shape"]]
    batch = tf.random.stateless_uniform(shape, [1, 2])
    path = str(directory / "archive")
    revived = tf.saved_model.load(path)
    revived.serve(batch)
    signature = revived.signatures["serve"]
    (name,) = signature.structured_input_signature[1]
    signature(**{name: batch})
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        loaded = tf.compat.v1.saved_model.load(session, ["serve"], path).signature_def["serve"]
        session.run(loaded.outputs["output_0"].name, {loaded.inputs[name].name: batch.numpy()})


class Spent(NamedTuple):
    """Seconds of a command: by the clock, and of all its processes on the cores."""

    clock: float
    cpu: float


def spent(*command: str) -> Spent:
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    finished = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parent)
    if finished.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{finished.stdout[-2000:]}{finished.stderr[-2000:]}")
    clock, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Spent(clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def median(rounds: list[Spent]) -> Spent:
    return Spent(*map(statistics.median, zip(*rounds, strict=True)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--case", choices=CASES, action="append")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    match options.child:
        case ["export", case, directory]:
            print(json.dumps(export(case, Path(directory))))
        case ["call", case, directory]:
            load_and_call(case, Path(directory))
        case _:
            compare(options.case or list(CASES), options.rounds)


def compare(cases: list[str], rounds: int) -> None:
    print(f"{'specc verify / load and call':<28}  {'time':<24}  {'CPU':<24}  comparing / export")
    for case in cases:
        with tempfile.TemporaryDirectory() as directory:
            made = subprocess.run(
                [sys.executable, __file__, "--child", "export", case, directory],
                capture_output=True,
                text=True,
                check=True,
            )
            share = json.loads(made.stdout.splitlines()[-1])
            spec, archive = f"{directory}/a.specc.json", f"{directory}/archive"
            verify = [sys.executable, "-m", "specc", "verify", spec, archive]
            rows: dict[str, list[Spent]] = {case: [], f"{case} --model": []}
            floor = []
            for _ in range(rounds):
                rows[case].append(spent(*verify))
                rows[f"{case} --model"].append(spent(*verify, "--model", f"verify:{CASES[case][0].__name__}"))
                floor.append(spent(sys.executable, __file__, "--child", "call", case, directory))
        for name, ours in rows.items():
            print(f"{name:<28}  {_ratios(median(ours), median(floor))}  {share:.4f}", flush=True)


def _ratios(ours: Spent, floor: Spent) -> str:
    return "  ".join(
        f"{one / other:5.3f} ({one:5.2f} / {other:5.2f} s)" for one, other in zip(ours, floor, strict=True)
    )


if __name__ == "__main__":
    main()
