"""The OpenAPI document as others read it: its validator, and the types that openapi-typescript makes of it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from random import Random

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from random_documents import as_document, random_document
from rest_documents import ranker

import specc
from specc.language.document import Document

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").rglob("*.specc.json"))

HEAD = 'import type { components, paths } from "./ranker";\ntype S = components["schemas"];\n'
BODY = 'type Body = paths["/v1/models/ranker:predict"]["post"]["requestBody"]["content"]["application/json"];\n'
ROW = '{ user_id: 7, user_history: [1, 2], country: "de", weight: 0.5, fresh: true }'
COLUMNS = '{ user_id: [7], user_history: [[1]], country: [{ b64: "ZGU=" }], weight: [1], fresh: [false] }'
RIGHT = (
    f"const a: Body = {{ inputs: {COLUMNS} }};",
    f'const a: Body = {{ signature_name: "score", instances: [{ROW}] }};',
    f'const a: Body = {{ signature_name: "serving_default", instances: [{ROW}] }};',
    'const a: Body = { signature_name: "embed", inputs: [[[0, 1, 2], [0, 0, 0]]] };',
    'const a: Body = { signature_name: "reset", inputs: {} };',
    'const a: S["price.Request"] = { signature_name: "price", examples: [{ area: 70.5, rooms: [1, 2], words: "old" }] };',
    'function f(a: S["score.RowResponse"]): number { return a.predictions[0].click[0]; }',
    'function f(a: S["embed.ColumnResponse"]): number { return a.outputs[0][0]; }',
    'function f(a: S["ClassifyResponse"]): [string, number] { return a.results[0][0]; }',
)
WRONG = (
    'const a: Body = { signature_name: "scores", inputs: {} };',
    f'const a: S["score.RowRequest"] = {{ signature_name: "embed", instances: [{ROW}] }};',
    'const a: S["score.RowRequest"] = { instances: [{ user_id: 7 }] };',
    'const a: S["embed.ColumnRequest"] = { inputs: [] };',
    'const a: S["embed.ColumnRequest"] = { signature_name: "embed", inputs: [["a"]] };',
    'function f(a: S["score.RowResponse"]): string { return a.predictions[0].click[0]; }',
    'function f(a: S["score.ColumnResponse"]): number { return a.predictions; }',
)


def validate(document: Document) -> None:
    made = specc.emit("openapi", document, name="model")
    if made.data:
        OpenAPIV31SpecValidator(json.loads(made.data)).validate()


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_document_of_an_example_is_valid(path: Path) -> None:
    validate(specc.load(path))


def test_documents_are_valid() -> None:
    validate(ranker())
    rng = Random(7)
    found = [document for _ in range(60) if (document := as_document(random_document(rng))) is not None]
    assert len(found) > 20
    for document in found:
        validate(document)


@pytest.fixture(scope="module")
def typescript(node_modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the types that openapi-typescript makes of the ranker."""
    folder = tmp_path_factory.mktemp("typescript")
    (folder / "ranker.openapi.json").write_bytes(specc.emit("openapi", ranker()).data)
    make = [node_modules / ".bin" / "openapi-typescript", "ranker.openapi.json", "-o", "ranker.ts"]
    subprocess.run(make, cwd=folder, check=True, capture_output=True, timeout=120)
    return folder


def compiled(typescript: Path, node_modules: Path, lines: list[str]) -> str:
    """What ``tsc --strict`` prints about modules of one line each; nothing if all compile."""
    names = []
    for number, line in enumerate(lines):
        names.append(f"line_{number}.ts")
        (typescript / names[-1]).write_text(f"{HEAD}{BODY}{line}\nexport {{}};\n")
    tsc = [node_modules / ".bin" / "tsc", "--strict", "--noEmit", *names]
    done = subprocess.run(tsc, cwd=typescript, check=False, capture_output=True, text=True, timeout=120)
    return done.stdout


def test_types_of_right_calls_compile(typescript: Path, node_modules: Path) -> None:
    assert compiled(typescript, node_modules, list(RIGHT)) == ""


def test_types_of_wrong_calls_do_not_compile(typescript: Path, node_modules: Path) -> None:
    expected = [f"// @ts-expect-error\n{line}" for line in WRONG]
    assert compiled(typescript, node_modules, expected) == ""
