"""The contract as Markdown: tables, calls that run, hostile names, and a section of an existing file."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from emitted_clients import Recording, client_module, one_endpoint
from rest_documents import ranker

import specc
from specc.artefacts.artefact import Request
from specc.artefacts.call_snippets import module_name, snippets
from specc.artefacts.markdown import BEGIN, END
from specc.cli import main
from specc.language.call_paths import call_path
from specc.language.document import Document
from specc.language.load import from_json
from specc.language.wire_names import input_leaves, output_leaves
from specc.rest.payload import check_request
from specc.rest.signatures import rest_service


def text_of(document: Document) -> str:
    return specc.emit("markdown", document, name="m").data.decode()


def rows(text: str) -> list[list[str]]:
    """The cells of every row of every table."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def test_every_tensor_has_a_row() -> None:
    document = ranker()
    cells = rows(text_of(document))
    for endpoint in document.endpoints.values():
        for bound in (*input_leaves(endpoint), *output_leaves(endpoint)):
            for component in bound.components:
                assert any(row[1] == f"`{component.wire_name}`" for row in cells)
    assert {len(row) for row in cells} == {4, 6}
    assert ["`temperature`", "`temperature`", "`float32[]`", "`0.5`", "", ""] in cells
    assert ["`inputs.weight`", "`weight`", "`float32[batch]`", "", "0.0 to 1.0", ""] in cells


@pytest.mark.parametrize("name", sorted(ranker().endpoints))
def test_calls_with_curl_are_requests_of_the_contract(name: str) -> None:
    sent = [each for each in snippets(Request(ranker(), "ranker"), name) if each.language == "sh"]
    assert sent or name == "label"  # whose one input is serialized messages
    for snippet in sent:
        command, option, data, url = shlex.split(snippet.text)
        assert snippet.post == (url.removeprefix("http://localhost:8501"), data)
        assert (command, option) == ("curl", "-d")
        verb: Any = url.rpartition(":")[2]
        assert url == f"http://localhost:8501/v1/models/ranker:{verb}"
        assert check_request(rest_service(ranker()), json.loads(data), verb) == []


def test_the_name_of_the_model_is_quoted_in_a_url() -> None:
    url = shlex.split(snippets(Request(ranker(), "a b's"), "embed")[0].text)[-1]
    assert url == "http://localhost:8501/v1/models/a%20b%27s:predict"


@pytest.mark.parametrize("name", sorted(ranker().endpoints))
def test_calls_in_python_compile(name: str) -> None:
    found = [each for each in snippets(Request(ranker(), "ranker"), name) if each.language == "python"]
    assert [each.title for each in found] == ["Python client, REST", "Python client, gRPC", "Python, revived object"]
    for each in found:
        compile(each.text, each.title, "exec")


def test_a_call_names_the_arguments_that_the_client_takes_by_name_only() -> None:
    scale = {"kind": "tensor", "dtype": "float32", "shape": [], "default": 0.5}
    document = one_endpoint([{"scale": scale}, "float32[]"], arguments=["options", "x"])
    texts = [each.text for each in snippets(Request(document, "m"), "f") if each.title.startswith("Python client")]
    (call,) = {text.rpartition("print(")[2].removesuffix(")") for text in texts}
    transport = Recording({"output_0": np.zeros((), np.float32)})
    eval(call, {"client": client_module(document).Client(transport)})
    assert call == "client.f(options={'scale': 0.0}, x=0.0)"
    assert sorted(transport.requests[0].inputs) == ["scale", "x"]


def test_paths_are_those_of_a_call() -> None:
    pair = {
        "kind": "tuple",
        "items": ["int8[]", {"kind": "namedtuple", "typename": "P", "fields": [["x", ["int8[]"]]]}],
    }
    data = {"specc": 1, "endpoints": {"f": {"inputs": [{"user": {"a b": pair}}], "outputs": ["int8[]"]}}}
    endpoint = from_json(data).endpoints["f"]
    assert [call_path(endpoint, bound.path) for bound in input_leaves(endpoint)] == [
        "inputs.user.a b[0]",
        "inputs.user.a b[1].x[0]",
    ]
    assert [call_path(endpoint, bound.path) for bound in output_leaves(endpoint)] == ["outputs[0]"]


def test_text_of_the_document_stays_text() -> None:
    leaf = {"kind": "tensor", "dtype": "string", "shape": [], "description": "a | b\n# <b>`x`</b>", "name": "a`|b"}
    data = {
        "specc": 1,
        "description": "*One*\n\n## not a heading <script>",
        "endpoints": {"f": {"inputs": [leaf], "outputs": "string[]"}},
    }
    text = text_of(from_json(data))
    assert "<script>" not in text
    assert "\n## not" not in text
    assert [row[1] for row in rows(text) if len(row) == 6][2] == "``a`\\|b``"
    assert {len(row) for row in rows(text)} == {6}


HOSTILE = {
    "specc": 1,
    "description": "::error file=x::a ##[error]x ##vso[x]y \u202e\x1b[31m\x9b",
    "dims": {"b": {}},
    "endpoints": {
        "::error::x": {
            "inputs": [{"##[error]k": "float32[b]", "\u202ek\x1b[2J": "float32[b]", "a\n::error::x": "float32[b]"}],
            "outputs": "float32[b]",
            "description": "::warning::x",
        }
    },
}


@pytest.mark.parametrize("kind", ["markdown", "openapi", "payload-schema", "mlflow"])
def test_no_artefact_controls_a_terminal_or_a_runner(kind: str) -> None:
    text = specc.emit(kind, from_json(HOSTILE), name="##[error]m").data.decode()
    assert not re.search(r"^\s*::|##\w*\[|[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text, re.MULTILINE)
    if kind != "markdown":
        assert "::error file=x::a ##[error]x" in str(json.loads(text)) or kind != "openapi"


def test_words_and_emoji_keep_their_joiners() -> None:
    data = {**HOSTILE, "description": "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \U0001f468\u200d\U0001f469"}
    assert data["description"] in text_of(from_json(data))


def test_a_long_call_is_not_shown() -> None:
    data = {"specc": 1, "endpoints": {"f": {"inputs": ["float32[900]"], "outputs": "float32[]"}}}
    assert snippets(Request(from_json(data), "m"), "f") == []


@pytest.mark.parametrize(
    ("model", "module"), [("ranker", "ranker"), ("a b", "a_b"), ("2x", "_2x"), ("for", "_for"), ("é", "_")]
)
def test_a_module_has_the_name_of_the_model(model: str, module: str) -> None:
    assert module_name(model) == module


def test_the_section_of_a_file_is_replaced(tmp_path: Path, capsys: Any) -> None:
    spec, readme = tmp_path / "m.specc.json", tmp_path / "README.md"
    spec.write_text(specc.dump(ranker()))
    readme.write_text(f"# Mine\n\n{BEGIN}\nold\n{END}\n\nAfter.\n")
    assert main(["emit", "markdown", str(spec), "--check", str(readme)]) == 1
    assert main(["emit", "markdown", str(spec), "--out", str(readme)]) == 0
    text = readme.read_text()
    assert text.startswith(f"# Mine\n\n{BEGIN}\n## ranker\n")
    assert text.endswith(f"\n{END}\n\nAfter.\n")
    assert "old" not in text
    assert main(["emit", "markdown", str(spec), "--check", str(readme)]) == 0
    capsys.readouterr()
