"""Options may stand between the positional arguments of a command, in any place."""

import importlib
import itertools
from argparse import Namespace
from collections.abc import Callable
from typing import Any

import pytest

from specc.cli import COMMANDS, OK, WRONG_USAGE, main

Parse = Callable[[list[str]], Namespace]


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> Parse:
    """What a command is given to run, without running it."""
    given: list[Namespace] = []
    for name in COMMANDS:
        monkeypatch.setattr(
            importlib.import_module(f"specc.cli.{name}"), "run", lambda options: given.append(options) or OK
        )

    def parse(arguments: list[str]) -> Namespace:
        assert main(arguments) == OK
        return given[-1]

    return parse


COMMANDS_OF_SEVERAL = [
    ("verify", "names", ["a", "b"], ["--endpoint", "x"]),
    ("verify", "names", ["a", "b"], ["--model"]),
    ("verify", "names", ["a", "b"], ["--model", "m:f"]),
    ("record", "names", ["a", "b"], ["--check"]),
    ("record", "names", ["a", "b"], ["--model"]),
    ("run", "names", ["a", "b", "c"], ["--input", "-"]),
    ("build", "files", ["a", "b", "c"], ["--out", "x"]),
    ("diff", "names", ["a", "b"], ["--format", "json"]),
    ("validate", "files", ["a", "b", "c"], ["--strict"]),
    ("fmt", "files", ["a", "b", "c"], ["--check"]),
    ("digest", "archives", ["a", "b", "c"], ["--contract"]),
    ("explain", "rule", ["a"], []),
    ("schema", "schema", ["findings"], ["--check", "x"]),
    ("init", "model", ["a"], ["--name", "x"]),
    ("show", "source", ["a"], ["--against", "b"]),
    ("inspect", "archive", ["a"], ["--json"]),
    ("emit", "source", ["openapi", "a"], ["--name", "x"]),
    ("payload", "requests", ["check", "s", "a", "b"], ["--strict"]),
    ("mock", "source", ["a"], ["--port", "0"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("command", "where", "words", "option"),
    COMMANDS_OF_SEVERAL,
    ids=[f"{each[0]} {' '.join(each[3])}" for each in COMMANDS_OF_SEVERAL],
)
def test_an_option_may_stand_anywhere(
    command: str, where: str, words: list[str], option: list[str], parsed: Parse
) -> None:
    arguments = [[*words[:place], *option, *words[place:]] for place in range(len(words) + 1)]
    found = [vars(parsed([command, *each])) for each in arguments]
    first = {"emit": 1, "payload": 2}.get(command, 0)
    expected = words[first:] if len(words) > first + 1 else words[first]
    assert [options[where] for options in found] == [expected] * len(arguments)
    assert all(options == found[0] for options in found)


def test_every_command_is_tried() -> None:
    assert {command for command, *_ in COMMANDS_OF_SEVERAL} == COMMANDS.keys()


def test_several_options_between_all_words(parsed: Parse) -> None:
    options = [["--endpoint", "x"], ["--model", "m.keras"], ["--way", "session", "--way", "signature"], ["--seed=3"]]
    for first, second, third, fourth in itertools.permutations(options):
        found = parsed(["verify", *first, "a", *second, "b", *third, "c", *fourth])
        assert (found.names, found.endpoint, found.model) == (["a", "b", "c"], ["x"], "m.keras")
        assert (found.way, found.seed) == (["session", "signature"], 3)


@pytest.mark.parametrize(
    "words",
    [
        ["a", "--endpoint", "x", "--model", "b"],
        ["a", "--model", "--endpoint", "x", "b"],
        ["--model", "a", "--endpoint", "x", "b"],
    ],
)
def test_a_word_after_model_that_names_no_model_keeps_its_place(words: list[str], parsed: Parse) -> None:
    found = parsed(["verify", *words])
    assert (found.names, found.model, found.endpoint) == (["a", "b"], True, ["x"])


@pytest.mark.parametrize(
    "words", [["a", "--static", "--", "--odd"], ["--static", "--", "a", "--odd"], ["a", "--static", "-1"]]
)
def test_words_after_two_hyphens_and_negative_numbers_are_no_options(words: list[str], parsed: Parse) -> None:
    assert parsed(["verify", *words]).names == ["a", words[-1]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["verify", "a", "--static", "b", "--bogus"], "specc: error: unrecognized arguments: --bogus\n"),
        (["verify", "a", "--bogus", "b"], "specc: error: unrecognized arguments: --bogus\n"),
        (["verify", "a", "--way", "b", "c"], "specc verify: error: argument --way: invalid choice: 'b' (choose from "),
        (["verify", "a", "--static", "b", "--seed"], "specc verify: error: argument --seed: expected one argument\n"),
        (["verify", "a", "--static", "b", "--static", "c"], "specc: error: expected SPEC and ARCHIVE, or an ARCHIVE "),
        (["run", "--input", "-"], "the following arguments are required: [SPEC] ARCHIVE [ENDPOINT]\n"),
        (["run", "a", "--way", "session", "b", "--input", "-", "c", "--trust", "d"], "expected at most a SPEC, an "),
        (["build", "a", "--quiet", "b"], "specc build: error: one of the arguments --out --base is required\n"),
        (["build", "--out", "x"], "specc build: error: the following arguments are required: FILE\n"),
        (["inspect", "a", "--json", "b"], "specc: error: unrecognized arguments: b\n"),
    ],
)  # fmt: skip
def test_wrong_usage_is_named_as_by_argparse(arguments: list[str], message: str, capsys: Any) -> None:
    assert main(arguments) == WRONG_USAGE
    out, err = capsys.readouterr()
    assert (out, message in err) == ("", True), err
