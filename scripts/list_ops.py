"""Prints the ops that ``import tensorflow`` registers, one a line: what specc/reader/core_ops.txt holds.

    python scripts/list_ops.py                         # of this TensorFlow
    python scripts/list_ops.py --library MODULE...     # "OP MODULE" lines of what else the modules register

core_ops.txt is the union over TensorFlow 2.16 to 2.21; library_ops.txt has the ops of the libraries that it names, but
for those whose names say the library (``TFText>``). To add a release, run this in an environment that has it:

    python scripts/list_ops.py | LC_ALL=C sort -u - specc/reader/core_ops.txt -o specc/reader/core_ops.txt
"""

from __future__ import annotations

import argparse
import importlib

import tensorflow  # noqa: F401  # registers its ops

from specc.archive.op_registry import registered_ops


def main() -> None:
    """Prints the ops of TensorFlow, or of libraries."""
    parser = argparse.ArgumentParser(description="Lists the ops that TensorFlow, or a library, registers.")
    parser.add_argument("--library", nargs="+", metavar="MODULE", default=[])
    options = parser.parse_args()
    known = registered_ops()
    if not options.library:
        print("\n".join(sorted(known)))
    for module in options.library:
        importlib.import_module(module)
        for op in sorted(registered_ops() - known):
            print(op, module)
        known = registered_ops()


if __name__ == "__main__":
    main()
