"""Check for int64 inputs that OpenVINO's CPU plugin cuts.

It computes int64 as int32 (``ConvertPrecision`` in transformation_pipeline.cpp of openvinotoolkit/openvino's
intel_cpu), without an error: 2 ** 40 + 1 gives 1 (tests/consumers).
"""

from __future__ import annotations

from collections.abc import Iterator

from specc.checks.context import CheckContext
from specc.diagnostics import Diagnostic, finding
from specc.language.trees import Tensor
from specc.language.wire_names import BoundLeaf

_LOWEST, _HIGHEST = -(2**31), 2**31 - 1


def openvino_int64(context: CheckContext) -> Iterator[Diagnostic]:
    """Findings for int64 inputs of the default endpoint whose bounds do not keep them in int32."""
    for checked in context.converted(only_default=True):
        for bound in checked.inputs:
            if bound.leaf.dtype == "int64" and isinstance(bound.leaf, Tensor) and not _fits(bound):
                message = (
                    f"OpenVINO computes the input {bound.name!r} as int32 on a CPU, and cuts larger values silently"
                )
                hint = f'declare it int32, or bounds: a "minimum", and a "maximum" up to {_HIGHEST}'
                yield finding("openvino-int64", bound.path, message, hint, part="int64")


def _fits(bound: BoundLeaf) -> bool:
    leaf = bound.leaf
    if not isinstance(leaf, Tensor) or not isinstance(leaf.minimum, int) or not isinstance(leaf.maximum, int):
        return False
    return leaf.minimum >= _LOWEST and leaf.maximum <= _HIGHEST
