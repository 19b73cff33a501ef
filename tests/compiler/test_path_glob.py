"""Globs over paths: they match what one regular expression does, in linear time."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specc.compiler.write import path_glob
from specc.compiler.write.path_glob import PathGlob

pytestmark = pytest.mark.tensorflow


def as_regex(pattern: str) -> re.Pattern[str]:
    """The same language as a regular expression, whose time is exponential."""
    text = ""
    for token in re.findall(r"\*\*/|\*\*|\*|\?|[^*?]+", pattern):
        text += {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(token, re.escape(token))
    return re.compile(text, re.DOTALL)


PATHS = ["".join(letters) for size in range(6) for letters in itertools.product("a/b", repeat=size)]


@given(
    st.text(alphabet="*/?ab", max_size=9)
    | st.lists(st.sampled_from(["**/", "**", "*", "/", "a", "?"]), max_size=6).map("".join)
)
def test_it_matches_what_the_expression_matches(pattern: str) -> None:
    glob, regex = PathGlob(pattern), as_regex(pattern)
    assert [path for path in PATHS if glob.matches(path)] == [path for path in PATHS if regex.fullmatch(path)]


@pytest.mark.parametrize("size", range(6))
def test_every_short_pattern(size: int) -> None:
    paths = [path for path in PATHS if len(path) < 5]
    for letters in itertools.product("*/?a", repeat=size):
        pattern = "".join(letters)
        glob, regex = PathGlob(pattern), as_regex(pattern)
        assert [glob.matches(path) for path in paths] == [bool(regex.fullmatch(path)) for path in paths], pattern


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("**", "", True),
        ("encoder/**", "encoder/a/kernel", True),
        ("encoder/**", "encoder", False),
        ("**/kernel", "kernel", True),
        ("a/**/kernel", "a/kernel", True),
        ("a/**/kernel", "a/b/c/kernel", True),
        ("a/**/kernel", "a/b/ckernel", False),
        ("*/kernel", "a/b/kernel", False),
        ("a?", "a\n", True),
        ("[a].+", "[a].+", True),
        ("日?", "日本", True),
        ("*", "a\x00", True),
    ],
)
def test_examples(pattern: str, path: str, matches: bool) -> None:
    assert PathGlob(pattern).matches(path) == matches


@pytest.mark.parametrize(
    "pattern",
    ["**/" * 1000 + "zzz", "**a" * 1000 + "z", "*a" * 1000 + "z", "**/a/" * 500 + "z", "****/" * 1000 + "z", "**/*" * 500 + "z", "?" * 5000, "**/***/" * 500 + "z"],
)  # fmt: skip
def test_the_steps_are_linear_in_the_path(pattern: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = path_glob._tokens(pattern)
    wild = [token in ("*", "**", "**/") for token in tokens]
    assert not any(all(wild[at : at + 3]) for at in range(len(wild) - 2))  # so that few steps need no character
    assert not PathGlob(pattern).matches("a/" * 1000 + "a")
