"""``specc verify`` as a user runs it: what it prints, in which format, and its exit codes."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from command_line import run
from doubling import RIGHT, SPEC, WRONG, spec_with, write_project, write_spec

import specc
from specc.cli import main
from specc.cli.verify import configure
from specc.report.findings_schema import findings_schema

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("project")
    write_project(directory)
    return directory


@pytest.fixture(autouse=True)
def _there(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)


def spec(**endpoint: Any) -> str:
    return write_spec(Path(), spec_with(**endpoint))


def test_a_sound_archive() -> None:
    before = specc.archive_digest("archive")
    done = run("verify", spec(examples={"one": RIGHT}), "archive")
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.split()[0] for line in done.stderr.splitlines()] == [
        "reading",
        "loading",
        "loading",
        "loading",
        "calling",
    ]
    title, header, serve, alias, summary = done.stdout.splitlines()
    digest = specc.digest(specc.from_json(SPEC))
    assert title.startswith(f"archive: contract {digest[:12]}, ")
    assert title.endswith(", seed 0")
    assert header.split()[:5] == ["endpoint", "calls", "attribute", "signature", "session"]
    assert serve.split()[:5] == ["serve", "1+8", "ok", "ok", "ok"]
    assert alias.split()[2:5] == ["-", "ok", "ok"]
    assert alias.startswith("  serving_default ")
    assert summary.startswith("1 endpoint, ")
    assert ", 0 errors, " in summary
    assert specc.archive_digest("archive") == before


def test_json_has_the_keys_of_verify(capsys: Any) -> None:
    file = spec(examples={"wrong": WRONG})
    assert main(["verify", file, "archive", "--format", "json", "--cases", "1"]) == 1
    data = json.loads(capsys.readouterr().out)
    jsonschema.validate(data, findings_schema())
    assert (data["command"], data["archive"], data["spec"], data["seed"]) == ("verify", "archive", file, 0)
    assert data["tensorflow"].startswith("2.")
    (endpoint,) = data["endpoints"]
    assert (endpoint["name"], endpoint["examples"], endpoint["generated"]) == ("serve", 1, 1)
    assert endpoint["ways"]["session"] == "fails"
    (finding,) = data["findings"]
    assert (finding["rule"], finding["level"], finding["endpoint"], finding["case"]) == (
        "answer-differs", "error", "serve", "wrong",
    )  # fmt: skip
    assert finding["path"] == ["endpoints", "serve", "outputs"]
    assert finding["ways"] == ["attribute", "signature", "session"]
    comparison = finding["comparison"]
    assert (comparison["elements"], comparison["differing"], comparison["index"]) == (3, 1, [0, 2])
    assert (comparison["found"], comparison["expected"]) == (-1.0, -2.0)
    assert finding["location"]["line"] == json.dumps(spec_with(), indent=2).split('"outputs"')[0].count("\n") + 1


def test_a_failing_archive_as_text_and_in_one_line(capsys: Any) -> None:
    file = spec(examples={"wrong": WRONG})
    assert main(["verify", file, "archive", "--cases", "0"]) == 1
    out = capsys.readouterr().out
    assert "\narchive: endpoints.serve.outputs: error: answer-differs: the answer of the attribute, " in out
    assert "   = 1 of 3 elements differ; the first is [0, 2]: -1.0 instead of -2.0\n" in out
    assert main(["verify", file, "archive", "--cases", "0", "--quiet"]) == 1
    out, err = capsys.readouterr()
    assert err == ""
    assert [line.split(": ")[1:3] for line in out.splitlines()] == [["error", "answer-differs"]]


@pytest.mark.parametrize("form", ["github", "sarif"])
def test_formats_that_point_at_the_lines_of_the_spec(form: str, capsys: Any) -> None:
    file = spec(examples={"wrong": WRONG})
    assert main(["verify", file, "archive", "--cases", "0", "--format", form]) == 1
    out = capsys.readouterr().out
    if form == "github":
        assert out.startswith(f"::error file={file},title=answer-differs,line=")
        assert "%0A1 of 3 elements differ; the first is [0, 2]: -1.0 instead of -2.0%0A" in out
    else:
        (result,) = json.loads(out)["runs"][0]["results"]
        place = result["locations"][0]["physicalLocation"]
        assert (result["ruleId"], place["artifactLocation"]["uri"]) == ("answer-differs", file)
        assert "; 1 of 3 elements differ; " in result["message"]["text"]


def test_junit(capsys: Any) -> None:
    assert main(["verify", spec(examples={"wrong": WRONG}), "archive", "--cases", "1", "--format", "junit"]) == 1
    root = ET.fromstring(capsys.readouterr().out)
    assert [suite.get("name") for suite in root] == ["static", "serve"]
    cases = {case.get("name"): case.find("failure") for case in root[1]}
    assert {name for name, failure in cases.items() if failure is not None} == {
        "attribute wrong", "signature wrong", "session wrong",
    }  # fmt: skip
    assert "session base" in cases


def test_static_needs_no_tensorflow() -> None:
    code = (
        "import sys; sys.modules['tensorflow'] = sys.modules['numpy'] = sys.modules['keras'] = None\n"
        "from specc.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, "verify", spec(), "archive", "--static", "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    assert (data["tensorflow"], data["endpoints"], data["findings"]) == (None, [], [])


def test_static_finds_what_the_files_tell(capsys: Any) -> None:
    other = {**SPEC, "endpoints": {"score": SPEC["endpoints"]["serve"]}}
    assert main(["verify", write_spec(Path(), other), "archive", "--static", "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)["findings"]
    assert {finding["level"] for finding in found} == {"error"}
    assert all(
        finding["endpoint"] is None or finding["path"][:2] == ["endpoints", finding["endpoint"]] for finding in found
    )
    assert {(finding["ways"], finding["example"]) for finding in found} == {(None, None)}


def test_an_archive_describes_itself(capsys: Any) -> None:
    assert main(["verify", "archive", "--cases", "1", "--way", "signature", "--format", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["spec"], data["findings"]) == (None, [])
    (endpoint,) = data["endpoints"]
    assert (endpoint["ways"]["signature"], endpoint["ways"]["session"]) == ("ok", None)


def test_another_archive_is_a_spec_and_a_reference(capsys: Any, tmp_path: Path) -> None:
    other = write_project(tmp_path, name="triple")
    assert main(["verify", str(other), "archive", "--cases", "1"]) == 0
    capsys.readouterr()
    assert main(["verify", spec(), "archive", "--cases", "1", "--against", str(other), "--format", "json"]) == 1
    assert [finding["rule"] for finding in json.loads(capsys.readouterr().out)["findings"]] == ["answer-differs"]


@pytest.mark.parametrize(("model", "code", "rules"), [([], 0, []), (["doubling_model:triple"], 1, ["weights-differ"])])
def test_the_model(model: list[str], code: int, rules: list[str], capsys: Any) -> None:
    assert main(["verify", spec(), "archive", "--cases", "1", "--format", "json", "--model", *model]) == code
    assert [finding["rule"] for finding in json.loads(capsys.readouterr().out)["findings"]] == rules


def test_a_model_and_a_module_that_cannot_be_imported(capsys: Any) -> None:
    assert main(["verify", spec(), "archive", "--quiet", "--model", "nothing_here:m"]) == 1
    assert capsys.readouterr().out.startswith("--model: error: bad-model: ")
    assert main(["verify", spec(), "archive", "--quiet", "--import", "nothing_here"]) == 3
    message = "cannot import 'nothing_here': ModuleNotFoundError: No module named 'nothing_here'"
    assert capsys.readouterr() == ("", f"specc: error: {message}\n")


def test_an_archive_that_reaches_out_is_not_run(tmp_path: Path, capsys: Any) -> None:
    data = {**SPEC, "endpoints": {"read": {"function": "reading", "inputs": ["string[]"], "outputs": "string[]"}}}
    archive = write_project(tmp_path, data)
    file = write_spec(tmp_path, data)
    assert main(["verify", file, str(archive), "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["tensorflow"], found["endpoints"][0]["ways"]) == (None, {})
    assert {"reaches-out", "not-proven"} <= {finding["rule"] for finding in found["findings"]}
    assert main(["verify", file, str(archive), "--trust", "--cases", "1", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["tensorflow"] is not None
    assert main(["verify", file, str(archive), "--trust", "--cases", "1", "--strict", "--quiet"]) == 1


def test_max_findings(capsys: Any) -> None:
    examples = {"wrong": WRONG, "unanswered": {"inputs": RIGHT["inputs"], "error": ""}}
    options = ["verify", spec(examples=examples), "archive", "--cases", "0", "--max-findings", "1"]
    assert main(options) == 1
    out = capsys.readouterr().out
    assert out.count("error: answer-differs: ") == 1
    assert ", 2 errors, " in out.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "expected SPEC and ARCHIVE, or an ARCHIVE that describes itself"),
        (["a", "b", "c"], "expected SPEC and ARCHIVE, or an ARCHIVE that describes itself"),
        (["doubling_model.py"], "doubling_model.py is a file: expected SPEC and ARCHIVE, or the directory of a SavedModel"),
        (["archive", "--endpoint", "srve"], "there is no endpoint 'srve'; did you mean 'serve'?"),
        (["archive", "--model"], "--model needs a SPEC file, since nothing that an archive names is imported"),
        (["archive", "archive", "--model", "m:f"], "--model needs a SPEC file, since nothing that an archive names is imported"),
    ],
)  # fmt: skip
def test_wrong_usage(arguments: list[str], message: str, capsys: Any) -> None:
    assert main(["verify", *arguments]) == 2
    out, err = capsys.readouterr()
    assert (out, err.splitlines()[-1]) == ("", f"specc: error: {message}")


@pytest.mark.parametrize(
    "option", ["--cases=-1", "--cases=x", "--seed=-1", "--timeout=0", "--timeout=nan", "--way=model"]
)
def test_values_that_options_refuse(option: str, capsys: Any) -> None:
    assert main(["verify", "archive", option]) == 2


@pytest.mark.parametrize("names", [["absent"], ["a.specc.json", "absent"], ["absent.specc.json", "archive"]])
def test_what_is_not_there(names: list[str], capsys: Any) -> None:
    spec()
    assert main(["verify", *names]) == 3
    assert capsys.readouterr().out == ""
    assert main(["verify", *names, "--format", "json"]) == 3
    data = json.loads(capsys.readouterr().out)
    jsonschema.validate(data, findings_schema())
    assert len(data["unreadable"]) == 1


def test_an_invalid_spec_has_its_own_findings(capsys: Any) -> None:
    file = spec(outputs="float23[batch, 3]")
    assert main(["verify", file, "archive", "--format", "json"]) == 1
    data = json.loads(capsys.readouterr().out)
    jsonschema.validate(data, findings_schema())
    assert ([finding["rule"] for finding in data["findings"]], data["endpoints"]) == (["bad-dtype"], [])


@pytest.mark.parametrize("wrong", ["missing", "bad"])
def test_files_of_examples_are_found_before_anything_runs(wrong: str, capsys: Any) -> None:
    file = spec(examples={"night": {"inputs": {"file": f"{wrong}.npz"}}})
    Path("bad.npz").write_bytes(b"no arrays")
    assert main(["verify", file, "archive", "--format", "json"]) == 1
    (finding,) = json.loads(capsys.readouterr().out)["findings"]
    assert finding["rule"] == ("missing-example-file" if wrong == "missing" else "bad-example-file")
    assert finding["path"] == ["endpoints", "serve", "examples", "night", "inputs", "file"]


def test_without_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("empty").mkdir(exist_ok=True)
    Path("empty", "tensorflow.py").write_text("raise ImportError('there is none')")
    monkeypatch.setenv("PYTHONPATH", str(Path("empty").absolute()))
    done = run("verify", spec(), "archive")
    assert (done.returncode, done.stdout) == (3, "")
    assert "there is none" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "names", "model"),
    [
        (["--model", "a.specc.json", "archive"], ["a.specc.json", "archive"], True),
        (["a.specc.json", "--model", "archive"], ["a.specc.json", "archive"], True),
        (["a.specc.json", "archive", "--model"], ["a.specc.json", "archive"], True),
        (["--model", "m:f", "a.specc.json", "archive"], ["a.specc.json", "archive"], "m:f"),
        (["--model", "m.keras", "a", "b"], ["a", "b"], "m.keras"),
        (["--model", "saved/", "a", "b"], ["a", "b"], "saved/"),
        (["a", "b"], ["a", "b"], None),
    ],
)
def test_the_value_of_model_is_optional(arguments: list[str], names: list[str], model: object) -> None:
    parser = argparse.ArgumentParser()
    configure(parser)
    options = parser.parse_args(arguments)
    assert (options.names, options.model) == (names, model)


def test_an_archive_that_does_not_answer_in_time(capsys: Any) -> None:
    assert main(["verify", spec(), "archive", "--timeout", "0.2", "--format", "json"]) == 1
    data = json.loads(capsys.readouterr().out)
    assert {finding["rule"] for finding in data["findings"] if finding["level"] == "error"} == {"timed-out"}
    for command in (["run", "archive", "--input", "call.json"], ["record", spec(), "archive"]):
        Path("call.json").write_text(json.dumps({"inputs": RIGHT["inputs"]}))
        assert main([*command, "--timeout", "0.2"]) == 1
        assert "error: timed-out: " in "".join(capsys.readouterr())
