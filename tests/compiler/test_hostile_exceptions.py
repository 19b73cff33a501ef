"""Unusual exceptions of user code: each becomes one short line with the line of the user's own code."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from specc.compiler.user_code import run_user_code, text_of, user_line
from specc.errors import SpecError

pytestmark = pytest.mark.tensorflow


class SaysError(Exception):
    """Its ``str`` and ``repr`` are what a function returns or raises."""

    def __init__(self, say: Callable[[], Any]) -> None:
        super().__init__()
        self._say = say

    def __str__(self) -> str:
        return self._say()  # type: ignore[no-any-return]

    __repr__ = __str__


class OwnGroup(ExceptionGroup[Exception]):
    pass


def leave() -> Any:
    raise SystemExit(1)


def stop() -> Any:
    raise GeneratorExit


def nested(depth: int) -> Exception:
    error: Exception = ValueError("the reason")
    for number in range(depth):
        error = ExceptionGroup(f"level {number}", [error, TypeError("another")])
    return error


RAISED: dict[str, tuple[BaseException, str]] = {
    "str is 10 MB": (SaysError(lambda: "x" * 10_000_000), "SaysError: xxx"),
    "str is 10 MB of spaces": (SaysError(lambda: f"a{' ' * 10_000_000}b"), "SaysError: a"),
    "str is 10 MB of lines": (SaysError(lambda: "y\n" * 5_000_000), "SaysError: y; y; "),
    "str is 10 MB of stack": (SaysError(lambda: '  File "a", line 1\n' * 500_000 + "the reason"), "SaysError: "),
    "str is 10 MB of nodes": (SaysError(lambda: "{{function_node " * 600_000), "SaysError: {{function_node "),
    "str exits": (SaysError(leave), "SaysError"),
    "str stops": (SaysError(stop), "SaysError"),
    "str is None": (SaysError(lambda: None), "SaysError"),
    "a file with a NUL": (SaysError(lambda: 'x\n  File "a\0b", line 3, in f\n'), 'SaysError: x; File "a\0b", line 3, in f'),
    "a line of 5,000 digits": (SaysError(lambda: f'x\n  File "a", line {"9" * 5000}\n'), "SaysError: x; File "),
    "a file with a long name": (SaysError(lambda: f'x\n  File "{"a" * 5000}", line 3, in f\n'), "SaysError: x"),
    "exit with an object": (SystemExit(SaysError(lambda: "x" * 10_000_000)), "it called sys.exit(xxx"),
    "exit with an object without repr": (SystemExit(SaysError(leave)), "it called sys.exit(a SaysError)"),
    "no text argument": (ValueError(3, {"a": 1}), "ValueError: (3, {'a': 1})"),
    "bytes": (ValueError(b"\xff"), "ValueError: b'\\xff'"),
    "half a pair": (ValueError("\udcff"), "ValueError: \udcff"),
    "colours": (ValueError("\x1b[31mred\x1b[0m"), "ValueError: red"),
    "a group": (nested(1), "ExceptionGroup: level 0 (2 sub-exceptions): ValueError: the reason"),
    "groups": (nested(3), "ExceptionGroup: level 2 (2 sub-exceptions): ValueError: the reason"),
    "many groups": (nested(200), "ExceptionGroup: level 199 (2 sub-exceptions)"),
    "a group of the user": (OwnGroup("mine", [KeyError("k")]), "OwnGroup: mine (1 sub-exception): KeyError: 'k'"),
    "a group of exits": (BaseExceptionGroup("b", [SystemExit(2)]), "BaseExceptionGroup: b (1 sub-exception): it called sys.exit(2)"),
}  # fmt: skip


@pytest.mark.parametrize("name", RAISED)
def test_any_exception_is_one_short_line(name: str) -> None:
    error, said = RAISED[name]

    def fails() -> None:
        raise error

    started = time.process_time()
    with pytest.raises(SpecError) as caught:
        run_user_code(fails, "trace-failed", ("endpoints", "f"), "tracing 'f' failed")
    (found,) = caught.value.diagnostics
    assert time.process_time() - started < 5  # what is quadratic takes minutes
    assert found.message.startswith(f"tracing 'f' failed: {said}")
    assert len(found.message) < 3000
    assert "\n" not in found.message
    assert found.hint.startswith("raised in test_hostile_exceptions.py, line ") or "File" in text_of(error)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("<ipython-input-3-1a2b>", "raised in <ipython-input-3-1a2b>, line 2, in f"),
        ("<stdin>", "raised in <stdin>, line 2, in f"),
        ("/tmp/ipykernel_7/12.py", "raised in 12.py, line 2, in f"),
        ("models.zip/package/model.py", "raised in model.py, line 2, in f"),
    ],
)
def test_code_that_a_person_typed_is_named(name: str, said: str) -> None:
    space: dict[str, Any] = {}
    exec(compile("def f():\n    raise ValueError('x')", name, "exec"), space)
    with pytest.raises(ValueError, match="x") as caught:
        space["f"]()
    caught.value.__traceback__ = caught.value.__traceback__.tb_next  # type: ignore[union-attr]  # without this file
    assert user_line(caught.value) == said


def test_code_run_from_a_text_is_named_only_where_nothing_else_is() -> None:
    space: dict[str, Any] = {}
    exec("def f(g):\n    g()", space)
    exec(compile("\n\ndef inner():\n    raise ValueError('x')", "<ipython-input-1>", "exec"), space)
    with pytest.raises(ValueError, match="x") as caught:
        space["f"](space["inner"])
    assert user_line(caught.value) == "raised in <ipython-input-1>, line 4, in inner"
    exec("def g():\n    raise ValueError('x')", space)
    with pytest.raises(ValueError, match="x") as caught:
        space["g"]()
    caught.value.__traceback__ = caught.value.__traceback__.tb_next  # type: ignore[union-attr]  # without this file
    assert user_line(caught.value) == "raised in <string>, line 2, in g"
