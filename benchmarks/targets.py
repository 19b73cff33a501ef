"""What is measured for the table of results, and how much each may take.

A target that is missed needs its reason in ``REASONS``, with the figure of a profile; the page shows it while it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import call
import load
import weights
from export import run_fresh
from measure import Figures

Measured = dict[str, Figures]
"""The figures of one round, by tool."""


@dataclass(frozen=True)
class Experiment:
    """A round of measurements; ``archives`` names the case whose archive of each tool it is given the paths of."""

    measure: Callable[[dict[str, str]], Measured]
    archives: str = ""


def exports(**runs: tuple[str, str]) -> Experiment:
    """Exports in turns, each named and made of a tool and a case."""
    return Experiment(lambda _: {name: run_fresh(case, tool) for name, (tool, case) in runs.items()})


def exports_of(case: str) -> Experiment:
    return exports(specc=("specc", case), keras=("keras", case), tracing=("tracing", case))


EXPERIMENTS = {
    "efficientnet": exports(
        specc=("specc", "efficientnet"),
        without_gradients=("specc", "efficientnet, no gradients"),
        keras=("keras", "efficientnet"),
        tracing=("tracing", "efficientnet"),
    ),
    "resnet50": exports_of("resnet50"),
    "vgg16": exports(specc=("specc", "vgg16"), afterwards=("afterwards", "vgg16")),
    "six-functions": exports_of("six functions, mlp"),
    "two-tower": exports_of("two-tower"),
    "weights-2gb": Experiment(lambda _: weights.measure()),
    "load": Experiment(partial(load.measure, "saved_model.load"), "efficientnet"),
    "session": Experiment(partial(load.measure, "session"), "efficientnet"),
    "call-six-functions": Experiment(partial(call.measure, "six functions, mlp"), "six functions, mlp"),
    "call-two-tower": Experiment(partial(call.measure, "two-tower"), "two-tower"),
    "call-resnet50": Experiment(partial(call.measure, "resnet50"), "resnet50"),
}


@dataclass(frozen=True)
class Target:
    """The most that a figure may be: as a ratio, or in megabytes; ``noise`` is what two equal things may differ by."""

    most: float
    noise: float = 0.0
    megabytes: bool = False


@dataclass(frozen=True)
class Row:
    """The targets of one kind of work, by figure."""

    work: str
    experiment: str
    targets: dict[str, Target]
    ours: str = "specc"
    against: str = "keras"


def _time(most: float) -> dict[str, Target]:
    return {"cpu": Target(most), "clock": Target(most)}


_CALLS = {"nested": Target(1.0, noise=0.03), "flat": Target(1.0, noise=0.03)}

ROWS = (
    Row(
        "export EfficientNetB0, 2 endpoints",
        "efficientnet",
        {**_time(0.25), "bytes": Target(0.505), "memory": Target(0.35)},
    ),
    Row('the same, `"gradients": false`', "efficientnet", _time(0.23), ours="without_gradients"),
    Row("export ResNet50, 2 endpoints", "resnet50", {**_time(0.27), "memory": Target(0.35)}),
    Row("export VGG16 (528 MB), 2 endpoints", "vgg16", {"clock": Target(1.0)}, against="afterwards"),
    Row("export six functions on an MLP", "six-functions", {**_time(0.33), "bytes": Target(0.52)}),
    Row("export two-tower, 2 lookups", "two-tower", _time(0.20)),
    Row(
        "export 2 GB of weights",
        "weights-2gb",
        {"clock": Target(1.10), "memory": Target(20, megabytes=True)},
        against="plain write",
    ),
    Row("`tf.saved_model.load` of EfficientNetB0", "load", _time(0.55)),
    Row("load EfficientNetB0 in a v1 Session", "session", _time(0.50)),
    Row("call six functions on an MLP", "call-six-functions", _CALLS),
    Row("call two-tower", "call-two-tower", _CALLS),
    Row("call ResNet50", "call-resnet50", _CALLS),
)

LINEAR = 1.5
"""How many times the cost of a unit at the middle size that at the largest may be."""

_FIRST_DOCUMENT = (
    "of 101 ms, 52 are tracing, and 14 are pydantic's, which builds the validator of documents and looks for plugins "
    "when a process reads its first one; ExportArchive reads none. TensorFlow's first `SaveV2` of a process takes 8, "
    "beside the trace since the weights are written early. Without pydantic's, it would be 0.35 of the CPU time and "
    "0.32 of the wall time"
)
REASONS: dict[tuple[str, str], str] = {
    ("six-functions", "cpu"): _FIRST_DOCUMENT,
    ("six-functions", "clock"): _FIRST_DOCUMENT,
    ("weights-2gb", "clock"): (
        "TensorFlow's `SaveV2`, which computes checksums, takes 0.8 s where a plain write takes 0.5, and the "
        "comparison with the model 0.2 s; the trace is too short to hide anything. The rest is the machine's: what "
        "`SaveV2` copies into pages that the host has yet to give takes up to 1.9 s"
    ),
    ("leaves", "linear"): (
        "TensorFlow's tracing by itself takes 80 µs for each leaf of 1,000, and 116 for each of 100,000. Python's "
        "garbage collector takes 2 and 38"
    ),
    ("weights", "linear"): (
        "the kernel's: user time falls from 455 to 360 µs for each megabyte between 1,024 and 4,096, system time grows "
        "from 291 to 494, and to 700 if the weights are written after the traces. A virtual machine gets the memory "
        "for so many pages from its host while they are written"
    ),
}
"""Why a target is missed, by experiment and figure (``linear`` for one of growth), with figures of a profile."""
