"""Short texts about an endpoint and its leaves, as the page shows them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from specc.language.document import CALL, Dim, Document, Endpoint
from specc.language.signatures import PublishedSignature
from specc.language.tensor_string import format_tensor
from specc.language.trees import Dict, Leaf, List, NamedTuple, Ragged, Sparse, Tensor, Tree, Tuple, has_default
from specc.language.wire_names import BoundLeaf, input_leaves
from specc.rest.binary import is_base64

_LISTED = 4


def one_line(endpoint: Endpoint) -> str:
    """What goes in and what comes out: ``{history, id}, float32[batch, 3] → {score}``."""
    return f"{', '.join(map(_outline, endpoint.inputs)) or '()'} → {_outline(endpoint.outputs)}"


def _outline(tree: Tree) -> str:
    match tree:
        case Tensor() | Ragged() | Sparse():
            return type_text(tree)
        case List():
            return f"[{_some([_outline(item) for item in tree.items])}]"
        case Tuple():
            return f"({_some([_outline(item) for item in tree.items])})"
        case NamedTuple():
            return f"{tree.typename}({_some([name for name, _ in tree.fields])})"
        case Dict():
            return f"{{{_some(sorted(tree.items))}}}"


def _some(words: Sequence[str]) -> str:
    return ", ".join([*words[:_LISTED], *(["…"] if len(words) > _LISTED else [])])


def type_text(leaf: Leaf) -> str:
    """The type of a leaf: ``int64[batch]``, ``ragged int64[batch, ?]``."""
    prefix = "" if isinstance(leaf, Tensor) else f"{leaf.kind} "
    return f"{prefix}{format_tensor(leaf.dtype, leaf.shape)}"


def bounds_text(dim: Dim) -> str:
    """The sizes of a dim: ``1..64``, ``≥ 1``; empty if it may have any."""
    if dim.max is None:
        return f"≥ {dim.min}" if dim.min else ""
    return f"{dim.min}" if dim.min == dim.max else f"{dim.min}..{dim.max}"


def notes(bound: BoundLeaf) -> Iterator[str]:
    """What there is to know of a leaf beside its type: its default, its range, how REST writes it."""
    leaf = bound.leaf
    if isinstance(leaf, Tensor):
        if has_default(leaf):
            yield f"= {json.dumps(leaf.to_json()['default'], ensure_ascii=False)}"
        if leaf.minimum is not None or leaf.maximum is not None:
            low, high = (_number(bound) for bound in (leaf.minimum, leaf.maximum))
            yield f"{low}..{high}" if low and high else f"≥ {low}" if low else f"≤ {high}"
    if bound.path[0] == "outputs" and any(is_base64(each.dtype, each.wire_name) for each in bound.components):
        yield "Base64 over REST"


def _number(value: int | float | str | None) -> str:
    return "" if value is None else str(int(value) if isinstance(value, float) and value.is_integer() else value)


def badges(document: Document, name: str) -> Iterator[str]:
    """The words about an endpoint as a whole."""
    endpoint = document.endpoints[name]
    if name == document.default:
        yield "default"
    if endpoint.method != "predict":
        yield endpoint.method
    if endpoint.optional:
        yield "optional"


def way_in(endpoint: Endpoint, signature: PublishedSignature) -> str:
    """What a signature of an endpoint takes, where that is not the endpoint's own inputs."""
    if signature.alias_of:
        return f"same as {signature.alias_of}"
    if signature.receiver is not None:
        kind = endpoint.receivers[signature.receiver].kind
        return "tf.train.Example" if kind == "tf_example" else "tf.train.SequenceExample"
    return "its own inputs" if endpoint.receiver is not None else ""


def who_may_leave_out(endpoint: Endpoint) -> str:
    """Who may leave an input out: gRPC any that has a default, Python trailing arguments, REST none."""
    leaves = input_leaves(endpoint)
    with_default = [bound.name for bound in leaves if has_default(bound.leaf)]
    if not with_default:
        return ""
    required = {int(bound.path[1]) for bound in leaves if not has_default(bound.leaf)}
    trailing = endpoint.arguments[max(required, default=-1) + 1 :]
    python = f"Python may leave out {', '.join(trailing)}" if trailing else "Python passes all"
    return f"gRPC may leave out {', '.join(with_default)}; {python}; REST sends all"


def python_object(name: str) -> str:
    """What Python calls: ``model.score``."""
    return "model" if name == CALL else f"model.{name}" if name.isidentifier() else f"getattr(model, {name!r})"


def size_text(count: int) -> str:
    """A number of bytes: ``21.4 MB``."""
    if count < 1000:
        return f"{count} B"
    units, value = ("kB", "MB", "GB", "TB"), float(count)
    for unit in units:
        value /= 1000
        if value < 999.5 or unit == units[-1]:
            break
    return f"{value:.0f} {unit}" if value >= 100 else f"{value:.1f} {unit}"
