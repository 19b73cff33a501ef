"""The words about dims, leaves, endpoints and ops, which are the same in the tree and on the page."""

from __future__ import annotations

import json
from collections.abc import Container, Iterator, Sequence
from typing import TYPE_CHECKING

from specc.language.document import Dim, Document, Endpoint
from specc.language.signatures import PublishedSignature, has_signature, is_published, published_signatures
from specc.language.tensor_string import format_tensor
from specc.language.trees import Dict, Leaf, List, NamedTuple, Ragged, Sparse, Tensor, Tree, Tuple, has_default
from specc.language.wire_names import BoundLeaf
from specc.pages.subject import Subject
from specc.rest.binary import is_base64

if TYPE_CHECKING:
    from specc.reader.contents import Contents, Variable
    from specc.reader.endpoint_ops import NotableOp

_LISTED = 4
_ANY_CPU = "/device:CPU:0"
"""The device that every machine has; TensorFlow itself pins nodes to it."""


def bounds_text(dim: Dim) -> str:
    """The sizes of a dim: ``1..64``, ``>= 1``; empty if it may have any."""
    if dim.max is None:
        return f">= {dim.min}" if dim.min else ""
    return str(dim.min) if dim.min == dim.max else f"{dim.min}..{dim.max}"


def type_text(leaf: Leaf) -> str:
    """The type of a leaf: ``int64[batch]``, ``ragged int64[batch, ?]``."""
    prefix = "" if isinstance(leaf, Tensor) else f"{leaf.kind} "
    return f"{prefix}{format_tensor(leaf.dtype, leaf.shape)}"


def is_given(leaf: Leaf) -> bool:
    """Whether the document gives the wire name of a leaf, which does not follow from its path."""
    return leaf.name is not None or (isinstance(leaf, Ragged | Sparse) and leaf.names is not None)


def notes(bound: BoundLeaf) -> Iterator[str]:
    """What is shown of a leaf beside its type: its default, its range, how REST writes it."""
    leaf = bound.leaf
    if isinstance(leaf, Tensor):
        if has_default(leaf):
            yield f"= {json.dumps(leaf.to_json()['default'], ensure_ascii=False)}"
        if leaf.minimum is not None or leaf.maximum is not None:
            low, high = ("" if limit is None else json.dumps(limit) for limit in (leaf.minimum, leaf.maximum))
            yield f"{low}..{high}" if low and high else f">= {low}" if low else f"<= {high}"
    if bound.path[0] == "outputs" and any(is_base64(each.dtype, each.wire_name) for each in bound.components):
        yield "Base64 over REST"


def one_line(endpoint: Endpoint) -> str:
    """What goes in and what comes out: ``{history, id}, float32[batch, 3] -> {score}``."""
    inputs = ", ".join(map(_outline, endpoint.inputs))
    return f"{inputs or '()'} -> {_outline(endpoint.outputs)}"


def _outline(tree: Tree) -> str:
    match tree:
        case Tensor() | Ragged() | Sparse():
            return type_text(tree)
        case List():
            return f"[{len(tree.items)}]"
        case Tuple():
            return f"({len(tree.items)})"
        case NamedTuple():
            return f"{tree.typename}({_some([name for name, _ in tree.fields])})"
        case Dict():
            return f"{{{_some(sorted(tree.items))}}}"


def _some(words: Sequence[str]) -> str:
    return ", ".join([*words[:_LISTED], *(["..."] if len(words) > _LISTED else [])])


def badges(document: Document, name: str) -> Iterator[str]:
    """The words about an endpoint as a whole."""
    endpoint = document.endpoints[name]
    if name == document.default:
        yield "default"
    if endpoint.method != "predict":
        yield endpoint.method
    if endpoint.optional:
        yield "optional"


def left_out(subject: Subject) -> Container[str]:
    """The endpoints that the archive was built without; for a spec none."""
    return () if subject.inspection is None else subject.inspection.left_out


def way_in(endpoint: Endpoint, signature: PublishedSignature) -> str:
    """What a signature of an endpoint takes; empty where it takes the inputs under the endpoint's own name."""
    if signature.alias_of:
        return f"same as {signature.alias_of}"
    if signature.receiver is not None:
        kind = endpoint.receivers[signature.receiver].kind
        return "tf.train.Example" if kind == "tf_example" else "tf.train.SequenceExample"
    return "its own inputs" if endpoint.receiver is not None else ""


def signatures_text(subject: Subject, name: str) -> str:
    """How an endpoint is published, where that does not follow from its name.

    ``also serving_default, examples:score (tf.train.Example)``, or, where a receiver is the plain signature,
    ``signatures score (tf.train.Example), raw:score (its own inputs)``.
    """
    document, inspection = subject.document, subject.inspection
    if not has_signature(document, name):
        return "no signature, since it is the revived object itself"
    if not is_published(document, name) or (inspection is not None and name in inspection.unpublished):
        return "no signature"
    endpoint = document.endpoints[name]
    found = [each for each in published_signatures(document, left_out(subject)) if each.endpoint == name]
    if [each.key for each in found] in ([], [name]):
        return ""
    words = [(each.key, "" if each.alias_of == name else way_in(endpoint, each)) for each in found]
    lead = "signatures" if words[0] != (name, "") else "also"
    shown = words if lead == "signatures" else words[1:]
    return f"{lead} {', '.join(f'{key} ({way})' if way else key for key, way in shown)}"


def missing_of(subject: Subject, name: str) -> str:
    """What an archive lacks of an endpoint; empty where it lacks nothing."""
    inspection = subject.inspection
    if inspection is None:
        return ""
    if name in inspection.left_out:
        return f"not in this archive: {inspection.left_out[name]}"
    if name in inspection.undescribed:
        return f"only its wire is described: {inspection.undescribed[name]}"
    return "only its signature is known" if name in inspection.flat else ""


def variable_notes(variable: Variable) -> Iterator[str]:
    """Where else a variable is: the lists of the archive, and the checkpoint once more."""
    if variable.collections:
        yield f"in {', '.join(variable.collections)}"
    if variable.repeats:
        yield f"stored twice: it repeats {variable.repeats}, and no function uses it"


def remarkable_ops(contents: Contents) -> list[NotableOp]:
    """The notable ops of an archive without nodes that are pinned to the device that every machine has."""
    return [each for each in contents.notable if each.detail != _ANY_CPU]


def notable_text(notable: NotableOp) -> str:
    """What a notable op asks for or does."""
    match notable.kind:
        case "python":
            return "calls Python, which does not exist in another process"
        case "files":
            return "reads or writes files"
        case "network":
            return "uses the network"
        case "state":
            return "changes variables, tables or random state"
        case "xla":
            return f"is a compiled program{f' for {notable.detail}' if notable.detail else ''}"
        case "custom":
            return f"is not one of TensorFlow's; {notable.detail or 'an unknown library'} registers it"
        case "device":
            return f"pinned to {notable.detail}"
