"""Every rule has a page: its bad example has findings of this rule only, and its good example none."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest
from rule_examples import CHANGES, Example, blocks, examples, sections

from specc.checks import BUILT_CHECKS, CHECKS, Settings
from specc.cli import validate
from specc.cli.settings import SettingsFinder
from specc.rules import RULES, rule_page, rule_summary, table
from specc.rules.change_rows import ROWS
from specc.rules.reference import reference

OF_A_SPEC = {rule.id for rule in RULES.values() if rule.stage in ("text", "document", "check")} - {"not-canonical"}
"""Rules that ``specc validate`` finds; the others are found by building and reading."""
DESCRIBED = {
    "archive-mismatch", "asset-clash", "byte-order-mark", "emit-lossy", "large-example", "not-utf-8", "no-examples", "stale-artefact", "too-large",
    "too-many-examples", "too-many-findings", "unused-waiver", *get_args(table.StaticRule), *get_args(table.CallRule),
}  # fmt: skip
"""Rules whose examples are described in words: what a page cannot hold, the effect of a bug or a race, settings, or a
defect that another tool leaves in an archive (tests/reader/test_static_*.py, tests/verification)."""
OF_EMIT = {rule.id for rule in RULES.values() if rule.stage == "emit" and rule.level == "warning"}
LANGUAGES = (["json"], ["text"], ["python"], ["json", "python"])
OF_REQUESTS = {rule.id for rule in RULES.values() if rule.stage == "payload"}
OF_ONE = sorted(set(RULES) - set(CHANGES))
"""Rules about one document; the pairs of the others are tested by test_change_pages.py."""
SPECS = [example for example in examples() if example.spec]


def test_every_rule_has_a_page_and_every_page_a_rule() -> None:
    assert sorted(page.stem for page in Path(table.__file__).parent.glob("*.md")) == sorted(RULES)


def test_an_id_has_one_stage() -> None:
    stages = [
        *table._STAGES.values(),
        *table._TARGETS.values(),
        table.GeneralCheck,
        *table._BUILT_TARGETS.values(),
        table.WaiverRule,
    ]
    ids = [rule for each in (*stages, *get_args(table.ChangeRule)) for rule in get_args(each)]
    assert len(ids) == len(set(ids)) == len(RULES)
    assert {rule for rule in RULES if RULES[rule].stage == "check"} == set(CHECKS)
    assert set(table._TARGETS) == set(get_args(table.Target))


@pytest.mark.parametrize("rule", sorted(RULES))
def test_a_page_has_its_form(rule: str) -> None:
    page = rule_page(rule)
    assert page.startswith(f"# {rule}\n\n")
    summary, *reasons = sections(rule)[rule].split("\n\n")
    assert summary == rule_summary(rule)
    assert re.fullmatch(r"[A-Z`].*[^.]\.", summary)
    assert re.search(r"\. [A-Z]", summary) is None  # one sentence
    assert len(summary) <= 110
    assert reasons
    assert max(map(len, page.splitlines())) <= 120


@pytest.mark.parametrize("rule", OF_ONE)
def test_a_page_ends_with_the_level(rule: str) -> None:
    assert list(sections(rule)) == [rule, "Bad", "Good"]
    change = " `[tool.specc]` levels can change it." if rule in (*CHECKS, *BUILT_CHECKS, *OF_EMIT) else ""
    assert rule_page(rule).endswith(f"\n\nLevel: {RULES[rule].level}.{change}\n")


@pytest.mark.parametrize("rule", OF_ONE)
def test_a_page_has_a_bad_and_a_good_example(rule: str) -> None:
    for kind in ("Bad", "Good"):
        text = sections(rule)[kind]
        languages = [language for language, _ in blocks(text)]
        if rule in OF_REQUESTS:
            assert languages == ["json", "json"]
        elif rule in DESCRIBED:
            assert languages == []
            assert text.endswith(".")
        else:
            assert languages in LANGUAGES
        assert text.count("```") == 2 * len(languages)


def found(example: Example, directory: Path, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The rules of all that ``specc validate`` finds, for the target of a check and with the check switched on."""
    rule, finder = RULES[example.rule], SettingsFinder()
    if rule.stage == "check":
        levels: Any = {rule.id: "warning"} if rule.level == "off" else {}
        settings = Settings(levels, frozenset([rule.target]) if rule.target else frozenset())
        monkeypatch.setattr(finder, "settings_for", lambda _: settings)
    file = directory / "ranker.specc.json"
    file.write_text(example.spec, encoding="utf-8")
    return {finding.rule for finding in validate._findings_in_file(str(file), finder)}


@pytest.mark.parametrize("example", SPECS, ids=str)
def test_an_example_has_a_finding_of_its_rule_or_none(
    example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_finding = example.kind == "Bad" and example.rule in OF_A_SPEC
    assert found(example, tmp_path, monkeypatch) == ({example.rule} if is_finding else set())


def test_text_is_what_json_is_not() -> None:
    for rule in sorted(RULES):
        for language, content in blocks(rule_page(rule)):
            if language == "json":
                json.loads(content)
            elif language == "text":
                with pytest.raises(ValueError, match=r"constant|Expecting"):
                    json.loads(content, parse_constant=_no_constant)


def _no_constant(text: str) -> Any:
    raise ValueError(f"a constant: {text}")


def test_the_reference_is_fresh() -> None:
    path = Path(__file__).parents[2] / "docs" / "rules.md"
    assert path.read_text(encoding="utf-8") == reference(), "run: make docs"


def test_the_table_of_contents_leads_to_every_page() -> None:
    text = reference()
    for rule in sorted(RULES):
        row = re.search(rf"^\| \[{rule}\]\(#{rule}\) \| (.*) \| (.*) \|$", text, flags=re.MULTILINE)
        assert row is not None
        judgements = " | ".join(ROWS[rule][1:4]) if rule in ROWS else RULES[rule].level
        assert row.groups() == (judgements, rule_summary(rule))
        assert text.count(f"\n## {rule}\n") == 1
    headings = re.findall(r"^# .*$", text, flags=re.MULTILINE)
    assert {heading for heading in headings if heading != "# ranker.py"} == {"# Rules"}
