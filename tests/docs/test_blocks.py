"""Every command and code block of README and docs does what the page says."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from page_runs import PageRun, forget_modules, matches, run_console
from pages import ROOT, Block, Page, pages

NEED_TENSORFLOW = {
    "README.md",
    "docs/commands.md",
    "docs/from-keras.md",
    "docs/publishing.md",
    "docs/python.md",
    "docs/serving.md",
    "docs/verify.md",
}
# The blocks of docs/rules.md are run one by one: tests/rules/test_pages.py, tests/rules/test_rule_examples.py.
RUN = [page for page in pages() if page.blocks and page.name != "docs/rules.md"]
NOT_RUN = {
    ("README.md", "installs packages"): 1,
    ("docs/backends.md", "needs an environment with JAX"): 1,  # tests/jax_backend builds there
    ("docs/commands.md", "it serves until it is interrupted"): 1,  # tests/mock starts and ends it
    ("docs/hooks.md", "needs the URL of a repository"): 1,  # tests/hooks runs the hooks
    ("docs/publishing.md", "installs packages"): 1,
    ("docs/serving.md", "keeps running"): 1,
    ("docs/serving.md", "needs Docker"): 1,
    ("docs/verify.md", "needs bubblewrap"): 1,
}


@pytest.mark.parametrize(
    "page",
    [pytest.param(page, marks=pytest.mark.tensorflow if page.name in NEED_TENSORFLOW else ()) for page in RUN],
    ids=lambda page: page.name,
)
def test_the_blocks_of_a_page_run(page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if page.name in NEED_TENSORFLOW:
        pytest.importorskip("tensorflow")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr("specc.compatibility.policy.today", lambda: "2027-01-15")  # the waivers of the pages are valid
    try:
        PageRun().run(page)
    finally:
        forget_modules(tmp_path)


def test_what_is_not_run_is_known() -> None:
    reasons = Counter((block.page, block.said("not run:")) for page in RUN for block in page.blocks)
    assert {key: count for key, count in reasons.items() if key[1]} == NOT_RUN


def test_a_comment_that_no_test_reads_is_noticed() -> None:
    known = re.compile(r"(wrong )?file \S+|part of .+|exit \d|not run: .+|after \S+")
    for page in RUN:
        comments = re.findall(r"<!--\s*tests?\b:?\s*(.*?)\s*-->", "\n".join(page.prose), flags=re.DOTALL)
        assert [comment for comment in comments if not known.fullmatch(comment)] == []
        read = [block.note for block in page.blocks if block.note] + [f"after {page.start}"] * bool(page.start)
        assert sorted(comments) == sorted(read)


def test_a_block_that_only_shows_is_generated() -> None:
    for page in RUN:  # the synopses of commands, and a file of a server
        shown = [block for block in page.blocks if block.language == "text"]
        assert all(block.text.startswith(("specc ", "model_config_list {")) for block in shown), shown


def test_another_output_is_noticed() -> None:
    shown = "one\n...\nthr...\n"
    assert [matches(shown, f"one{between}\nthree\n") for between in ("", "\ntwo", "\ntwo\ntwo", "\n")] == [True] * 4
    assert not any(matches(shown, other) for other in ("one\ntwo\n", "zero\none\nthree", "one\nthree\nfour\n", ""))
    assert not matches("on...\n", "one\ntwo\n")  # in a line it stands for text of that line


def test_sizes_and_times_are_not_compared() -> None:
    assert matches("a: 1,024 bytes (10 of variables), 0.12 s", "a: 7 bytes (3,000 of variables), 10.00 s")
    assert not matches("a: 1,024 bytes, 3 parts", "a: 1,024 bytes, 4 parts")


def test_a_wrong_block_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    wrong = [
        Block("page", 1, "json", '{"specc": 2}'),
        Block(
            "page", 1, "json", '{"specc": 1, "endpoints": {"a": {"inputs": ["float32[2]"], "outputs": "float32[2]"}}}'
        ),
        Block("page", 1, "json", '"autograf": true', "part of an endpoint"),
        Block("page", 1, "console", "$ specc explain no-such-rule\n"),
        Block("page", 1, "console", "$ specc explain bad-dtype\nnothing\n"),
        Block("page", 1, "console", "$ make coffee\n"),
        Block("page", 1, "console", "$ rm -r /\n"),
        Block("page", 1, "console", "specc explain\n"),
        Block("page", 1, "ruby", "puts 1\n"),
        Block("page", 1, "python", "assert 1 == 2\n"),
    ]
    for block in wrong:
        with pytest.raises(AssertionError):
            PageRun()._run(block)
    run_console(Block("page", 1, "console", "$ specc explain no-such-rule\n", "exit 2"))


def test_an_example_of_a_page_is_not_longer_than_the_page_is_wide() -> None:
    for page in RUN:
        for block in page.blocks:
            assert max(map(len, block.text.splitlines()), default=0) <= 120, block


def test_the_readme_is_a_door() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 150
    commands = [block.text for block in Page("README.md").blocks if block.language == "console"]
    assert any("$ make demo" in text and "$ make test" in text for text in commands)
