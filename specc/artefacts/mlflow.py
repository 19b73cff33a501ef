"""``mlflow``: the signature that ``mlflow.tensorflow.log_model(signature=ModelSignature.from_dict(...))`` takes.

MLflow compares dtypes and shapes, and knows no named dims, bounds and defaults of tensors (mlflow/types/schema.py,
``TensorSpec``). It has strings as NumPy's ``object``: with ``str`` it refuses arrays of objects and of bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from specc.artefacts.artefact import Rendered, Request, emit_finding, json_text
from specc.diagnostics import Diagnostic, SpecPath
from specc.errors import UsageError
from specc.language.document import Endpoint
from specc.language.dtypes import NUMPY_DTYPES
from specc.language.signatures import published_signatures_of
from specc.language.trees import Tensor, has_default
from specc.language.wire_names import Component, input_leaves, output_leaves


def render(request: Request) -> Rendered:
    """The signature of the chosen endpoint, or of the default one.

    Raises:
        UsageError: several endpoints are chosen, or none and the document has no default.
    """
    name = _chosen(request)
    endpoint, at = request.document.endpoints[name], ("endpoints", name)
    plain = next((each for each in published_signatures_of(request.document, name) if each.key == name), None)
    if plain is None:
        return b"", [
            emit_finding("emit-nothing", at, f"{name!r} has no signature, which MLflow describes", is_error=True)
        ]
    findings = [
        emit_finding("emit-nothing", at, f"MLflow cannot describe {component.wire_name!r}: {reason}", is_error=True)
        for component in (*plain.inputs, *plain.outputs)
        if (reason := _problem(component))
    ]
    findings += _lost(request, endpoint, at)
    data = {"inputs": _schema(plain.inputs), "outputs": _schema(plain.outputs), "params": None}
    return json_text(data), findings


def _chosen(request: Request) -> str:
    chosen = tuple(request.endpoints) or ((request.document.default,) if request.document.default else ())
    if len(chosen) != 1:
        what = "several are chosen" if chosen else "the contract has no default"
        raise UsageError(f"an MLflow signature is that of one endpoint, and {what}; say which: --endpoint NAME")
    return chosen[0]


def _problem(component: Component) -> str:
    if component.shape is None:
        return "its rank is not known"
    return "" if component.dtype in NUMPY_DTYPES else f"NumPy has no {component.dtype}"


def _schema(components: Sequence[Component]) -> str:
    ordered = sorted(components, key=lambda component: component.wire_name)
    return json.dumps([_spec(component) for component in ordered], ensure_ascii=False)


def _spec(component: Component) -> dict[str, object]:
    dtype = "object" if component.dtype == "string" else component.dtype
    shape = [size if isinstance(size, int) else -1 for size in component.shape or ()]
    return {"name": component.wire_name, "type": "tensor", "tensor-spec": {"dtype": dtype, "shape": shape}}


def _lost(request: Request, endpoint: Endpoint, at: SpecPath) -> Iterator[Diagnostic]:
    """The finding about defaults and bounds, which MLflow does not know."""
    leaves = [bound.leaf for bound in (*input_leaves(endpoint), *output_leaves(endpoint))]
    dims = {dim for leaf in leaves for dim in leaf.shape or () if isinstance(dim, str)}
    declared = [request.document.dims[dim] for dim in dims if dim in request.document.dims]
    lost = {
        "defaults": any(map(has_default, leaves)),
        "minimum and maximum": any(
            isinstance(leaf, Tensor) and (leaf.minimum is not None or leaf.maximum is not None) for leaf in leaves
        ),
        "the bounds of dims": any(dim.min or dim.max is not None for dim in declared),
    }
    named = [what for what, is_lost in lost.items() if is_lost]
    if named:
        yield emit_finding("emit-lossy", at, f"MLflow does not check {' or '.join(named)} of {at[1]!r}")
