"""The source of an emitted Python client: names are safe, and the text of a document is never code."""

from __future__ import annotations

import ast
import inspect
import io
import json
import subprocess
import sys
import tokenize
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from emitted_clients import Recording, client_module, client_source, one_endpoint
from odd_names import HOSTILE, ODD_NAMES, ODD_PLACES, with_odd_names
from rest_documents import RANKER, ranker

import specc
from specc.artefacts.python_client.source_text import docstring, identifier, quoted
from specc.language.document import Document
from specc.language.load import from_json


def with_texts(text: str) -> Document:
    """The ranker with the same text wherever a document has free text, and in names that are not identifiers."""
    data = json.loads(json.dumps(RANKER))
    data["description"] = data["endpoints"]["score"]["description"] = text
    data["dims"]["batch"]["description"] = text
    features = data["endpoints"]["score"]["inputs"][0]
    features["country"] |= {"description": text, "name": f"country{text}"}
    features["weight"] |= {"default": None}
    data["endpoints"]["score"]["inputs"][0]["weight"] = {
        "kind": "tensor", "dtype": "string", "shape": [1], "default": [text], "name": f"weight{text}"
    }  # fmt: skip
    data["endpoints"]["score"].pop("examples")
    data["endpoints"]["score"]["outputs"] = {f"key {text}": "float32[batch]"}
    return from_json(data)


RUNTIME_COMMENTS = [
    token.string
    for token in tokenize.generate_tokens(io.StringIO(client_source(ranker())).readline)
    if token.type == tokenize.COMMENT
][1:]


class _WithoutTexts(ast.NodeTransformer):
    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        return ast.Constant(type(node.value)()) if isinstance(node.value, (str, bytes)) else node


def shape_of_code(source: str) -> str:
    """The syntax tree of a source without the content of its texts."""
    return ast.dump(_WithoutTexts().visit(ast.parse(source)))


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_of_a_document_are_only_literals(text: str) -> None:
    source = client_source(with_texts(text), name="m")
    assert shape_of_code(source) == shape_of_code(client_source(with_texts("plain"), name="m"))
    assert all(letter.isprintable() or letter == "\n" for letter in source)
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    comments = [token.string for token in tokens if token.type == tokenize.COMMENT]
    assert comments == [f"# Contract: {specc.digest(with_texts(text))}", *RUNTIME_COMMENTS]
    module = client_module(with_texts(text), name="m")
    assert module._SCORE.arguments[0][1].items["weight"].default == [text.encode()]


@pytest.mark.parametrize("text", [*HOSTILE, "\ud800"])
def test_a_name_of_a_model_is_a_literal(text: str) -> None:
    name = text.replace("/", "")
    assert name == client_module(ranker(), name=name)._MODEL


@pytest.mark.parametrize("text", [*HOSTILE, "\ud800"])
def test_literals_and_docstrings_hold_the_text(text: str) -> None:
    assert ast.literal_eval(quoted(text)) == text
    (statement,) = ast.parse("\n".join(docstring([["a", *text.split("\n")], [text]]))).body
    assert isinstance(statement, ast.Expr)
    assert isinstance(statement.value, ast.Constant)


@pytest.mark.parametrize("place", ODD_PLACES)
def test_any_name_is_safe(place: str) -> None:
    document = with_odd_names(place)
    source = client_source(document)
    for node in ast.walk(ast.parse(source)):
        names = [getattr(node, field, None) for field in ("id", "attr", "name", "arg")]
        assert all(name is None or (name.replace(".", "").isidentifier() and len(name) <= 255) for name in names)
    module = client_module(document)
    methods = [name for name in vars(module.Client) if not name.startswith("__")]
    if place == "endpoint":
        assert len(methods) == len(ODD_NAMES)
        assert {"close", "match", "mro", "print", "fix", "class_", "np_2", "größe"} <= set(methods)
        transport = Recording({"output_0": np.zeros((), np.float32)})
        for method in methods:
            getattr(module.Client(transport), method)(1)
        assert sorted(request.signature for request in transport.requests) == sorted(ODD_NAMES)
        assert "The endpoint is called 'class'." in module.Client.class__2.__doc__  # class_ is __class__
    else:
        assert methods == ["f"]
    if place == "argument":
        parameters = list(inspect.signature(module.Client.f).parameters)
        assert parameters[:4] == ["self", "class__2", "None_", "self_2"]
        assert len(parameters) == len(ODD_NAMES) + 1
    if place == "key":
        transport = Recording({name: np.zeros((), np.float32) for name in ODD_NAMES})
        found = module.Client(transport).f({name: {name: 1} for name in ODD_NAMES})
        assert list(found) == sorted(ODD_NAMES)
    if place == "field":
        assert len(module.FOutputs._fields) == len(ODD_NAMES)


def test_the_default_that_is_called_like_a_function_stays_it() -> None:
    endpoint = {"inputs": ["int8[]"], "outputs": "float32[]"}
    data = {"specc": 1, "endpoints": {"__call__": endpoint, "other": endpoint}, "default": "__call__"}
    transport = Recording({"output_0": np.zeros((), np.float32)})
    client_module(from_json(data)).Client(transport)(1)
    assert transport.requests[0].signature == "__call__"
    made = specc.emit("python", from_json({**data, "default": None}))
    assert [(each.rule, each.path) for each in made.findings] == [("emit-left-out", ("endpoints", "__call__"))]


@pytest.mark.parametrize(
    ("inputs", "outputs", "reason"),
    [
        (["bfloat16[]"], "int8[]", "NumPy has no bfloat16, the dtype of 'inputs'"),
        (["int8[]"], {"a": {"kind": "tensor", "dtype": "qint8", "shape": []}}, "NumPy has no qint8, the dtype of 'a'"),
        ([{"a": {"b": "int8[]"}, "a_b": "int8[]"}], "int8[]", "two tensors have the wire name 'a_b'"),
    ],
)
def test_what_no_client_can_call_is_a_finding(inputs: list[Any], outputs: Any, reason: str) -> None:
    made = specc.emit("python", one_endpoint(inputs, outputs))
    assert made.data == b""
    assert [(finding.rule, finding.level) for finding in made.findings] == [
        ("emit-left-out", "warning"),
        ("emit-nothing", "error"),
    ]
    assert made.findings[0].message == f"'f' is left out: {reason}"


def test_containers_that_are_too_deep_are_left_out() -> None:
    def nested(depth: int) -> Any:
        return "int8[]" if depth == 0 else [nested(depth - 1)]

    compile(client_source(one_endpoint([nested(40)], nested(40))), "client", "exec")
    assert specc.emit("python", one_endpoint([nested(41)])).data == b""


def test_train_and_eval_endpoints_are_not_for_a_client() -> None:
    step = {"inputs": ["float32[]"], "outputs": {"loss": "float32[]"}, "method": "train"}
    data = {"specc": 1, "endpoints": {"step": step, "f": {"inputs": [], "outputs": "int8[]"}}, "default": "f"}
    made = specc.emit("python", from_json(data))
    assert made.findings == ()
    assert b"step" not in made.data


def test_the_order_of_keys_in_inputs_changes_only_the_digest() -> None:
    data = json.loads(json.dumps(RANKER))
    features = data["endpoints"]["score"]["inputs"][0]
    data["endpoints"]["score"]["inputs"][0] = dict(reversed(features.items()))
    here, there = client_source(ranker()).splitlines(), client_source(from_json(data)).splitlines()
    different = [line for line, other in zip(here, there, strict=True) if line != other]
    assert [line.partition(":")[0] for line in different] == ["# Contract"]


def test_the_order_of_what_carries_no_meaning_changes_nothing() -> None:
    data = json.loads(json.dumps(RANKER))
    for part in (data["endpoints"], data["dims"], data["endpoints"]["score"]["outputs"], data):
        items = list(part.items())
        part.clear()
        part.update(reversed(items))
    assert client_source(from_json(data)) == client_source(ranker()) == client_source(ranker().promises())


def test_long_names_are_kept() -> None:
    name = "score_" * 20
    source = client_source(one_endpoint([{name: "int8[]"}], arguments=[name]))
    assert f"        {name}: FScore" in source
    assert f"    {name}: npt.ArrayLike" in source


def test_docstrings_have_shapes_bounds_and_descriptions() -> None:
    module = client_module(ranker())
    text = inspect.getdoc(module.Client.score) or ""
    assert text.splitlines()[0] == "The probability of a click."
    for line in (
        "inputs.user.id: int64[batch], minimum 0, maximum 50.",
        "inputs.country: string[batch]. Its code.",
        "click: float32[batch, 1].",
        "batch: at least 1, at most 64.",
    ):
        assert f"    {line}" in text.splitlines()
    assert "temperature: float32[], default 0.5." in (module.Client.rank.__doc__ or "")
    assert "Contract: " + specc.digest(ranker()) in client_source(ranker())


def test_what_has_a_default_is_given_by_keyword() -> None:
    leaf = {"kind": "tensor", "dtype": "int8", "shape": [], "default": 1}
    module = client_module(one_endpoint(["int8[]", {"a": leaf}, "int8[]"], arguments=["x", "options", "y"]))
    assert str(inspect.signature(module.Client.f)).startswith(
        "(self, x: 'npt.ArrayLike', *, options: 'FOptions | None' = None, y: 'npt.ArrayLike')"
    )


@pytest.mark.parametrize(
    ("text", "name"),
    [("user_id", "user_id"), ("a b", "a_b"), ("class", "class_"), ("__x", "x"), ("1", "n_1"), ("", "n"), ("é é", "n")],
)
def test_a_name_is_made_of_its_letters(text: str, name: str) -> None:
    assert identifier(text, "n") == name


def test_ruff_finds_nothing(tmp_path: Path) -> None:
    for name, document in (("ranker", ranker()), ("odd", with_texts(HOSTILE[0]))):
        (tmp_path / f"{name}_client.py").write_bytes(specc.emit("python", document, name="m").data)
    ruff = Path(sys.executable).with_name("ruff")
    if not ruff.exists():
        pytest.skip("needs ruff")
    command = [ruff, "check", "--isolated", "--no-cache", tmp_path]
    run = subprocess.run(command, check=False, capture_output=True, text=True)
    assert run.stdout.strip() == "All checks passed!"
