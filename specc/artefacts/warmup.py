"""``warmup``: the declared examples as the requests that TensorFlow Serving sends to a version before it serves it.

g3doc/saved_model_warmup.md of tensorflow/serving: the file is ``assets.extra/tf_serving_warmup_requests``. A request
that is refused keeps the model from loading (servables/tensorflow/saved_model_warmup_util.cc), and so does the 1,001st.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from specc.artefacts.artefact import Rendered, Request, emit_finding
from specc.artefacts.prediction_log import examples_log, predict_log, tf_records
from specc.diagnostics import Diagnostic
from specc.language.calls.call import Call
from specc.language.calls.flat_tensor import FlatTensor
from specc.language.calls.messages import to_messages
from specc.language.calls.read import read_example
from specc.language.document import Endpoint
from specc.language.receivers import RECEIVER_INPUT
from specc.language.signatures import SERVABLE, PublishedSignature, published_signatures

FILE = "tf_serving_warmup_requests"
MAX_RECORDS = 1_000
MAX_BYTES = 16 * 2**20


class _Record(NamedTuple):
    signature: PublishedSignature
    example: str
    data: bytes


def render(request: Request) -> Rendered:
    """The records of all examples, sorted by signature and example.

    Raises:
        SpecError: an example does not fit its endpoint, or one of its files cannot be read.
    """
    findings: list[Diagnostic] = []
    records: list[_Record] = []
    for name, endpoint in request.chosen().items():
        if endpoint.method not in SERVABLE:
            continue
        made = list(_records(request, name, endpoint, findings))
        if not made:
            message = f"{name!r} has no example, and generated requests might be refused"
            hint = "add one, or let specc record add some"
            findings.append(emit_finding("no-examples", ("endpoints", name), message, hint))
        records += made
    records.sort(key=lambda record: (record.signature.key, record.example))
    if not records:
        message = "there is no example to send"
        hint = "add examples to the endpoints; an archive has none, so give the spec"
        return b"", [emit_finding("no-examples", ("endpoints",), message, hint, is_error=True)]
    if len(records) > MAX_RECORDS:
        message = f"{len(records):,} requests keep the model from loading: at most {MAX_RECORDS:,} are allowed"
        findings.append(emit_finding("too-many-examples", ("endpoints",), message, is_error=True))
        return b"", findings
    kept = _within_limit(records, findings)
    return tf_records(record.data for record in kept), findings


def _records(request: Request, name: str, endpoint: Endpoint, findings: list[Diagnostic]) -> Iterator[_Record]:
    calls = {
        key: read_example(request.document, name, example, ("endpoints", name, "examples", key))
        for key, example in sorted(endpoint.examples.items())
        if example.error is None
    }
    signatures = [
        each for each in published_signatures(request.document) if each.endpoint == name and not each.alias_of
    ]
    for signature in signatures:
        made = [(key, _record(request.name, signature, endpoint, call)) for key, call in calls.items()]
        yield from (_Record(signature, key, data) for key, data in made if data is not None)
        lost = [key for key, data in made if data is None]
        if lost:
            path = ("endpoints", name, "receivers", signature.receiver or "")
            message = f"{signature.key!r} is not called with {', '.join(lost)}: no message is parsed into these values"
            findings.append(emit_finding("emit-left-out", path, message))


def _record(model: str, signature: PublishedSignature, endpoint: Endpoint, call: Call) -> bytes | None:
    """The record of one call of a signature, or None if no messages hold its values."""
    inputs: dict[str, FlatTensor] = dict(call.inputs)
    is_sequence = False
    if signature.receiver is not None:
        messages = to_messages(endpoint, signature.receiver, inputs)
        if messages is None:
            return None
        inputs = {RECEIVER_INPUT: messages}
        is_sequence = endpoint.receivers[signature.receiver].kind == "tf_sequence_example"
    if signature.method in ("classify", "regress") and not is_sequence:
        (tensor,) = inputs.values()  # the one vector of serialized examples
        assert isinstance(tensor.values, tuple)
        return examples_log(signature.method, model, signature.key, tensor.values)
    return predict_log(model, signature.key, inputs)


def _within_limit(records: list[_Record], findings: list[Diagnostic]) -> list[_Record]:
    """The records without the largest ones beyond what a file may have."""
    left_out: set[int] = set()
    total = sum(len(record.data) for record in records)
    for index in sorted(range(len(records)), key=lambda index: len(records[index].data), reverse=True):
        if total <= MAX_BYTES:
            break
        record = records[index]
        total -= len(record.data)
        left_out.add(index)
        path = ("endpoints", record.signature.endpoint, "examples", record.example)
        message = f"{record.example!r} is left out: all requests have more than {MAX_BYTES // 2**20} MiB"
        findings.append(emit_finding("emit-left-out", path, message))
    return [record for index, record in enumerate(records) if index not in left_out]
