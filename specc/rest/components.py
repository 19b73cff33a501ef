"""The named schemas of a REST service: the requests and the answers of each signature, in each form.

Requests are closed, as TensorFlow Serving refuses what it does not know; answers are open. HTTP answers do not say
which request they answer, so the schema of an answer is a union over the signatures.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from specc.rest.schemas import BASE64, BASE64_SCHEMA, Schema, Schemas, Side
from specc.rest.signatures import RestService, RestSignature, RestTensor, SizeRange, Verb, examples_of

_FOREIGN = re.compile(r"[^A-Za-z0-9._-]")
"""What a component's name cannot have in OpenAPI."""
CLASSIFY_RESPONSE, REGRESS_RESPONSE = "ClassifyResponse", "RegressResponse"
_SHARED: dict[str, Schema] = {
    CLASSIFY_RESPONSE: {
        "description": "For each example its classes, each with its score.",
        "type": "object",
        "properties": {
            "results": {
                "type": "array",
                "items": {
                    "type": "array",
                    "items": {
                        "type": "array",
                        "prefixItems": [{"type": "string"}, {"type": "number"}],
                        "items": False,
                        "minItems": 2,
                    },
                },
            }
        },
        "required": ["results"],
    },
    REGRESS_RESPONSE: {
        "description": "For each example its value.",
        "type": "object",
        "properties": {"results": {"type": "array", "items": {"type": "number"}}},
        "required": ["results"],
    },
}
_SHARED_ANSWERS: dict[Verb, str] = {"classify": CLASSIFY_RESPONSE, "regress": REGRESS_RESPONSE}


class Components(NamedTuple):
    """All named schemas, and the names of those of whole requests and answers, by verb."""

    schemas: dict[str, Schema]
    requests: dict[Verb, list[str]]
    answers: dict[Verb, list[str]]


def components(service: RestService, prefix: str) -> Components:
    """The named schemas of ``service``, sorted; ``prefix`` is that of a reference, ``#/$defs/``."""
    found = Components({BASE64: BASE64_SCHEMA}, {}, {})
    names = component_names(service.signatures)
    for signature in service.signatures:
        _Signature(signature, names[signature.key], Schemas(service.document, prefix), found).add()
    ordered = {name: found.schemas[name] for name in sorted(found.schemas)}
    return Components(ordered, found.requests, found.answers)


def component_names(signatures: Iterable[RestSignature]) -> dict[str, str]:
    """The prefix of the names of each signature's schemas, by its key: no two are alike."""
    names: dict[str, str] = {}
    taken = {BASE64, *_SHARED}
    numbers: dict[str, int] = {}
    for signature in signatures:
        word = _FOREIGN.sub("_", signature.key.replace(":", "."))
        name, number = word, numbers.get(word, 1)
        while name in taken:
            number += 1
            name = f"{word}.{number}"
        numbers[word] = number
        taken.add(name)
        names[signature.key] = name
    return names


class _Signature(NamedTuple):
    """Adds the schemas of one signature."""

    signature: RestSignature
    name: str
    schemas: Schemas
    found: Components

    def add(self) -> None:
        shared = _SHARED_ANSWERS.get(self.signature.verb)
        if shared is None:
            self._add_predict()
            return
        self.found.schemas[shared] = _SHARED[shared]
        self.found.answers[self.signature.verb] = [shared]
        self._request(
            "Request", "examples", self._array(self._example(), examples_of(self.signature, self.schemas.document))
        )

    def _add_predict(self) -> None:
        signature = self.signature
        inputs = self._add("Inputs", self._named(signature.inputs, "request"))
        columns = self._bare_or(inputs, signature.inputs, "request")
        self._request("ColumnRequest", "inputs", columns)
        self._answer("ColumnResponse", "outputs", self._add("Outputs", self._answered(row=False)))
        if signature.rows is None:
            return
        row = self._add("Row", self._named(signature.inputs, "request", row=True))
        forms = [row]
        if len(signature.inputs) == 1:
            forms.insert(0, self.schemas.tensor(signature.inputs[0], "request", row=True))
        arrays = [self._rows(form) for form in forms]
        self._request("RowRequest", "instances", arrays[0] if len(arrays) == 1 else {"anyOf": arrays})
        prediction = self._add("Prediction", self._answered(row=True))
        self._answer("RowResponse", "predictions", {"type": "array", "items": prediction})

    def _add(self, word: str, schema: Schema) -> Schema:
        """The reference to a new schema."""
        name = f"{self.name}.{word}"
        self.found.schemas[name] = schema
        return self.schemas.ref(name)

    def _request(self, word: str, key: str, value: Schema) -> None:
        signature = self.signature
        keys = {"const": signature.key} if not signature.aliases else {"enum": list(signature.keys)}
        schema = {
            "type": "object",
            "properties": {"signature_name": {"type": "string", **keys}, key: value},
            "required": [key] if signature.is_default else ["signature_name", key],
            "additionalProperties": False,
        }
        self._add(word, self._described(schema))
        self.found.requests.setdefault(signature.verb, []).append(f"{self.name}.{word}")

    def _described(self, schema: Schema) -> Schema:
        endpoint = self.signature.endpoint
        receiver = None if self.signature.receiver is None else endpoint.receivers[self.signature.receiver]
        parts = [endpoint.description, receiver.description if receiver is not None else ""]
        if endpoint.optional:
            parts.append("An archive may be built without this endpoint.")
        text = " ".join(part for part in parts if part)
        return {"description": text, **schema} if text else schema

    def _answer(self, word: str, key: str, value: Schema) -> None:
        self._add(word, {"type": "object", "properties": {key: value}, "required": [key]})
        self.found.answers.setdefault(self.signature.verb, []).append(f"{self.name}.{word}")

    def _named(self, tensors: Sequence[RestTensor], side: Side, *, row: bool = False) -> Schema:
        schema: Schema = {
            "type": "object",
            "properties": {tensor.name: self.schemas.tensor(tensor, side, row=row) for tensor in tensors},
        }
        if tensors:
            schema["required"] = [tensor.name for tensor in tensors]
        return schema if side == "answer" else {**schema, "additionalProperties": False}

    def _bare_or(self, named: Schema, tensors: Sequence[RestTensor], side: Side) -> Schema:
        """The only input may be written without its name."""
        return named if len(tensors) != 1 else {"anyOf": [self.schemas.tensor(tensors[0], side), named]}

    def _answered(self, *, row: bool) -> Schema:
        """The only output is written without its name."""
        outputs = self.signature.outputs
        if len(outputs) == 1:
            return self.schemas.tensor(outputs[0], "answer", row=row)
        return self._named(outputs, "answer", row=row)

    def _rows(self, row: Schema) -> Schema:
        assert self.signature.rows is not None
        return self._array(row, self.signature.rows)

    def _array(self, items: Schema, sizes: SizeRange) -> Schema:
        most = {} if sizes.max is None else {"maxItems": sizes.max}
        return {"type": "array", "items": items, "minItems": sizes.min, **most}

    def _example(self) -> Schema:
        """The schema of one tf.Example: its features by key; of any, where no receiver declares them."""
        features = self.signature.features
        if features is None:
            value = {"anyOf": [{"type": ["number", "string"]}, self.schemas.ref(BASE64)]}
            return {"type": "object", "additionalProperties": {"anyOf": [value, {"type": "array", "items": value}]}}
        properties: dict[str, Schema] = {}
        for feature in features:
            properties[feature.key] = self.schemas.feature(feature)
            properties |= {key: self.schemas.split(key) for key in feature.splits}
        schema: Schema = {"type": "object", "properties": {key: properties[key] for key in sorted(properties)}}
        required = sorted(feature.key for feature in features if feature.is_required)
        if required:
            schema["required"] = required
        return {**schema, "additionalProperties": False}
