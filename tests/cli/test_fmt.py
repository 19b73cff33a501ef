"""``specc fmt``: files in canonical form, completely or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from rule_examples import examples

from specc.cli import main
from specc.language.load import dump, loads

ROOT = Path(__file__).parents[2]
CANONICAL = """\
{
  "specc": 1,
  "dims": {"batch": {}},
  "endpoints": {
    "serve": {
      "inputs": ["float32[batch, 3]"],
      "outputs": "float32[batch]"
    }
  }
}
"""
SPELLED = """\
{"endpoints": {"serve": {"outputs": "float32[ batch ]", "inputs": [{"kind": "tensor", "dtype": "float32",\r
 "shape": ["batch", 3.0]}], "autograph": false}}, "dims": {"batch": {"min": 0}}, "specc": 1.0}"""


@pytest.fixture
def spec(tmp_path: Path) -> Any:
    def write(text: str, name: str = "a.specc.json") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode())
        return path

    return write


def test_a_file_is_rewritten_and_then_left_alone(spec: Any, capsys: Any) -> None:
    path = spec(SPELLED)
    assert main(["fmt", str(path)]) == 0
    assert capsys.readouterr() == ("", "1 file checked, no errors\n1 changed\n")
    assert path.read_bytes() == CANONICAL.encode()
    before = path.stat()
    assert main(["fmt", str(path)]) == 0
    assert capsys.readouterr() == ("", "1 file checked, no errors\n0 changed\n")
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_check_names_what_would_change_and_changes_nothing(spec: Any, capsys: Any) -> None:
    first, second = spec(SPELLED), spec(CANONICAL, "b.specc.json")
    assert main(["fmt", "--check", str(first), str(second)]) == 1
    assert capsys.readouterr() == (
        f"{first}: error: not-canonical: the text is not in canonical form\n"
        "  hint: specc fmt rewrites it; specc fmt --diff shows the changes\n",
        "2 files checked, 1 error\n1 would change\n",
    )
    assert first.read_bytes() == SPELLED.encode()
    assert main(["fmt", "--check", str(second)]) == 0


def test_diff_shows_what_would_change_and_changes_nothing(spec: Any, capsys: Any) -> None:
    text = CANONICAL.replace('"float32[batch]"', '"float32[ batch]"')
    path = spec(text)
    assert main(["fmt", "--diff", str(path)]) == 1
    assert (
        capsys.readouterr().out
        == f"""\
--- {path}
+++ {path} (formatted)
@@ -4,7 +4,7 @@
   "endpoints": {{
     "serve": {{
       "inputs": ["float32[batch, 3]"],
-      "outputs": "float32[ batch]"
+      "outputs": "float32[batch]"
     }}
   }}
 }}
"""
    )
    assert path.read_bytes() == text.encode()


def test_a_file_with_defects_stays_as_it_is_and_the_others_are_formatted(spec: Any, capsys: Any) -> None:
    bad, good = spec(SPELLED.replace("float32", "float23")), spec(SPELLED, "b.specc.json")
    assert main(["fmt", str(bad), str(good), str(bad.with_name("absent"))]) == 3
    out, err = capsys.readouterr()
    assert out.count("error: bad-dtype: ") == 2
    assert "there is no such file" in err
    assert bad.read_bytes() == SPELLED.replace("float32", "float23").encode()
    assert good.read_bytes() == CANONICAL.encode()
    assert main(["fmt", str(bad)]) == 1


def test_what_only_building_forbids_is_formatted(spec: Any) -> None:
    path = spec(SPELLED.replace("serve", "1st").replace("batch ", "bacth "))
    assert main(["fmt", str(path)]) == 0
    assert loads(path.read_text().replace("bacth", "batch")).endpoints.keys() == {"1st"}


def test_mode_and_links_are_kept(spec: Any, tmp_path: Path) -> None:
    path = spec(SPELLED)
    path.chmod(0o640)
    link = tmp_path / "link.specc.json"
    link.symlink_to(path.name)
    assert main(["fmt", str(link)]) == 0
    assert link.is_symlink()
    assert path.read_bytes() == CANONICAL.encode()
    assert path.stat().st_mode & 0o7777 == 0o640
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.specc.json", "link.specc.json"]


def test_a_file_that_cannot_be_written_stays_whole(spec: Any, monkeypatch: Any, capsys: Any, tmp_path: Path) -> None:
    path = spec(SPELLED)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert main(["fmt", str(path)]) == 3
    assert (
        capsys.readouterr().err
        == f"specc: error: cannot write {path}: No space left on device\n0 files checked, no errors\n0 changed\n"
    )
    assert path.read_bytes() == SPELLED.encode()
    assert [each.name for each in tmp_path.iterdir()] == ["a.specc.json"]


def test_machines_are_told_of_defects_too(spec: Any, capsys: Any) -> None:
    path = spec(SPELLED.replace("float32", "float23"))
    assert main(["fmt", "--format", "json", str(path)]) == 1
    assert [finding["rule"] for finding in json.loads(capsys.readouterr().out)["findings"]] == [
        "bad-dtype",
        "bad-dtype",
    ]


def test_the_specs_of_this_repository_are_canonical() -> None:
    files = sorted(map(str, (ROOT / "examples").glob("**/*.specc.json")))
    assert len(files) > 15
    assert main(["fmt", "--check", *files]) == 0


def test_what_inspect_prints_is_canonical() -> None:
    assert dump(loads(CANONICAL)) == CANONICAL


@pytest.mark.parametrize(("kind", "code"), [("Bad", 1), ("Good", 0)])
def test_the_page_of_the_rule_is_right(kind: str, code: int, spec: Any) -> None:
    (example,) = [each for each in examples() if (each.rule, each.kind) == ("not-canonical", kind)]
    assert main(["fmt", "--check", str(spec(example.spec))]) == code


def test_a_name_that_draws_is_not_printed_raw(spec: Any, capsysbinary: Any) -> None:
    path = spec(SPELLED, "\x1b[31m.specc.json")
    assert main(["fmt", "--check", os.fspath(path)]) == 1
    assert b"\x1b" not in capsysbinary.readouterr().out
