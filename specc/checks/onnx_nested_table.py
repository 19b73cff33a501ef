"""Check for lookup tables that tf2onnx does not find, which only a build can detect.

A signature calls the function that the endpoint names, and TensorFlow's wrapper calls the signature. The converter
often misses a table that is nested in two calls: it looks for the table's placeholder right before the lookup
(``get_hash_table_info`` in tf2onnx/tf_utils.py of onnx/tensorflow-onnx), and TensorFlow's inliner may leave an Identity
between: "Could not determine table shared name". Whether a function fails depends on its other ops: of ten that were
tried with tf2onnx 1.17, three failed, all with Keras's StringLookup. Nested in one call, all of them convert.

The function is not inlined into the signature instead: other endpoints may share it, its custom gradients belong to
the graph that it was traced in, and it would be stored and differentiated twice.
"""

from __future__ import annotations

from collections.abc import Iterator

from specc.checks.context import CheckContext
from specc.diagnostics import Diagnostic, finding

_STEPS = ("preprocess", "postprocess")


def onnx_nested_table(context: CheckContext) -> Iterator[Diagnostic]:
    """Findings for functions with a table in a separate signature: for steps, defaults, or another endpoint's names."""
    for checked in context.published():
        if checked.name not in context.built.nested_tables:
            continue
        steps = [step for step in _STEPS if getattr(checked.endpoint, step)]
        what = f"{' and '.join(steps)} around it" if steps else "a signature of its own around it"
        message = f"tf2onnx may not find the lookup table of {checked.name!r}: the function has {what}"
        hint = (
            "do it all in one function, module:attribute, that takes the model; "
            "or test the conversion and turn the check off"
        )
        yield finding("onnx-nested-table", (*checked.path, *steps[:1]), message, hint, on_key=True)
