"""Check for endpoints that OpenVINO does not convert.

Its frontend reads only 'serving_default', and where there is none, puts the inputs and outputs of all signatures
into one model (``load_meta_graph``, src/frontends/tensorflow/src/graph_iterator_saved_model.hpp of
openvinotoolkit/openvino, and the discussion of PR 24153). A signature that TensorFlow has loaded can be converted too.
"""

from __future__ import annotations

from collections.abc import Iterator

from specc.checks.context import CheckContext
from specc.diagnostics import Diagnostic, finding


def openvino_endpoints(context: CheckContext) -> Iterator[Diagnostic]:
    """Findings for endpoints beside the default, or for several without one."""
    document, names = context.document, [each.name for each in context.published()]
    if len(names) < 2:
        return
    if document.default is None:
        message = "without a 'serving_default' OpenVINO combines all endpoints into one model"
        yield finding("openvino-endpoints", ("default",), message, "make an endpoint the default")
        return
    for name in names:
        if name != document.default:
            message = f"OpenVINO converts only the default endpoint of an archive, {document.default!r}"
            hint = "write a separate spec for it"
            yield finding("openvino-endpoints", ("endpoints", name), message, hint, on_key=True)
