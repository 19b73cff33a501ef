"""Checks for an archive without a default signature, for servers that look for it.

- TensorFlow Serving: a request that names no signature means 'serving_default' (g3doc/api_rest.md, "Predict API";
  ``kDefaultServingSignatureDefKey`` in servables/tensorflow/predict_util.cc): "Serving signature key ... not found".
- Triton: where there is none, and no parameter TF_SIGNATURE_DEF, the first one of a hash map is taken
  (mirror/tensorflow_backend_tf.cc of triton-inference-server/tensorflow_backend): it may change from start to start,
  see issue 4756 of triton-inference-server/server.
"""

from __future__ import annotations

from collections.abc import Iterator

from specc.checks.context import CheckContext
from specc.diagnostics import Diagnostic, finding
from specc.language.signatures import published_signatures


def tf_serving_no_default(context: CheckContext) -> Iterator[Diagnostic]:
    """A finding where TensorFlow Serving would refuse every request without a signature name."""
    if context.document.mode == "predict" and context.document.default is None:
        message = "a request that names no signature is refused: there is no 'serving_default'"
        yield finding("tf-serving-no-default", ("default",), message, "make an endpoint the default")


def triton_no_default(context: CheckContext) -> Iterator[Diagnostic]:
    """A finding where Triton would serve an arbitrary signature."""
    document = context.document
    if document.mode == "predict" and document.default is None and len(published_signatures(document)) > 1:
        message = "without a 'serving_default' Triton serves an arbitrary signature, which may change at each start"
        hint = "make an endpoint the default, or name one in the parameter TF_SIGNATURE_DEF"
        yield finding("triton-no-default", ("default",), message, hint)
