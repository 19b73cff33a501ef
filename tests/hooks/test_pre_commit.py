"""pre-commit itself installs the hooks from a git repository of this checkout, and runs them in another one."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from scratch import BAD, GOOD, ROOT, Scratch, configuration

HOOKS = ("specc-validate", "specc-fmt")
ODD_NAMES = (
    "-x.specc.json",
    "--help.specc.json",
    "a b.specc.json",
    "line\nbreak.specc.json",
    "sub dir/-y.specc.json",
    "ümläut.specc.json",
    "'quoted' \"twice\".specc.json",
    "$HOME.specc.json",
    "*.specc.json",
    ".specc.json",
)


@pytest.fixture
def scratch(tmp_path: Path, home: Path, checkout: Scratch) -> Scratch:
    repository = Scratch(tmp_path / "scratch", home)
    repository.write(".pre-commit-config.yaml", configuration(checkout, *(json.dumps({"id": hook}) for hook in HOOKS)))
    return repository


def test_the_hooks_are_what_pre_commit_wants(checkout: Scratch) -> None:
    assert checkout.pre_commit("validate-manifest", ".pre-commit-hooks.yaml").stdout == ""
    assert checkout.pre_commit("validate-config", ".pre-commit-config.yaml").stdout == ""
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert [hook["id"] for hook in hooks] == ["specc-fmt", "specc-validate", "specc-diff", "specc-emit"]


def test_a_commit_is_refused_until_it_is_right(scratch: Scratch) -> None:
    assert scratch.pre_commit("install").returncode == 0
    scratch.write("ranker.specc.json", BAD)
    assert scratch.commit("a bad spec").returncode == 1
    scratch.write("ranker.specc.json", canonical(scratch, GOOD))
    assert scratch.commit("a good spec").returncode == 0
    assert scratch.git("log", "--format=%s") == "a good spec\n"


def test_the_environment_has_what_the_hooks_need_and_no_tensorflow(scratch: Scratch, home: Path) -> None:
    scratch.git("add", "--all")
    assert scratch.pre_commit("install-hooks").returncode == 0
    environments = list(home.glob("*/py_env-*/bin/python"))
    names = ("specc", "pydantic", "jsonschema", "google.protobuf", "tensorflow", "keras", "numpy")
    script = f"import importlib.util; print([name for name in {names} if importlib.util.find_spec(name)])"
    found = {
        subprocess.run([python, "-I", "-c", script], capture_output=True, text=True, check=True).stdout
        for python in environments
    }
    assert found == {"['specc', 'pydantic', 'google.protobuf']\n"}


def test_a_bad_spec_is_reported_as_the_command_reports_it(scratch: Scratch) -> None:
    scratch.write("good.specc.json", GOOD)
    scratch.write("bad.specc.json", BAD)
    code, said = scratch.specc("validate", "--", "bad.specc.json", "good.specc.json")
    assert code == 1
    assert "bad-dtype" in said
    assert scratch.hook("specc-validate") == (1, said)
    scratch.write("bad.specc.json", GOOD)
    assert scratch.hook("specc-validate") == (0, "")


def test_other_files_are_left_alone(scratch: Scratch) -> None:
    for name in ("bad.json", "specc.json", "bad.specc.json.txt", "bad.specc.jsonl", "badXspecc.json"):
        scratch.write(name, BAD)
    scratch.git("add", "--all")
    done = scratch.pre_commit("run", "--all-files")
    assert (done.returncode, done.stdout.count("(no files to check)Skipped")) == (0, len(HOOKS))


def test_odd_names_are_names(scratch: Scratch) -> None:
    for name in ODD_NAMES:
        scratch.write(name, GOOD)
    assert scratch.hook("specc-validate") == (0, "")
    for name in ODD_NAMES:
        scratch.write(name, BAD)
    files = scratch.git("ls-files", "-z", "*.specc.json").split("\0")[:-1]
    assert sorted(files) == sorted(ODD_NAMES)
    assert scratch.hook("specc-validate") == scratch.specc("validate", "--", *files)


def test_many_files_keep_their_order(scratch: Scratch) -> None:
    # More than one command line holds: pre-commit runs the hook several times, one after another.
    names = [f"{'long' * 20}/{number:04}.specc.json" for number in range(2500)]
    for number, name in enumerate(names):
        scratch.write(name, BAD if number % 50 == 0 else GOOD)
    code, said = scratch.hook("specc-validate")
    assert code == 1
    found = re.findall(r"^l.*/(\d{4})\.specc\.json", said, re.MULTILINE)
    assert list(dict.fromkeys(found)) == [f"{number:04}" for number in range(0, 2500, 50)]
    assert found == sorted(found)
    runs = [int(files) for files in re.findall(r"^(\d+) files checked", said, re.MULTILINE)]
    assert len(runs) > 1
    assert sum(runs) == 2500


def canonical(scratch: Scratch, content: Any) -> str:
    """``content`` as the command writes it."""
    path = scratch.write("to be formatted.specc.json", content)
    assert scratch.specc("fmt", "--", path.name)[0] == 0
    text = path.read_text(encoding="utf-8")
    path.unlink()
    return text


def test_a_spec_is_formatted_once(scratch: Scratch) -> None:
    wanted = canonical(scratch, GOOD)
    for name in ODD_NAMES:
        scratch.write(name, GOOD)
    assert scratch.hook("specc-fmt")[0] == 1  # pre-commit stops a commit whose files a hook has changed
    assert {name: (scratch.path / name).read_text(encoding="utf-8") for name in ODD_NAMES} == dict.fromkeys(
        ODD_NAMES, wanted
    )
    assert scratch.hook("specc-fmt") == (0, "")
    assert json.loads(wanted) == GOOD


def test_what_is_no_spec_is_not_formatted(scratch: Scratch) -> None:
    bad = scratch.write("bad.specc.json", BAD)
    code, said = scratch.hook("specc-fmt")
    assert (code, said) == scratch.specc("fmt", "--", "bad.specc.json")
    assert json.loads(bad.read_text(encoding="utf-8")) == BAD


def test_the_format_may_be_checked_alone(scratch: Scratch, checkout: Scratch) -> None:
    hook = json.dumps({"id": "specc-fmt", "args": ["--check", "--"]})
    scratch.write(".pre-commit-config.yaml", configuration(checkout, hook))
    spec = scratch.write("-x.specc.json", GOOD)
    assert scratch.hook("specc-fmt") == scratch.specc("fmt", "--check", "--", spec.name)
    assert json.loads(spec.read_text(encoding="utf-8")) == GOOD
    assert scratch.git("diff", "--name-only") == ""
    scratch.write("-x.specc.json", canonical(scratch, GOOD))
    assert scratch.hook("specc-fmt") == (0, "")


def narrowed(dtype: str) -> Any:
    return {**GOOD, "endpoints": {"serve": {"inputs": [f"{dtype}[batch, 3]"], "outputs": "float32[batch, 3]"}}}


def test_a_commit_that_breaks_clients_is_refused(scratch: Scratch, checkout: Scratch) -> None:
    for name in ("-x.specc.json", "b.specc.json"):
        scratch.write(name, GOOD)
    assert scratch.commit("the first contract").returncode == 0
    scratch.git("tag", "v1")
    hook = json.dumps({"id": "specc-diff", "args": ["--against", "v1", "--"]})
    scratch.write(".pre-commit-config.yaml", configuration(checkout, hook))
    assert scratch.pre_commit("install").returncode == 0
    scratch.write("-x.specc.json", {**GOOD, "description": "the same contract"})
    assert scratch.commit("a safe change").returncode == 0
    scratch.write("-x.specc.json", narrowed("float64"))
    refused = scratch.commit("a break")
    assert refused.returncode == 1
    assert "breaks wire, rest and python: 1 breaking; a major version" in refused.stdout
    assert "-x.specc.json" in refused.stdout
    scratch.write("-x.specc.json", GOOD)
    (scratch.path / "b.specc.json").unlink()
    refused = scratch.commit("a spec is gone")
    assert (refused.returncode, "endpoint-removed" in refused.stdout) == (1, True)


def test_a_hook_without_a_revision_says_what_it_needs(scratch: Scratch, checkout: Scratch) -> None:
    scratch.write(".pre-commit-config.yaml", configuration(checkout, json.dumps({"id": "specc-diff"})))
    scratch.write("a.specc.json", GOOD)
    code, said = scratch.hook("specc-diff")
    assert code == 1
    assert "expected OLD and NEW, or FILEs and --against REV; found 0 names" in said


def test_a_stale_artefact_is_refused(scratch: Scratch, checkout: Scratch) -> None:
    scratch.write("a.specc.json", GOOD)
    emitted = ["emit", "openapi", "a.specc.json", "--out", "a.openapi.json"]
    assert scratch.specc(*emitted)[0] == 0
    hook = {"id": "specc-emit", "args": ["openapi", "a.specc.json", "--check", "a.openapi.json"]}
    scratch.write(".pre-commit-config.yaml", configuration(checkout, json.dumps(hook)))
    assert scratch.pre_commit("install").returncode == 0
    assert scratch.commit("a contract and its artefact").returncode == 0
    scratch.write("a.specc.json", {**GOOD, "description": "another text"})
    refused = scratch.commit("a change")
    assert (refused.returncode, "stale-artefact" in refused.stdout) == (1, True)
    assert scratch.specc(*emitted)[0] == 0
    assert scratch.commit("a change, and its artefact").returncode == 0


def test_this_repository_runs_its_own_hooks_on_its_examples(checkout: Scratch) -> None:
    done = checkout.pre_commit("run", "--all-files")
    assert (done.returncode, re.findall(r"\.(\w+)$", done.stdout, re.MULTILINE)) == (0, ["Passed", "Passed"])


def test_this_repository_tells_its_hooks_what_the_package_needs() -> None:
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    (local,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert {tuple(hook["additional_dependencies"]) for hook in local["hooks"]} == {tuple(dependencies)}
