"""Ops that TensorFlow lacks: found in a graph and its functions, named with their library, without TensorFlow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from synthetic_archive import FLOAT, graph_of, info, meta_graph, saved_model, signature, written

from specc.cli import main
from specc.errors import ArchiveError, SpecError
from specc.language.contract import CONTRACT_PATH, write_contract
from specc.language.load import from_json
from specc.reader import inspect, inspect_archive
from specc.reader.custom_ops import core_ops, custom_ops, library_of, loading_note
from specc.scaffold.from_archive import infer_archive_spec

TOKENS = ["Placeholder", "CaseFoldUTF8", "Scale", "PartitionedCall", "__inference_f_1"]
FUNCTIONS = {"__inference_f_1": ["StringJoin", "TFText>NgramsStringJoin"], "__inference_g_2": ["Scale"]}
CUSTOM = {"CaseFoldUTF8": "tensorflow_text", "Scale": "", "TFText>NgramsStringJoin": "tensorflow_text"}


def archive(directory: Path, graph_def: bytes) -> Path:
    """An archive of TensorFlow 1, with one signature."""
    serve = signature({"x": info(FLOAT, 2)}, {"y": info(FLOAT, 2)})
    return written(directory, saved_model(meta_graph({"serve": serve}, graph_def=graph_def)))


@pytest.fixture
def tokens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return archive(Path("tokens"), graph_of(TOKENS, FUNCTIONS))


def test_ops_of_the_graph_and_its_functions_but_no_calls_of_them(tokens: Path) -> None:
    assert dict(inspect_archive(tokens).custom_ops) == CUSTOM


def test_an_archive_of_core_ops_has_none(tmp_path: Path) -> None:
    assert inspect_archive(archive(tmp_path, graph_of(sorted(core_ops())))).custom_ops == {}


@pytest.mark.parametrize(
    ("op", "library"),
    [
        ("SentencepieceOp", "tensorflow_text"),
        ("TFText>SomethingNew", "tensorflow_text"),
        ("Addons>Resampler", "tensorflow_addons"),
        ("SimpleMLInferenceOpWithHandle", "ydf_tf"),
        ("TFText", ""),
        ("Mine>Scale", ""),
        ("Scale", ""),
    ],
)
def test_the_library_of_an_op(op: str, library: str) -> None:
    assert custom_ops([op, "MatMul", "VarHandleOp"]) == {op: library}
    assert library_of(op) == library


@pytest.mark.parametrize(
    ("graph_def", "message"),
    [
        (graph_of(TOKENS)[:-3], "it ends in the middle of a field: it may be cut short"),
        (b"\x00" * 100, "a field has the number 0"),
    ],
    ids=["cut short", "zeros"],
)
def test_a_graph_that_cannot_be_read(graph_def: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError) as caught:
        inspect(archive(tmp_path, graph_def))
    assert str(caught.value) == f"cannot read {tmp_path / 'saved_model.pb'}: {message}"


def test_a_graph_of_too_many_nodes_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("specc.reader.graph_ops.MAX_NODES", 4)
    with pytest.raises(ArchiveError, match="its graph has more than 4 nodes"):
        inspect(archive(tmp_path, graph_of(TOKENS)))


NOTE = (
    "TensorFlow lacks ops that the archive needs: CaseFoldUTF8 and TFText>NgramsStringJoin (tensorflow_text); "
    "Scale (library unknown); import tensorflow_text before loading it, and serve it where these ops are built in"
)


def test_inspect_names_them(tokens: Path, capsys: Any) -> None:
    assert main(["inspect", str(tokens)]) == 0
    out, err = capsys.readouterr()
    assert "   Scale                    is not one of TensorFlow's; an unknown library registers it; " in out
    assert err.splitlines()[0] == f"note: {NOTE}"
    assert main(["inspect", str(tokens), "--json"]) == 0
    out, err = capsys.readouterr()
    assert "CaseFold" not in out
    assert err.splitlines()[0] == f"note: {NOTE}"


def test_what_a_spec_imports_stands_for_a_library_that_is_not_known() -> None:
    assert loading_note({"Scale": ""}, ["my_ops"]) == (
        "TensorFlow lacks ops that the archive needs: Scale (library unknown); import my_ops before loading it, and serve "
        "it where these ops are built in"
    )
    assert "import the module that registers them before" in loading_note({"Scale": ""}, ())
    assert "import tensorflow_text before" in loading_note({"RougeL": "tensorflow_text"}, ["my_ops"])


class TestContract:
    DOCUMENT = from_json(
        {
            "specc": 1,
            "model": "marking:model",
            "imports": ["marking"],
            "endpoints": {"serve": {"arguments": ["x"], "inputs": ["float32[2]"], "outputs": {"y": "float32[2]"}}},
            "default": None,
        }
    )

    def carrying(self, directory: Path, contract: str) -> Path:
        (directory / CONTRACT_PATH).parent.mkdir()
        (directory / CONTRACT_PATH).write_text(contract)
        return directory

    def test_it_names_the_ops_beside_the_document(self, tokens: Path) -> None:
        contract = write_contract(self.DOCUMENT, custom_ops={"Scale": "my_ops"})
        data = json.loads(contract)
        assert data["custom_ops"] == {"Scale": "my_ops"}
        assert "Scale" not in json.dumps(data["document"])
        inspection = inspect_archive(self.carrying(tokens, contract))
        assert (inspection.source, inspection.custom_ops) == ("contract", {"Scale": "my_ops"})
        assert data["document"]["imports"] == ["marking"]

    def test_one_that_does_not_say_is_read_from_the_graph(self, tokens: Path) -> None:
        assert inspect_archive(self.carrying(tokens, write_contract(self.DOCUMENT))).custom_ops == CUSTOM

    def test_an_op_that_the_graph_lacks(self, tokens: Path) -> None:
        inspection = inspect_archive(self.carrying(tokens, write_contract(self.DOCUMENT, custom_ops={"Other": ""})))
        message = "the graph has no op 'Other', which the contract names among its custom ops"
        assert message in [finding.message for finding in inspection.findings]

    @pytest.mark.parametrize("value", [["Scale"], {"Scale": None}, "Scale", 3])
    def test_what_is_no_list_of_ops(self, value: Any, tokens: Path) -> None:
        data = json.loads(write_contract(self.DOCUMENT))
        with pytest.raises(SpecError) as caught:
            inspect(self.carrying(tokens, json.dumps({**data, "custom_ops": value})))
        assert [finding.rule for finding in caught.value.diagnostics] == ["bad-contract"]

    def test_nothing_imports_what_it_names(self, tokens: Path, capsys: Any) -> None:
        Path("marking.py").write_text("open('imported', 'w')")
        self.carrying(tokens, write_contract(self.DOCUMENT, custom_ops={"Scale": "marking"}))
        for command in (["inspect"], ["inspect", "--json"], ["digest"], ["init"]):
            main([*command, str(tokens)])
        assert not Path("imported").exists()


def test_a_first_spec_imports_the_libraries_that_are_known(tokens: Path) -> None:
    inferred = infer_archive_spec(tokens)
    assert inferred.document.imports == ("tensorflow_text",)
    said = [str(guess) for guess in inferred.guesses if guess.path == ("imports",)]
    assert said == [
        "imports: tensorflow_text, since TensorFlow lacks CaseFoldUTF8 and TFText>NgramsStringJoin; it must be installed "
        "where the spec is built",
        "imports: name the module that registers Scale: the archive uses ops that TensorFlow lacks",
    ]


def test_a_first_spec_imports_what_the_command_line_says(tokens: Path, capsys: Any) -> None:
    assert main(["init", str(tokens), "--import", "my.ops", "--import", "my.ops", "--import", "tensorflow_text"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["imports"] == ["my.ops", "tensorflow_text"]
    assert "imports" not in err


def test_the_name_of_a_module_on_the_command_line(tokens: Path, capsys: Any) -> None:
    assert main(["init", str(tokens), "--import", "my ops"]) == 2
    assert "argument --import: 'my ops' is not the name of a module" in capsys.readouterr().err
