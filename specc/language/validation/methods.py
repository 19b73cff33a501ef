"""Requirements of a signature's method on its endpoint, as in TensorFlow's servers and its legacy exporter."""

from __future__ import annotations

from collections.abc import Iterator

from specc.diagnostics import Diagnostic, SpecPath, did_you_mean, finding
from specc.language.document import Document, Endpoint
from specc.language.receivers import RECEIVER_INPUT
from specc.language.signatures import DEFAULT_KEYS, SERVABLE
from specc.language.tensor_string import format_tensor
from specc.language.trees import Dict, Leaf, Ragged, Sparse, Tensor, Tree
from specc.language.wire_names import BoundLeaf, input_leaves, output_leaves, placed_children

_CLASSES, _SCORES, _RESULT = "classes", "scores", "outputs"
_SUPERVISED = ("loss", "predictions", "metrics")
_METRIC_PARTS = ("value", "update_op")
_NAME = 'remove the "name"'


def find_method_violations(endpoint: Endpoint, at: SpecPath) -> Iterator[Diagnostic]:
    """The findings for every place where ``endpoint``, at path ``at``, does not meet the requirements of its method."""
    match endpoint.method:
        case "predict":
            pass
        case "classify" | "regress":
            yield from _input_violations(endpoint, at)
            yield from (
                _classify_violations(endpoint, at)
                if endpoint.method == "classify"
                else _regress_violations(endpoint, at)
            )
        case "train" | "eval":
            yield from _supervision_violations(endpoint, at)


def find_missing_default(document: Document) -> Iterator[Diagnostic]:
    """Findings for a default endpoint that may be missing from the archive."""
    if document.default is None or document.default not in document.endpoints:
        return
    endpoint = document.endpoints[document.default]
    at: SpecPath = ("endpoints", document.default)
    if endpoint.optional:
        message = "the default endpoint cannot be optional: an archive without it would have no default"
        yield finding("optional-default", (*at, "optional"), message, 'remove it, or choose another "default"')
    if document.serving_only and endpoint.method not in SERVABLE:
        message = f'"serving_only" leaves out the default endpoint, whose method is {endpoint.method!r}'
        yield finding("optional-default", ("default",), message, "choose a default that a server can serve, or null")


def find_default_of_another_mode(document: Document) -> Iterator[Diagnostic]:
    """A finding for a default endpoint that would be published under the key of another method.

    ``serving_default`` is for servers, ``train`` and ``eval`` are for training and evaluation. An endpoint
    of the method predict may be the default of any mode.
    """
    if document.default is None or document.default not in document.endpoints or document.serving_only:
        return  # a serving_only document cannot have such a default
    method = document.endpoints[document.default].method
    if method not in SERVABLE and method != document.mode:
        key = DEFAULT_KEYS[document.mode]
        message = f"the default is published as {key!r}, which does not fit the method {method!r}"
        hint = f'write "mode": "{method}", or choose another default, or null'
        yield finding("bad-method", ("default",), message, hint)


def default_key_is_taken(document: Document, name: str) -> bool:
    """Whether ``name`` is the key that the default endpoint of ``document`` is published under."""
    return name in (DEFAULT_KEYS["predict"], DEFAULT_KEYS[document.mode])


def _input_violations(endpoint: Endpoint, at: SpecPath) -> Iterator[Diagnostic]:
    if endpoint.receiver is not None:
        return  # a receiver's input is always one such string vector
    hint = 'declare one of the kind "tf_example" in "receivers", and name it in "receiver"'
    leaves = input_leaves(endpoint, at)
    names = [leaf.name for leaf in leaves]
    vectors = [leaf for leaf in leaves if _is_string_vector(leaf.leaf)]
    if names != [RECEIVER_INPUT] or not vectors:
        found = ", ".join(f"{leaf.name} ({_describe_leaf(leaf.leaf)})" for leaf in leaves[:8]) or "nothing"
        message = f"the method {endpoint.method} takes one string vector called {RECEIVER_INPUT!r}, not {found}"
        yield finding("bad-method", (*at, "inputs"), message, hint)


def _is_string_vector(leaf: Leaf) -> bool:
    return isinstance(leaf, Tensor) and leaf.dtype == "string" and leaf.shape is not None and len(leaf.shape) == 1


def _describe_leaf(leaf: Leaf) -> str:
    return ("" if isinstance(leaf, Tensor) else f"{leaf.kind} ") + format_tensor(leaf.dtype, leaf.shape)


def _classify_violations(endpoint: Endpoint, at: SpecPath) -> Iterator[Diagnostic]:
    wanted = {_CLASSES: "string", _SCORES: "float32"}
    leaves = output_leaves(endpoint, at)
    for leaf in leaves:
        if leaf.name not in wanted:
            message = (
                f"a classification returns {_SCORES!r} (float32), {_CLASSES!r} (string), or both; not {leaf.name!r}"
            )
            yield finding("bad-method", leaf.path, message, did_you_mean(leaf.name, wanted) or 'give the leaf a "name"')
        else:
            yield from _dtype_violations(leaf, wanted[leaf.name], "classification")


def _regress_violations(endpoint: Endpoint, at: SpecPath) -> Iterator[Diagnostic]:
    leaves = output_leaves(endpoint, at)
    if [leaf.name for leaf in leaves] != [_RESULT]:
        found = ", ".join(leaf.name for leaf in leaves[:8])
        message = f"a regression returns one float32 tensor, {_RESULT!r}, not {found}"
        yield finding("bad-method", (*at, "outputs"), message, "declare one tensor, without a dict around it")
    else:
        yield from _dtype_violations(leaves[0], "float32", "regression")


def _dtype_violations(leaf: BoundLeaf, dtype: str, what: str) -> Iterator[Diagnostic]:
    if not isinstance(leaf.leaf, Tensor) or leaf.leaf.dtype != dtype:
        kind = "" if isinstance(leaf.leaf, Tensor) else f"{leaf.leaf.kind} "
        message = f"the {leaf.name!r} of a {what} must be {dtype}, not {kind}{leaf.leaf.dtype}"
        yield finding("bad-method", leaf.path, message, 'cast them in a "postprocess"')


def _supervision_violations(endpoint: Endpoint, at: SpecPath) -> Iterator[Diagnostic]:
    outputs, path = endpoint.outputs, (*at, "outputs")
    hint = f"the keys are {', '.join(_SUPERVISED)}"
    if not isinstance(outputs, Dict):
        message = f"the method {endpoint.method} returns a dict of {', '.join(_SUPERVISED)}, not a {outputs.kind}"
        yield finding("bad-method", path, message, hint)
        return
    for key in sorted(outputs.items.keys() - set(_SUPERVISED)):
        message = f"{key!r} is not an output of the method {endpoint.method}"
        yield finding("bad-method", (*path, key), message, did_you_mean(key, _SUPERVISED) or hint)
    for leaf in output_leaves(endpoint, at):
        output = leaf.path[len(path)]
        if output in _SUPERVISED:
            yield from _prefix_violations(leaf, str(output))
    loss = outputs.items.get("loss")
    if loss is not None:
        yield from _require_dense(loss, (*path, "loss"), "a loss")
    metrics = outputs.items.get("metrics")
    if metrics is not None:
        yield from _metric_violations(metrics, (*path, "metrics"))


def _metric_violations(metrics: Tree, path: SpecPath) -> Iterator[Diagnostic]:
    if not isinstance(metrics, Dict):
        message = f"the metrics must be a dict by metric name, not a {metrics.kind}"
        yield finding("bad-method", path, message, '{"accuracy": {"value": ..., "update_op": ...}}')
        return
    for name, metric in sorted(metrics.items.items()):
        place: SpecPath = (*path, name)
        if not isinstance(metric, Dict):
            message = f"a metric must be a dict of {' and '.join(_METRIC_PARTS)}, not a {metric.kind}"
            yield finding("bad-method", place, message)
            continue
        for part, tree in sorted(metric.items.items()):
            if part not in _METRIC_PARTS:
                hint = did_you_mean(part, _METRIC_PARTS) or f"the parts are {', '.join(_METRIC_PARTS)}"
                yield finding("bad-method", (*place, part), f"{part!r} is not a part of a metric", hint)
            elif not isinstance(tree, Tensor):
                message = f"the {part!r} of a metric must be one dense tensor, not {tree.kind!r}"
                yield finding("bad-method", (*place, part), message)
            elif tree.name is not None and not tree.name.endswith(f"/{part}"):
                message = f"the wire name of a metric's {part!r} must end with '/{part}', not {tree.name!r}"
                yield finding("bad-method", (*place, part), message, _NAME)


def _require_dense(tree: Tree, path: SpecPath, what: str) -> Iterator[Diagnostic]:
    """Findings for ragged and sparse leaves: the legacy exporter takes only tensors (predictions may be any here)."""
    if isinstance(tree, (Ragged, Sparse)):
        yield finding("bad-method", path, f"{what} must be a dense tensor, not a {tree.kind} one")
    for _, child, place in placed_children(tree, path):
        yield from _require_dense(child, place, what)


def _prefix_violations(leaf: BoundLeaf, key: str) -> Iterator[Diagnostic]:
    """Findings for names without the prefix by which readers of the signature tell outputs apart."""
    given = leaf.leaf.names if isinstance(leaf.leaf, (Ragged, Sparse)) else None
    component_names = [names for _, names in given or () if names is not None]
    parts = [name for names in component_names for name in ((names,) if isinstance(names, str) else names)]
    for name in (leaf.name, *parts):
        if f"{name}/".startswith(f"{key}/"):
            continue
        message = f"the wire name {name!r} of the output {key!r} must be {key!r} or start with '{key}/'"
        yield finding("bad-method", leaf.path, message, _NAME)
