"""What a new key of the language and a new check touch: a copy of the package is extended, and used."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import specc

KEY = {
    "language/document.py": (
        "    optional: Flag = False\n",
        '    audience: Text = ""\n    """Who calls the endpoint."""\n    optional: Flag = False\n',
    ),
    "language/json_schema/examples.py": (
        '        "optional": [True],\n',
        '        "audience": ["The home feed."],\n        "optional": [True],\n',
    ),
}
"""What a new optional key of an endpoint touches: its model, with a docstring, and its examples."""

CHECK = {
    "rules/table.py": ('"no-inputs",', '"no-inputs", "no-verb",'),
    "checks/table.py": (
        '    "no-inputs": no_inputs,\n',
        '    "no-inputs": no_inputs,\n    "no-verb": no_verb,\n',
    ),
}
"""What a new check touches in modules that exist: the table of ids, and the table of checks."""

NO_VERB = '''
from specc.checks.context import CheckContext
from specc.diagnostics import finding

def no_verb(context: CheckContext):
    """Findings for endpoints that are called "model"."""
    for checked in context.endpoints:
        if checked.name == "model":
            yield finding("no-verb", checked.path, "the name is not a verb", on_key=True)
'''
NO_VERB_PAGE = """# no-verb

The name of an endpoint is not a verb.

Level: warning. `[tool.specc]` levels can change it.
"""


class Package:
    """A copy of the package in ``directory``, with some texts replaced."""

    def __init__(self, directory: Path, edits: dict[str, tuple[str, str]]) -> None:
        self.directory = directory
        source = Path(specc.__file__).parent
        shutil.copytree(source, directory / "specc", ignore=shutil.ignore_patterns("__pycache__"))
        for name, (before, after) in edits.items():
            path = directory / "specc" / name
            text = path.read_text(encoding="utf-8")
            assert before in text
            path.write_text(text.replace(before, after, 1), encoding="utf-8")

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The result of the command line of the copy, run in its directory."""
        command = [sys.executable, "-m", "specc", *arguments]
        environment = {**os.environ, "PYTHONPATH": str(self.directory)}
        return subprocess.run(command, cwd=self.directory, env=environment, capture_output=True, text=True, check=False)


def spec(**endpoint: object) -> str:
    score = {"inputs": ["float32[3]"], "outputs": {"score": "float32[1]"}, **endpoint}
    return json.dumps({"specc": 1, "model": "ranker:build", "endpoints": {"score": score}})


@pytest.fixture(scope="module")
def with_key(tmp_path_factory: pytest.TempPathFactory) -> Package:
    return Package(tmp_path_factory.mktemp("key"), KEY)


def test_a_new_key_of_an_endpoint_is_read_and_written_in_its_place(with_key: Package) -> None:
    path = with_key.directory / "ranker.specc.json"
    path.write_text(spec(audience="Search.", autograph=True), encoding="utf-8")
    assert with_key.run("validate", path.name).returncode == 0
    assert with_key.run("fmt", path.name).returncode == 0
    written = json.loads(path.read_text(encoding="utf-8"))["endpoints"]["score"]
    assert list(written) == ["autograph", "inputs", "outputs", "audience"]
    assert written["audience"] == "Search."


def test_its_default_is_left_out(with_key: Package) -> None:
    path = with_key.directory / "plain.specc.json"
    path.write_text(spec(audience=""), encoding="utf-8")
    with_key.run("fmt", path.name)
    assert "audience" not in path.read_text()


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        ({"aduience": "Search."}, "hint: did you mean 'audience'?"),
        ({"audience": 3}, "at endpoints.score.audience"),
    ],
)
def test_a_mistake_in_it_is_found_at_its_place(with_key: Package, endpoint: dict[str, object], expected: str) -> None:
    path = with_key.directory / "wrong.specc.json"
    path.write_text(spec(**endpoint), encoding="utf-8")
    result = with_key.run("validate", path.name)
    assert result.returncode == 1
    assert result.stdout.count("error:") == 1
    assert expected in result.stdout


def test_editors_are_told_of_it(with_key: Package) -> None:
    schema = json.loads(with_key.run("schema", "document").stdout)
    key = schema["$defs"]["Endpoint"]["properties"]["audience"]
    assert key["description"] == "Who calls the endpoint."
    assert key["examples"] == ["The home feed."]


def test_a_new_check_is_a_module_a_page_and_its_id_in_two_tables(tmp_path: Path) -> None:
    package = Package(tmp_path, CHECK)
    checks, rules = tmp_path / "specc/checks", tmp_path / "specc/rules"
    (checks / "no_verb.py").write_text(NO_VERB, encoding="utf-8")
    table = (checks / "table.py").read_text(encoding="utf-8")
    imported = "from specc.checks.no_inputs import no_inputs\n"
    (checks / "table.py").write_text(
        table.replace(imported, f"{imported}from specc.checks.no_verb import no_verb\n"), encoding="utf-8"
    )
    (rules / "no-verb.md").write_text(NO_VERB_PAGE, encoding="utf-8")
    path = tmp_path / "ranker.specc.json"
    path.write_text(spec().replace('"score": {"inputs"', '"model": {"inputs"'), encoding="utf-8")
    found = package.run("validate", path.name)
    assert "warning: no-verb: the name is not a verb" in found.stdout
    (tmp_path / "pyproject.toml").write_text('[tool.specc]\nlevels = {no-verb = "error"}\n', encoding="utf-8")
    assert package.run("validate", path.name).returncode == 1
    assert package.run("explain", "no-verb").stdout == NO_VERB_PAGE
