"""Archives with ops that TensorFlow lacks: the notes of a build, and how to build from such an archive."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from op_library import compile_library
from tensorflow.core.protobuf import saved_model_pb2

import specc
from specc.cli import main
from specc.compiler.load_model import load_model
from specc.compiler.op_registry import registered_ops
from specc.compiler.user_code import run_user_code
from specc.language.contract import CONTRACT_PATH
from specc.reader.custom_ops import core_ops

pytestmark = pytest.mark.tensorflow

SPEC = {
    "specc": 1,
    "model": "model:Model",
    "dims": {"batch": {}},
    "endpoints": {"serve": {"inputs": ["float32[batch]"], "outputs": "float32[batch]"}},
}


def test_the_list_holds_what_tensorflow_registers() -> None:
    code = (
        "import json, tensorflow; from specc.compiler.op_registry import registered_ops; "
        "print(json.dumps(sorted(registered_ops())))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    ops = set(json.loads(done.stdout.splitlines()[-1]))
    assert ops - core_ops() == set()  # else: scripts/list_ops.py
    assert len(ops) > 1_800
    public = {name for name in dir(tf.raw_ops) if name[0].isupper()}
    assert {name for name in public if name not in ops} == set()


@pytest.fixture
def negative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An archive in ``negative/``, whose function negates its input."""
    monkeypatch.chdir(tmp_path)
    root = tf.Module()
    root.serve = tf.function(tf.negative, input_signature=[tf.TensorSpec([None], tf.float32, name="x")])
    tf.saved_model.save(root, "negative")
    Path("from_archive.specc.json").write_text(json.dumps({**SPEC, "model": "negative/", "endpoints": {
        "serve": {**SPEC["endpoints"]["serve"], "function": "serve"},  # type: ignore[index]
    }}))  # fmt: skip
    return Path("negative")


def with_op(archive: Path, op: str) -> None:
    """Renames the archive's ``Neg``, as if it were a third-party op."""
    file = archive / "saved_model.pb"
    saved = saved_model_pb2.SavedModel.FromString(file.read_bytes())
    for function in saved.meta_graphs[0].graph_def.library.function:
        for node in function.node_def:
            node.op = op if node.op == "Neg" else node.op
    file.write_bytes(saved.SerializeToString())


@pytest.mark.parametrize(
    ("op", "message", "hint"),
    [
        (
            "TFText>Neg",
            "'negative/' uses ops that are not registered: TFText>Neg (tensorflow_text)",
            'add "imports": ["tensorflow_text"] to the spec, or give --import tensorflow_text',
        ),
        (
            "FancyNeg",
            "'negative/' uses ops that are not registered: FancyNeg (library unknown)",
            'add "imports": ["MODULE"] to the spec, or give --import MODULE',
        ),
    ],
)
def test_an_archive_whose_ops_are_not_registered(op: str, message: str, hint: str, negative: Path, capsys: Any) -> None:
    with_op(negative, op)
    assert main(["build", "from_archive.specc.json", "--out", "new", "--format", "json"]) == 1
    (found,) = json.loads(capsys.readouterr().out)["findings"]
    assert (found["rule"], found["message"], found["hint"]) == ("unregistered-op", message, hint)
    assert found["location"]["line"] == 1
    assert not Path("new").exists()


def test_an_op_of_another_release(negative: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_op(negative, "NegV9")
    known = core_ops() | {"NegV9"}
    monkeypatch.setattr("specc.compiler.op_registry.core_ops", lambda: known)
    with pytest.raises(specc.SpecError) as caught:
        load_model("negative/", Path(), seed=0)
    assert [str(finding) for finding in caught.value.diagnostics] == [
        "model: unregistered-op: 'negative/' uses ops that this release of TensorFlow lacks: NegV9; install the release "
        "that the archive was written with"
    ]


def test_an_archive_that_the_users_own_code_loads(negative: Path) -> None:
    with_op(negative, "RougeL")
    with pytest.raises(specc.SpecError) as caught:
        run_user_code(lambda: tf.saved_model.load("negative"), "bad-model", ("model",), "m:load() failed")
    said = str(caught.value)
    assert (
        'Op type not registered \'RougeL\'; add "imports": ["tensorflow_text"] to the spec, or give --import ' in said
    )
    assert "binary running on" not in said  # which is the name of this machine


def test_what_an_archives_contract_imports_is_never_imported(negative: Path) -> None:
    Path("marking.py").write_text("open('imported', 'w')")
    named = {**SPEC, "model": "marking:model", "imports": ["marking"]}
    program = specc.compile(specc.from_json({**named, "endpoints": {"serve": {**SPEC["endpoints"]["serve"], "function": None}}}))  # type: ignore[dict-item, index]  # fmt: skip
    program.export(None, "negated", functions={"serve": lambda x: -x})
    contract = json.loads((Path("negated") / CONTRACT_PATH).read_text())
    assert contract["document"]["imports"] == ["marking"]
    Path("again.specc.json").write_text(Path("from_archive.specc.json").read_text().replace("negative/", "negated/"))
    assert main(["build", "again.specc.json", "--out", "again", "--quiet"]) == 0
    assert main(["init", "negated", "--quiet"]) == 0
    assert not Path("imported").exists()


def test_a_build_says_which_ops_and_their_contract_says_so_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without = core_ops() - {"Erf", "LowerBound"}
    monkeypatch.setattr("specc.reader.custom_ops.core_ops", lambda: without)
    document = specc.from_json({**SPEC, "imports": ["my_ops"], "endpoints": {"serve": {**SPEC["endpoints"]["serve"], "function": None}}})  # type: ignore[dict-item, index]  # fmt: skip
    report = specc.compile(document).export(None, tmp_path / "archive", functions={"serve": tf.math.erf})
    assert report.custom_ops == {"Erf": ""}
    assert report.notes == (
        "TensorFlow lacks ops that the archive needs: Erf (library unknown); import my_ops before loading it, and serve it "
        "where these ops are built in",
    )
    inspection = specc.inspect_archive(report.path)
    assert (inspection.document, inspection.custom_ops, inspection.findings) == (document, {"Erf": ""}, ())
    plain = specc.compile(document).export(None, tmp_path / "plain", functions={"serve": lambda x: -x})
    assert (plain.custom_ops, plain.notes) == ({}, ())


MODEL = """
import sys

import tensorflow as tf

triple = sys.modules["triple_ops"].triple  # imported before

class Model(tf.Module):
    def __call__(self, x):
        return triple(x) + 1.0
"""


@pytest.mark.skipif(shutil.which("g++") is None, reason="needs g++")
def test_a_library_of_ops_from_build_to_build(tmp_path: Path) -> None:
    compile_library(tmp_path)
    (tmp_path / "model.py").write_text(MODEL)
    (tmp_path / "a.specc.json").write_text(json.dumps({**SPEC, "imports": ["triple_ops"]}))

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "specc", *arguments]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)

    built = run("build", "a.specc.json", "--out", "a")
    assert built.returncode == 0, built.stdout + built.stderr
    assert (
        "note: TensorFlow lacks ops that the archive needs: SpeccTriple (library unknown); import triple_ops bef"
        in built.stdout
    )
    assert specc.inspect_archive(tmp_path / "a").custom_ops == {"SpeccTriple": ""}
    (tmp_path / "b.specc.json").write_text(json.dumps({**SPEC, "model": "a/", "endpoints": {
        "serve": {**SPEC["endpoints"]["serve"], "function": "serve"},  # type: ignore[index]
    }}))  # fmt: skip
    refused = run("build", "b.specc.json", "--out", "b", "--quiet")
    assert refused.returncode == 1
    assert "unregistered-op: 'a/' uses ops that are not registered: SpeccTriple (library unknown)" in refused.stdout
    again = run("build", "b.specc.json", "--out", "b", "--import", "triple_ops")
    assert again.returncode == 0, again.stdout + again.stderr
    assert specc.inspect_archive(tmp_path / "b").custom_ops == {"SpeccTriple": ""}
    code = "import triple_ops, tensorflow as tf; print(tf.saved_model.load('b').serve(tf.constant([1.0, 2.0])).numpy())"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert loaded.stdout == "[4. 7.]\n"
    assert "SpeccTriple" not in registered_ops()  # nothing was loaded here
