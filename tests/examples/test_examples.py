"""The example specs: valid, accepted by the editor's schema, and formatted as written by hand."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
from example_archives import EXAMPLES, SPECS

import specc
from specc.cli import OK, main
from specc.language.document import Document, Endpoint

# These tests are fast, but are beside the examples' other tests; SPECS comes from a module that needs TensorFlow.
pytestmark = pytest.mark.tensorflow

SCHEMA = EXAMPLES.parent / "schemas" / "specc.v1.schema.json"


def test_every_example_is_valid(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", *map(str, SPECS)]) == OK
    assert capsys.readouterr() == ("", f"{len(SPECS)} files checked, no errors\n")


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_a_spec_says_what_it_is(spec: Path) -> None:
    document = specc.load(spec)
    assert document.schema_ is not None
    assert (spec.parent / document.schema_).resolve() == SCHEMA
    assert f"{document.name}.specc.json" == spec.name
    assert document.description.endswith(".")


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_a_spec_is_laid_out_with_care(spec: Path) -> None:
    text = spec.read_bytes().decode("utf-8")
    lines = text.split("\n")
    assert text.endswith("}\n")
    assert [line for line in lines if line != line.rstrip() or "\t" in line or len(line) > 120] == []
    assert lines[:3] == ["{", '  "$schema": "../../schemas/specc.v1.schema.json",', '  "specc": 1,']
    # Two spaces a level, counted over the brackets that are still open at the start of each line.
    level = 0
    for number, line in enumerate(lines[:-1], 1):
        bare = re.sub(r'"(?:[^"\\]|\\.)*"', '""', line)
        closing = len(bare.strip()) - len(bare.strip().lstrip("]}"))
        assert len(line) - len(line.lstrip()) == 2 * (level - closing), f"{spec.name}:{number}"
        level += sum(map(bare.count, "[{")) - sum(map(bare.count, "]}"))
    assert level == 0


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_an_editor_has_nothing_to_say(spec: Path) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    errors = jsonschema.validators.validator_for(schema)(schema).iter_errors(json.loads(spec.read_text("utf-8")))
    assert [error.message for error in errors] == []


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_keys_stand_in_the_order_of_the_language(spec: Path) -> None:
    data = json.loads(spec.read_text(encoding="utf-8"))

    def order(model: type[Document] | type[Endpoint], found: dict[str, object]) -> list[str]:
        return [key for field in model.model_fields.items() if (key := field[1].alias or field[0]) in found]

    assert list(data) == order(Document, data)
    for endpoint in data["endpoints"].values():
        assert list(endpoint) == order(Endpoint, endpoint)


def test_every_endpoint_has_an_example_and_its_answer() -> None:
    unanswered = set()
    for document in map(specc.load, SPECS):
        for name, endpoint in document.endpoints.items():
            assert endpoint.examples, f"{document.name}: {name}"
            answered = [
                example.outputs is not None or example.error is not None for example in endpoint.examples.values()
            ]
            unanswered |= set() if all(answered) else {(document.name, name)}
    # The only answers that are random.
    assert unanswered == {("image_classifier", "serve_training"), ("training_and_inference", "call_training")}
