"""Errors of user code: the line of the user's own file, and the reason in one line."""

from __future__ import annotations

import enum
import inspect
import json
import re
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from specc.compiler.user_code import run_user_code, summarize
from specc.errors import SpecError

pytestmark = pytest.mark.tensorflow


class Color(enum.Enum):
    RED = "red"


class TwoArgumentsError(Exception):
    """An error that AutoGraph cannot construct again."""

    def __init__(self, one: int, two: int) -> None:
        super().__init__(f"{one} and\n{two}")


class SpeechlessError(Exception):
    def __str__(self) -> str:
        return self.missing  # type: ignore[attr-defined,no-any-return]


def product(x: Any) -> Any:
    return tf.matmul(x, tf.ones([7, 7]))


def signature_of_a_number(x: Any) -> Any:
    return inspect.signature(x)


def broken_json(x: Any) -> Any:
    return x, json.loads("{")


def unknown_color(x: Any) -> Any:
    return x, Color("blue")


def generated(x: Any) -> Any:
    return x, sum(1 / number for number in range(3))


def two_arguments(_: Any) -> Any:
    raise TwoArgumentsError(1, 2)


def missing_key(x: Any) -> Any:
    return {"price": x}["prise"]


def undefined_in_one_branch(x: Any) -> Any:
    if tf.reduce_sum(x) > 0:
        y = x
    return y  # what the test is about


def speechless(_: Any) -> Any:
    raise SpeechlessError


def in_numpy(_: Any) -> Any:
    return np.zeros([2]).reshape([3])


def in_the_constructor(_: Any) -> Any:
    return keras.layers.Dense(1, "many")  # Keras 3.8 takes any number of units


def caught(call: Callable[[], Any]) -> tuple[str, str]:
    """The message and the hint of what ``call`` raises."""
    with pytest.raises(SpecError) as error:
        run_user_code(call, "trace-failed", (), "failed")
    (found,) = error.value.diagnostics
    return found.message.removeprefix("failed: "), found.hint


def line_of(function: Callable[..., Any], text: str) -> int:
    lines, first = inspect.getsourcelines(function)
    return first + next(index for index, line in enumerate(lines) if text in line)


FAILING: dict[str, tuple[Callable[..., Any], Callable[..., Any], str, str]] = {
    "in the standard library": (signature_of_a_number, signature_of_a_number, "inspect.", "TypeError: "),
    "deep in a package of it": (broken_json, broken_json, "json.", "JSONDecodeError: Expecting property name"),
    "in a class of it": (unknown_color, unknown_color, "Color(", "ValueError: 'blue' is not a valid Color"),
    "in TensorFlow": (product, product, "tf.matmul", "ValueError: Dimensions must be equal, but are 3 and 7 for "),
    "in NumPy": (in_numpy, in_numpy, "reshape", "ValueError: cannot reshape array of size 2 into shape (3,)"),
    "in Keras": (in_the_constructor, in_the_constructor, "Dense(", "ValueError: "),
    "in the function itself": (two_arguments, two_arguments, "raise", "TwoArgumentsError: 1 and; 2"),
    "with a key": (missing_key, missing_key, "prise", "KeyError: 'prise'"),
}


@pytest.mark.parametrize("autograph", [False, True])
@pytest.mark.parametrize("case", FAILING)
def test_the_line_is_the_users_own(case: str, autograph: bool) -> None:
    function, where, text, expected = FAILING[case]
    traced = tf.function(function, autograph=autograph)
    message, hint = caught(lambda: traced.get_concrete_function(tf.TensorSpec([None, 3])))
    assert message.startswith(expected)
    assert hint == f"raised in test_error_text.py, line {line_of(where, text)}, in {where.__name__}"
    assert "\n" not in message
    assert 'File "' not in message


def test_autograph_is_mapped_back_through_functions_in_functions() -> None:
    inner = tf.function(product)

    @tf.function
    def outer(x: Any) -> Any:
        return x if tf.reduce_sum(x) > 0 else inner(x)

    message, hint = caught(lambda: outer.get_concrete_function(tf.TensorSpec([None, 3])))
    assert message.startswith("ValueError: Dimensions must be equal, but are 3 and 7 for ")
    assert hint == f"raised in test_error_text.py, line {line_of(product, 'matmul')}, in product"


def test_what_autograph_itself_refuses_is_at_the_users_line() -> None:
    message, hint = caught(lambda: tf.function(undefined_in_one_branch).get_concrete_function(tf.TensorSpec([3])))
    assert message == "ValueError: 'y' must also be initialized in the else branch"
    assert (
        hint
        == f"raised in test_error_text.py, line {line_of(undefined_in_one_branch, 'if')}, in {undefined_in_one_branch.__name__}"
    )


def test_an_error_whose_text_fails_is_named_by_its_type() -> None:
    assert caught(lambda: speechless(0)) == (
        "SpeechlessError",
        f"raised in test_error_text.py, line {line_of(speechless, 'raise')}, in speechless",
    )


def test_an_error_of_a_running_graph_keeps_its_reason_and_no_stack() -> None:
    model = keras.Sequential([keras.Input((2,), dtype="int32"), keras.layers.Embedding(3, 2)])
    run = tf.function(model.__call__)
    message, hint = caught(lambda: run(tf.constant([[5, 5]])))
    assert re.fullmatch(r"InvalidArgumentError: indices\[0,[01]\] = 5 is not in \[0, 3\)", message)
    assert hint.startswith("raised in test_error_text.py, line ")


def test_an_error_of_an_eager_op_has_no_names_of_its_device() -> None:
    message, _ = caught(lambda: tf.matmul(tf.ones([2, 4]), tf.ones([7, 7])))
    assert message == "InvalidArgumentError: Matrix size-incompatible: In[0]: [2,4], In[1]: [7,7]"


def test_keras_keeps_what_it_expected_and_received() -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    message, _ = caught(lambda: model({"a": tf.ones([2, 4])}))
    assert re.fullmatch(
        r"ValueError: The structure of `inputs` doesn't match the expected structure\. Expected: \S+; "
        r"Received: inputs=\{'a': .*\}",
        message,
    )


SEVERAL_LINES = {
    "one line": ("no", "no"),
    "a heading and what it is of": ("in total:\n  two\n\n  three\n", "in total: two; three"),
    "sentences": ("One.\nTwo!\nThree", "One. Two! Three"),
    "a stack of forty lines": (
        "Graph execution error:\n\nDetected at node MatMul defined at (most recent call last):\n"
        + '  File "/usr/lib/layer.py", line 7, in call\n\n' * 40
        + "Matrix size-incompatible: In[0]: [2,4], In[1]: [7,7]\n\t [[{{node MatMul}}]] [Op:__inference_f_12]",
        "Matrix size-incompatible: In[0]: [2,4], In[1]: [7,7]",
    ),
    "a stack that is not there": (
        "Graph execution error:\n\nDetected at node a/B defined at (most recent call last):\n<stack traces unavailable>\n"
        "assertion failed: [x]",
        "assertion failed: [x]",
    ),
    "nothing but a stack": ('Traceback (most recent call last):\n  File "a.py", line 1, in f\n    f()\n', ""),
    "a very long one": ("a" * 5000, "a" * 997 + "..."),
}


@pytest.mark.parametrize("case", SEVERAL_LINES)
def test_several_lines_become_one(case: str) -> None:
    text, expected = SEVERAL_LINES[case]
    assert summarize(RuntimeError(text)) == (f"RuntimeError: {expected}" if expected else "RuntimeError")


def test_a_package_is_named_only_if_no_file_of_the_user_is(tmp_path: Any, monkeypatch: Any) -> None:
    packages = tmp_path / "site-packages"
    packages.mkdir()
    (packages / "installed.py").write_text("def f():\n    import json\n    json.loads('{')\n")
    monkeypatch.syspath_prepend(packages)
    import installed  # type: ignore[import-not-found]  # made above

    assert caught(installed.f)[1] == "raised in installed.py, line 3, in f"
    through_the_user: Callable[[], Any] = lambda: installed.f()  # noqa: E731, PLW0108  # a frame of this file
    assert caught(through_the_user)[1].startswith("raised in test_error_text.py, line ")
