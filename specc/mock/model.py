"""The mock of one model: what it answers to the body of a request, without HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from specc.errors import SpecError
from specc.language.calls.flat_tensor import FlatTensor
from specc.language.calls.read import read_example
from specc.language.document import Document
from specc.language.validation.rules import capped
from specc.mock.answers import classify_results, named_outputs, regress_results
from specc.mock.asked import Asked, Content, asked_by, content_of
from specc.mock.refused import RefusedError
from specc.mock.values import TooManyValuesError, generate
from specc.rest.payload.check import ReadRequest, read_request
from specc.rest.signatures import RestSignature, Verb, rest_service
from specc.source.json_text import read_json


class _Declared(NamedTuple):
    """The answer to a request that equals the example called ``name``: the outputs that it states, or a refusal."""

    name: str
    outputs: Mapping[str, FlatTensor]
    error: str | None


class MockModel:
    """Answers the requests to one model as its document describes them.

    A request that equals a declared example has its outputs; those of any other request are generated from the request
    and ``seed``.
    """

    def __init__(self, document: Document, seed: int = 0) -> None:
        self._document, self._seed = document, seed
        self._service = rest_service(document)
        self._declared: dict[str, dict[Content, _Declared]] = {}

    def answer(self, verb: Verb, body: bytes) -> dict[str, Any]:
        """The answer to a request.

        Raises:
            RefusedError: a server would refuse the request, or its answer would be too large.
        """
        try:
            source = read_json(body, has_constants=True)
        except SpecError as error:
            raise RefusedError(400, f"JSON Parse error: {_lines(error.diagnostics)}") from None
        if source.defects:
            raise RefusedError(400, f"JSON Parse error: {_lines(source.locate(source.defects))}")
        read = read_request(self._service, source.data, verb)
        if read.findings:
            raise RefusedError(400, _lines(read.findings))
        return self._answered(read, source.data)

    def _answered(self, read: ReadRequest, request: Mapping[str, Any]) -> dict[str, Any]:
        signature = read.signature
        assert signature is not None
        asked = asked_by(read, request)
        declared = self._declared_by(signature).get(asked.content)
        if declared is not None and declared.error is not None:
            raise RefusedError(400, declared.error or f"the example {declared.name!r} is one that is refused")
        outputs = self._outputs(signature, asked, declared.outputs if declared is not None else {})
        match signature.verb:
            case "classify":
                return {"results": classify_results(outputs, len(request["examples"]))}
            case "regress":
                return {"results": regress_results(outputs, len(request["examples"]))}
            case "predict":
                return named_outputs(signature.outputs, outputs, is_rows="instances" in request)

    def _declared_by(self, signature: RestSignature) -> dict[Content, _Declared]:
        """The answers of a signature's examples; read when it is first called, since an endpoint may have hundreds."""
        if signature.key not in self._declared:
            self._declared[signature.key] = _declared_answers(self._document, signature)
        return self._declared[signature.key]

    def _outputs(
        self, signature: RestSignature, asked: Asked, known: Mapping[str, FlatTensor]
    ) -> dict[str, FlatTensor]:
        try:
            return generate(self._document, signature.endpoint, asked, self._seed, known)
        except TooManyValuesError as error:
            raise RefusedError(501, str(error)) from None


def _declared_answers(document: Document, signature: RestSignature) -> dict[Content, _Declared]:
    """The answers of an endpoint's examples, by what these ask of one of its signatures."""
    found: dict[Content, _Declared] = {}
    for name, example in sorted(signature.endpoint.examples.items()):
        try:
            call = read_example(document, signature.name, example, ("endpoints", signature.name, "examples", name))
        except SpecError:  # its file is elsewhere, or the document has not been checked
            continue
        content = content_of(call, signature)
        if content is not None:
            found.setdefault(content, _Declared(name, call.expected, call.error))
    return found


def _lines(findings: Any) -> str:
    return "\n".join(map(str, capped(findings)))
