"""``warmup``: the declared examples as the requests that TensorFlow Serving sends to a version before it serves it.

g3doc/saved_model_warmup.md of tensorflow/serving: the file is ``assets.extra/tf_serving_warmup_requests``. A request
that is refused keeps the model from loading (servables/tensorflow/saved_model_warmup_util.cc), and so does the 1,001st.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import NamedTuple

from specc.artefacts.affordable import artefact_budget
from specc.artefacts.artefact import Rendered, Request, emit_finding
from specc.artefacts.prediction_log import examples_log, predict_log, tf_records
from specc.diagnostics import Diagnostic
from specc.language.calls.call import Call
from specc.language.calls.flat_tensor import FlatTensor
from specc.language.calls.messages import to_messages
from specc.language.calls.read import read_example
from specc.language.document import Endpoint
from specc.language.receivers import RECEIVER_INPUT
from specc.language.signatures import SERVABLE, PublishedSignature, published_signatures_of
from specc.source.budget import Budget

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
    kept, budget = _Kept(), artefact_budget()
    for name, endpoint in request.chosen().items():
        if endpoint.method not in SERVABLE:
            continue
        before = kept.count
        for record in _records(request, name, endpoint, findings, budget):
            kept.add(record)
            if kept.count > MAX_RECORDS:
                message = f"more than {MAX_RECORDS:,} requests keep the model from loading"
                hint = "keep fewer examples, or emit fewer endpoints: --endpoint NAME"
                findings.append(emit_finding("too-many-examples", ("endpoints",), message, hint, is_error=True))
                return b"", findings
        if kept.count == before:
            message = f"{name!r} has no example, and generated requests might be refused"
            hint = "add one, or let specc record add some"
            findings.append(emit_finding("no-examples", ("endpoints", name), message, hint))
    if not kept.count:
        message = "there is no example to send"
        hint = "add examples to the endpoints; an archive has none, so give the spec"
        return b"", [emit_finding("no-examples", ("endpoints",), message, hint, is_error=True)]
    records = sorted(kept.records, key=lambda record: (record.signature.key, record.example))
    return tf_records(record.data for record in records), [*findings, *kept.left_out()]


def _records(
    request: Request, name: str, endpoint: Endpoint, findings: list[Diagnostic], budget: Budget
) -> Iterator[_Record]:
    signatures = [each for each in published_signatures_of(request.document, name) if not each.alias_of]
    lost: dict[str, list[str]] = {}
    for key, example in sorted(endpoint.examples.items()):
        if example.error is not None:
            continue
        call = read_example(request.document, name, example, ("endpoints", name, "examples", key))
        size = sum(1 + tensor.size for tensor in call.inputs.values())
        for signature in signatures:
            budget.charge("elements of values", size if signature.receiver else 0)
            data = _record(request.name, signature, endpoint, call)
            if data is None:
                lost.setdefault(signature.key, []).append(key)
            else:
                yield _Record(signature, key, data)
    for signature in signatures:
        if signature.key in lost:
            path = ("endpoints", name, "receivers", signature.receiver or "")
            named = ", ".join(lost[signature.key])
            message = f"{signature.key!r} is not called with {named}: no message is parsed into these values"
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


class _Kept:
    """The records of the file. If they are too large together, the largest ones are left out and their data dropped."""

    def __init__(self) -> None:
        self.count = 0
        """How many there are, with those that are left out."""
        self._heap: list[tuple[int, int, _Record]] = []
        self._total = 0
        self._dropped: list[_Record] = []

    def add(self, record: _Record) -> None:
        self.count += 1
        heapq.heappush(self._heap, (-len(record.data), self.count, record))
        self._total += len(record.data)
        while self._total > MAX_BYTES:
            _, _, largest = heapq.heappop(self._heap)
            self._total -= len(largest.data)
            self._dropped.append(largest._replace(data=b""))

    @property
    def records(self) -> list[_Record]:
        """Those in the file."""
        return [record for _, _, record in self._heap]

    def left_out(self) -> Iterator[Diagnostic]:
        """The findings about the others."""
        for record in self._dropped:
            path = ("endpoints", record.signature.endpoint, "examples", record.example)
            message = f"{record.example!r} is left out: all requests have more than {MAX_BYTES // 2**20} MiB"
            yield emit_finding("emit-left-out", path, message)
