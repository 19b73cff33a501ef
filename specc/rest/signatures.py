"""The signatures of a document as TensorFlow Serving's REST API has them: what can be called, and in which forms."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from specc.diagnostics import SpecPath
from specc.language.document import CALL, Document, Endpoint
from specc.language.example_features import ParsedFeature, parsed_features
from specc.language.receivers import Receiver
from specc.language.signatures import DEFAULT_KEYS, SERVABLE, PublishedSignature, published_signatures_of
from specc.language.tensor_string import ANY, Dimension, Shape
from specc.language.trees import Tensor
from specc.language.wire_names import BoundLeaf, Component, input_leaves, output_leaves
from specc.rest.binary import is_base64
from specc.rest.forms import rows_of
from specc.rest.values import REST_DTYPES

Verb: TypeAlias = Literal["predict", "classify", "regress"]
"""The end of the path of a request: ``/v1/models/NAME:predict``."""


class SizeRange(NamedTuple):
    """The sizes that a dimension may have; ``max`` is None where there is no limit."""

    min: int = 0
    max: int | None = None

    def within(self, other: SizeRange) -> SizeRange:
        """The sizes in both ranges; none where ``max`` is below ``min``."""
        limits = [limit for limit in (self.max, other.max) if limit is not None]
        return SizeRange(max(self.min, other.min), min(limits) if limits else None)

    def holds(self, size: int) -> bool:
        """Whether ``size`` is in the range."""
        return self.min <= size and (self.max is None or size <= self.max)

    def __str__(self) -> str:
        if self.max is None:
            return f"at least {self.min}"
        if self.min == self.max:
            return f"expected {self.min}"
        return f"expected {self.min} to {self.max}" if self.min else f"at most {self.max}"

    @property
    def is_empty(self) -> bool:
        """Whether no size is in the range."""
        return self.max is not None and self.max < self.min


class RestTensor(NamedTuple):
    """One tensor of a request or an answer, and the leaf that it is a component of; None for a receiver's messages."""

    component: Component
    leaf: BoundLeaf | None

    @property
    def name(self) -> str:
        """The wire name."""
        return self.component.wire_name

    @property
    def is_base64(self) -> bool:
        """Whether an answer writes its values as Base64."""
        return is_base64(self.component.dtype, self.name)

    @property
    def dense(self) -> Tensor | None:
        """The leaf, if it is a dense tensor, which alone has bounds and a default."""
        return self.leaf.leaf if self.leaf is not None and isinstance(self.leaf.leaf, Tensor) else None


@dataclass(frozen=True)
class RestSignature:
    """One published signature. ``inputs`` and ``outputs`` are in the order of their wire names."""

    key: str
    aliases: tuple[str, ...]
    """Further keys under which the same tensors are published."""
    verb: Verb
    name: str
    """The name of the endpoint."""
    endpoint: Endpoint
    receiver: str | None
    """The receiver that parses the messages of a request; None for the endpoint's own inputs."""
    inputs: tuple[RestTensor, ...]
    outputs: tuple[RestTensor, ...]
    rows: SizeRange | None
    """How many rows a request with ``instances`` may have; None if only columns can be sent."""
    features: tuple[ParsedFeature, ...] | None = None
    """The features of a message; None without a receiver."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The names that a request may give: the key, and its aliases."""
        return (self.key, *self.aliases)

    @property
    def is_default(self) -> bool:
        """Whether a request need not name the signature."""
        return DEFAULT_KEYS["predict"] in self.keys


class LeftOut(NamedTuple):
    """An endpoint or a receiver that REST cannot call, and why."""

    path: SpecPath
    reason: str


class RestService(NamedTuple):
    """What TensorFlow Serving's REST API offers of a document."""

    document: Document
    signatures: tuple[RestSignature, ...]
    left_out: tuple[LeftOut, ...]

    def of(self, verb: Verb) -> list[RestSignature]:
        """The signatures that ``verb`` calls."""
        return [signature for signature in self.signatures if signature.verb == verb]


def sizes_of(dim: Dimension, document: Document) -> SizeRange:
    """The sizes of a dimension: its own, those of a declared dim, or any."""
    if isinstance(dim, int):
        return SizeRange(dim, dim)
    declared = document.dims.get(dim)
    return SizeRange() if declared is None else SizeRange(declared.min, declared.max)


def examples_of(signature: RestSignature, document: Document) -> SizeRange:
    """How many examples a classify or regress request may have: at least one, as a server wants."""
    (messages,) = signature.inputs
    first = _first_dim(messages)
    return SizeRange(1) if first is None else sizes_of(first, document).within(SizeRange(1))


def rest_service(document: Document, endpoints: Collection[str] = ()) -> RestService:
    """The signatures that REST can call, of all endpoints or of those in ``endpoints``, and what it cannot.

    Endpoints of the methods train and eval are not for a server, and are not mentioned.
    """
    chosen = {name: each for name, each in document.endpoints.items() if not endpoints or name in endpoints}
    found: list[RestSignature] = []
    left_out: list[LeftOut] = []
    for name, endpoint in sorted(chosen.items()):
        if endpoint.method not in SERVABLE:
            continue
        reason = _why_not(name, endpoint, document)
        if reason:
            left_out.append(LeftOut(("endpoints", name), reason))
            continue
        for each in _signatures_of(name, endpoint, published_signatures_of(document, name), document):
            if isinstance(each, LeftOut):
                left_out.append(each)
            else:
                found.append(each)
    return RestService(document, tuple(sorted(found, key=lambda each: each.key)), tuple(left_out))


def _why_not(name: str, endpoint: Endpoint, document: Document) -> str:
    if name == CALL and name != document.default:
        return "it has no signature: it is the revived object itself, which only Python calls"
    for what, leaves in (("input", input_leaves(endpoint)), ("output", output_leaves(endpoint))):
        for bound in leaves:
            if bound.leaf.dtype not in REST_DTYPES:
                return f"REST has no JSON for {bound.leaf.dtype}, the dtype of the {what} {bound.name!r}"
    return ""


def _signatures_of(
    name: str, endpoint: Endpoint, published: Sequence[PublishedSignature], document: Document
) -> Iterator[RestSignature | LeftOut]:
    aliases: dict[str, list[str]] = {}
    for signature in published:
        if signature.alias_of:
            aliases.setdefault(signature.alias_of, []).append(signature.key)
    leaves = {part.wire_name: leaf for leaf in input_leaves(endpoint) for part in leaf.components}
    given = {part.wire_name: leaf for leaf in output_leaves(endpoint) for part in leaf.components}
    for signature in published:
        if signature.alias_of:
            continue
        receiver = None if signature.receiver is None else endpoint.receivers[signature.receiver]
        if receiver is not None and receiver.kind == "tf_sequence_example" and signature.method != "predict":
            reason = f"a {signature.method} request cannot hold a tf.train.SequenceExample"
            yield LeftOut(("endpoints", name, "receivers", signature.receiver or ""), reason)
            continue
        inputs = _messages(signature, endpoint) if receiver is not None else _tensors(signature.inputs, leaves)
        outputs = _tensors(signature.outputs, given)
        yield RestSignature(
            key=signature.key,
            aliases=tuple(sorted(aliases.get(signature.key, ()))),
            verb=signature.method,  # type: ignore[arg-type]  # those of train and eval are left out above
            name=name,
            endpoint=endpoint,
            receiver=signature.receiver,
            inputs=inputs,
            outputs=outputs,
            rows=_rows(inputs, outputs, document),
            features=None if receiver is None else _features_of(endpoint, receiver),
        )


def _features_of(endpoint: Endpoint, receiver: Receiver) -> tuple[ParsedFeature, ...]:
    """The features of a message: a leaf that is always its default has none."""
    return tuple(feature for feature in parsed_features(endpoint, receiver) if feature.parsed != "constant")


def _messages(signature: PublishedSignature, endpoint: Endpoint) -> tuple[RestTensor, ...]:
    """The input of a receiver: each message is one row of every leaf, so that there are as many as the dim allows."""
    (component,) = signature.inputs
    firsts = {leaf.leaf.shape[0] for leaf in input_leaves(endpoint) if leaf.leaf.shape}
    if len(firsts) == 1:
        component = component._replace(shape=tuple(firsts))
    return (RestTensor(component, None),)


def _tensors(components: Sequence[Component], leaves: Mapping[str, BoundLeaf]) -> tuple[RestTensor, ...]:
    ordered = sorted(components, key=lambda component: component.wire_name)
    return tuple(RestTensor(component, leaves.get(component.wire_name)) for component in ordered)


def _rows(inputs: Sequence[RestTensor], outputs: Sequence[RestTensor], document: Document) -> SizeRange | None:
    """How many rows a request may have; None where inputs or outputs are not rows, or no number suits all inputs."""
    if not inputs or not _are_rows(outputs):
        return None
    rows = SizeRange(1)
    for tensor in inputs:
        first = _first_dim(tensor)
        if first is None:
            return None
        rows = rows.within(sizes_of(first, document))
    return None if rows.is_empty else rows


def _are_rows(outputs: Sequence[RestTensor]) -> bool:
    """Whether all outputs have one and the same number of rows: two of an unknown number may differ."""
    firsts = {_first_dim(tensor) for tensor in outputs}
    return len(firsts) == 1 and None not in firsts and (ANY not in firsts or len(outputs) == 1)


def _first_dim(tensor: RestTensor) -> Dimension | None:
    """The number of rows of a tensor; None if it has none."""
    if tensor.leaf is not None:
        return rows_of(tensor.leaf.leaf)
    shape: Shape = tensor.component.shape
    return shape[0] if shape else None
