"""Compiles a document of 10,000 leaves and builds the same TensorSpecs by hand; prints the ratio.

    python benchmarks/compile.py              # 15 rounds

Both in one process, in turns; a ratio is one of medians. The document is loaded anew each time, outside the clock.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf
from validate import wide_document

import specc

LEAVES = 10_000


def by_hand() -> Any:
    return [{f"feature_{index}": tf.TensorSpec([None, 3], tf.float32) for index in range(LEAVES)}]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    text = json.dumps(wide_document(LEAVES))
    ours: list[float] = []
    theirs: list[float] = []
    specc.compile(specc.loads(text))  # imports what compiling needs
    for _ in range(options.rounds):
        document = specc.loads(text)
        start = time.perf_counter()
        program = specc.compile(document)
        ours.append(time.perf_counter() - start)
        start = time.perf_counter()
        specs = by_hand()
        theirs.append(time.perf_counter() - start)
        assert program["score"].input_signature == specs
    compiled, built = statistics.median(ours), statistics.median(theirs)
    ratio = f"{compiled / built:.2f} ({compiled:.4f} / {built:.4f} s)"
    print(f"specc.compile / TensorSpecs by hand, {LEAVES:,} leaves: {ratio}")


if __name__ == "__main__":
    main()
