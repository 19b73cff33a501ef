"""``specc explain``: pages for people, in a blink."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from specc.cli import main
from specc.rules import RULES, rule_page, rule_summary


def test_a_rule_is_explained_by_its_page(capsys: Any) -> None:
    assert main(["explain", "bad-dtype"]) == 0
    assert capsys.readouterr() == (rule_page("bad-dtype"), "")


def test_without_a_rule_all_are_listed(capsys: Any) -> None:
    assert main(["explain"]) == 0
    out, err = capsys.readouterr()
    header, *lines = out.splitlines()
    assert header.split() == ["rule", "level", "summary"]
    assert [line.split(maxsplit=2) for line in lines] == [
        [rule, RULES[rule].level, rule_summary(rule)] for rule in sorted(RULES)
    ]
    assert err == ""


def test_an_unknown_rule_is_wrong_usage(capsys: Any) -> None:
    assert main(["explain", "bad-dtyp"]) == 2
    assert capsys.readouterr() == ("", "specc: error: there is no rule 'bad-dtyp'; did you mean 'bad-dtype'?\n")
    assert main(["explain", "../rules/bad-dtype\x1b[31m"]) == 2
    message = "there is no rule '../rules/bad-dtype\\x1b[31m'; specc explain lists all rules"
    assert capsys.readouterr() == ("", f"specc: error: {message}\n")


def test_nothing_heavy_is_imported() -> None:
    code = """\
import sys
from specc.cli import main
assert main(["explain", "bad-dtype"]) == 0
assert main(["explain"]) == 0
heavy = {"pydantic", "pydantic_core", "jsonschema", "google.protobuf", "tensorflow", "keras", "numpy"}
print(sorted(heavy & set(sys.modules)), file=sys.stderr)
"""
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert process.stderr == "[]\n"
