"""Archives with messages that make no sense end in a document, in findings or in a clear error, never in a traceback."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from mutated_messages import mutated
from synthetic_archive import (
    FLOAT,
    concrete,
    example,
    function_spec,
    info,
    meta_graph,
    node,
    saved_model,
    signature,
    spec,
    written,
)

from specc.errors import ArchiveError, SpeccError
from specc.reader import inspect_archive
from specc.reader.conformance.static_checks import static_findings
from specc.reader.graph_document import describe_function
from specc.scaffold.from_archive import infer_archive_spec


@pytest.mark.parametrize("seed", [*range(3), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(3, 60))])
def test_messages_that_make_no_sense_end_in_a_document_or_a_clear_error(seed: int, tmp_path: Path) -> None:
    content, draw = example(), random.Random(seed)
    document = inspect_archive(written(tmp_path, content)).document.model_copy(update={"description": "compared"})
    read = 0
    for _ in range(60):
        path = written(tmp_path, mutated(content, draw))
        for command in (inspect_archive, infer_archive_spec, lambda path: static_findings(document, path)):
            try:
                command(path)
                read += 1
            except SpeccError:
                pass
    assert read > 0


@pytest.mark.parametrize("name", ["", "\0", "a b", "x" * 300, "self", "class", "_private"])
def test_a_public_name_may_be_any_text(name: str, tmp_path: Path) -> None:
    nodes = [
        node({name: 1, "f": 1}),
        node({}, function={"concrete_functions": ["t"], "function_spec": function_spec("x")}),
    ]
    one = signature({"x": info(FLOAT)}, {"y": info(FLOAT)})
    path = written(tmp_path, saved_model(meta_graph({name: one}, nodes, {"t": concrete([spec(FLOAT)], spec(FLOAT))})))
    found = inspect_archive(path).document
    assert set(found.endpoints) == {"f", *([name] if name and name[0] != "_" else [])}
    assert static_findings(found, path) == []
    assert "f" in infer_archive_spec(path).document.endpoints


def test_what_a_model_refuses_costs_one_endpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name or a shape that no document can have, wherever the reader does not expect it."""
    original = describe_function

    def refused(function: object, **said: object) -> object:
        described = original(function, **said)
        type(described.endpoint).model_validate({"inputs": [""], "outputs": {}})
        return described

    nodes = [node({"f": 1}), node({}, function={"concrete_functions": ["t"], "function_spec": function_spec("x")})]
    one = signature({"x": info(FLOAT)}, {"y": info(FLOAT)})
    path = written(tmp_path, saved_model(meta_graph({"g": one}, nodes, {"t": concrete([spec(FLOAT)], spec(FLOAT))})))
    monkeypatch.setattr("specc.reader.graph_document.describe_function", refused)
    found = inspect_archive(path)
    assert set(found.document.endpoints) == {"g"}
    assert found.notes[0].startswith("f: not described: it has a part that is not valid in a spec (")
    with pytest.raises(ArchiveError, match=r"nothing in .* can be described: f: not described"):
        inspect_archive(
            written(tmp_path, saved_model(meta_graph({}, nodes, {"t": concrete([spec(FLOAT)], spec(FLOAT))})))
        )
