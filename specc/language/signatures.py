"""The signatures that an archive publishes: those of each endpoint, and aliases for the default endpoint."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, replace

from specc.language.document import CALL, Document, Endpoint, Method, Mode
from specc.language.receivers import RECEIVER_INPUT
from specc.language.wire_names import Component, input_leaves, output_leaves

RAW = "raw"
"""The prefix of the key of an endpoint's own inputs where a receiver is the plain signature."""

TAGS: dict[Mode, str] = {"predict": "serve", "train": "train", "eval": "eval"}
"""The tag of an archive's MetaGraph."""
DEFAULT_KEYS: dict[Mode, str] = {"predict": "serving_default", "train": "train", "eval": "eval"}
"""The key under which the default endpoint is also published."""
METHOD_NAMES: dict[Method, str] = {
    "predict": "tensorflow/serving/predict",
    "classify": "tensorflow/serving/classify",
    "regress": "tensorflow/serving/regress",
    "train": "tensorflow/supervised/training",
    "eval": "tensorflow/supervised/eval",
}
"""A SignatureDef's method_name."""
SERVABLE: tuple[Method, ...] = ("predict", "classify", "regress")
"""The methods that a model server supports."""


@dataclass(frozen=True)
class PublishedSignature:
    """One SignatureDef of an archive.

    ``receiver`` is the name of the endpoint's receiver that parses the input, or None for the endpoint's own inputs;
    ``alias_of`` is the key of the signature that this one repeats, or empty.
    """

    key: str
    endpoint: str
    receiver: str | None
    method: Method
    inputs: tuple[Component, ...]
    outputs: tuple[Component, ...]
    alias_of: str = ""

    @property
    def is_servable(self) -> bool:
        """Whether a model server can serve it."""
        return self.method in SERVABLE


def tags_of(document: Document) -> tuple[str, ...]:
    """The tags of the MetaGraph of ``document``: that of the mode, then the extra ones."""
    return tuple(dict.fromkeys((TAGS[document.mode], *document.save_options.extra_tags)))


def has_signature(document: Document, name: str) -> bool:
    """Whether the endpoint ``name`` has a signature: ``__call__``, the revived object itself, only as the default."""
    return name != CALL or name == document.default


def is_published(document: Document, name: str) -> bool:
    """Whether an archive of ``document`` has the signature of the endpoint ``name``."""
    served = document.endpoints[name].method in SERVABLE  # all signatures of an endpoint are, or none is
    return has_signature(document, name) and (served or not document.serving_only)


def all_signatures(document: Document) -> tuple[PublishedSignature, ...]:
    """Every signature that ``document`` declares, in the order of the endpoints; an alias follows what it repeats."""
    return tuple(
        signature
        for name, endpoint in sorted(document.endpoints.items())
        if has_signature(document, name)
        for signature in _signatures_with_aliases(document, name, endpoint)
    )


def signature_with(document: Document, key: str) -> PublishedSignature | None:
    """The signature with this key, or None; those of other endpoints are not made."""
    names = dict.fromkeys((key, key.partition(":")[2], key.rpartition(":")[2], document.default))
    found = (
        signature
        for name in names
        if name is not None and name in document.endpoints and has_signature(document, name)
        for signature in _signatures_with_aliases(document, name, document.endpoints[name])
    )
    return next((signature for signature in found if signature.key == key), None)


def published_signatures(document: Document, left_out: Container[str] = ()) -> tuple[PublishedSignature, ...]:
    """The signatures of an archive of ``document`` that was built without the endpoints in ``left_out``."""
    return published_among(all_signatures(document), document, left_out)


def published_signatures_of(document: Document, name: str) -> tuple[PublishedSignature, ...]:
    """The signatures of the endpoint called ``name`` in an archive of ``document``; those of others are not made."""
    if not is_published(document, name):
        return ()
    return tuple(_signatures_with_aliases(document, name, document.endpoints[name]))


def published_among(
    signatures: Iterable[PublishedSignature], document: Document, left_out: Container[str]
) -> tuple[PublishedSignature, ...]:
    """Those of all ``signatures`` of ``document`` that an archive without the endpoints in ``left_out`` has."""
    return tuple(each for each in signatures if each.endpoint not in left_out and is_published(document, each.endpoint))


def _signatures_with_aliases(document: Document, name: str, endpoint: Endpoint) -> Iterator[PublishedSignature]:
    default = DEFAULT_KEYS[document.mode]
    for prefix, signature in _own_signatures(name, endpoint):
        yield signature
        if name == document.default and name != default:
            yield replace(signature, key=prefix + default, alias_of=signature.key)


def _own_signatures(name: str, endpoint: Endpoint) -> Iterator[tuple[str, PublishedSignature]]:
    """The signatures of an endpoint, the plain one first, each with the prefix of its key."""
    outputs = tuple(component for leaf in output_leaves(endpoint) for component in leaf.components)
    receivers: list[str | None] = sorted(
        endpoint.receivers, key=lambda receiver: (receiver != endpoint.receiver, receiver)
    )
    receivers.insert(0 if endpoint.receiver is None else 1, None)
    for receiver in receivers:
        plain = receiver == endpoint.receiver
        prefix = "" if plain else f"{receiver or RAW}:"
        inputs = _direct_inputs(endpoint) if receiver is None else (_serialized_input(endpoint),)
        # Classify and regress need one vector of serialized examples: other inputs have the method predict.
        raw = receiver is None and not plain and endpoint.method in ("classify", "regress")
        method: Method = "predict" if raw else endpoint.method
        yield prefix, PublishedSignature(prefix + name, name, receiver, method, inputs, outputs)


def _direct_inputs(endpoint: Endpoint) -> tuple[Component, ...]:
    return tuple(component for leaf in input_leaves(endpoint) for component in leaf.components)


def _serialized_input(endpoint: Endpoint) -> Component:
    """A receiver's input: a string for each example. Its size is the leaves' number of rows where that is fixed."""
    rows = {leaf.leaf.shape[0] for leaf in input_leaves(endpoint) if leaf.leaf.shape}
    sizes = {row for row in rows if isinstance(row, int)}
    return Component(RECEIVER_INPUT, "string", (sizes.pop() if len(sizes) == 1 else "?",))
