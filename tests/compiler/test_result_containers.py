"""Functions that return containers of their own classes, and functions that end with any exception."""

from __future__ import annotations

import asyncio
import collections
import sys
import types
from pathlib import Path
from typing import Any, NamedTuple

import keras
import pytest
import tensorflow as tf

import specc
from specc.compiler import compile
from specc.compiler.trace.result_containers import is_rebuilt, plain_unless_rebuilt
from specc.errors import SpecError
from specc.language.load import from_json

pytestmark = pytest.mark.tensorflow


class Boxes(list):
    def __init__(self, items: Any, scale: float) -> None:
        super().__init__(items)
        self.scale = scale


class Scaled(list):
    def __init__(self, items: Any = (), scale: float = 1.0) -> None:
        super().__init__(items)
        self.scale = scale


class Pair(tuple):
    def __new__(cls, first: Any, second: Any) -> Pair:
        return super().__new__(cls, (first, second))


class Named(dict):
    def __init__(self, first: Any, second: Any) -> None:
        super().__init__(a=first, b=second)


class Twice(list):
    def __init__(self, items: Any) -> None:
        super().__init__([*items, *items])


class Raising(list):
    def __init__(self, *items: Any) -> None:
        if not isinstance(items[0], int):
            raise GeneratorExit
        super().__init__()


class Point(NamedTuple):
    a: Any
    b: Any


def raising(x: Any) -> Any:
    result = Raising(1)
    result.extend([x, 2 * x])
    return result


def doubled(x: Any) -> Any:
    result = Twice([x])
    result[1] = 2 * x
    return result


RESULTS: dict[str, Any] = {
    "a list": lambda x: Boxes([x, 2 * x], 3.0),
    "a tuple": lambda x: Pair(x, 2 * x),
    "a list whose constructor doubles": doubled,
    "a list whose constructor raises": raising,
}
LIST = ["float32[?]", "float32[3]"]


def built(function: Any, outputs: Any, path: Path, **more: Any) -> Any:
    """The results of the signature for [1, 2, 3]; the declared shape needs a check, so that the result is rebuilt."""
    model = tf.Module()
    model.v, model.f = tf.Variable(1.0), function
    if "after" in more:
        steps = types.ModuleType("steps_of_results")
        steps.after, sys.modules["steps_of_results"] = more.pop("after"), steps  # type: ignore[attr-defined]
        more["postprocess"] = "steps_of_results:after"
    data = {"specc": 1, "endpoints": {"e": {"function": "f", "inputs": ["float32[?]"], "outputs": outputs, **more}}}
    compile(from_json(data)).export(model, path)
    return tf.saved_model.load(str(path)).e(tf.constant([1.0, 2.0, 3.0]))


@pytest.mark.parametrize("name", RESULTS)
def test_a_container_that_cannot_be_rebuilt(name: str, tmp_path: Path) -> None:
    first, second = built(RESULTS[name], LIST, tmp_path / "a")
    assert (first.numpy().tolist(), second.numpy().tolist()) == ([1, 2, 3], [2, 4, 6])


@pytest.mark.parametrize("inner", [lambda x: Named(x, 2 * x), lambda x: collections.OrderedDict(b=2 * x, a=x)])
def test_a_mapping_in_a_dict(inner: Any, tmp_path: Path) -> None:
    found = built(lambda x: {"k": inner(x)}, {"k": {"a": "float32[?]", "b": "float32[3]"}}, tmp_path / "a")
    assert found["k"]["b"].numpy().tolist() == [2, 4, 6]


@pytest.mark.parametrize(
    "function", [lambda x: Boxes([x], 3.0), lambda x: Scaled([x], 3.0)], ids=["no default", "default"]
)
def test_a_postprocess_gets_the_container_with_its_attributes(function: Any, tmp_path: Path) -> None:
    found = built(function, "float32[3]", tmp_path / "a", after=lambda boxes: boxes[0] * boxes.scale)
    assert found.numpy().tolist() == [3, 6, 9]


def test_what_is_rebuilt_stays_as_it_is() -> None:
    one = object()
    default = collections.defaultdict(list, a=one)
    for result in (
        [one],
        (one,),
        {"a": [one]},
        Point(one, (one,)),
        default,
        collections.OrderedDict(a=one),
        one,
        None,
        [],
    ):
        assert is_rebuilt(result)
        assert plain_unless_rebuilt(result) is result


def test_what_is_not_rebuilt_becomes_plain() -> None:
    one, two = object(), object()
    found = plain_unless_rebuilt({"p": Point(Boxes([one], 1.0), (two,)), "q": Named(one, two), "r": Pair(one, two)})
    assert found == {"p": ([one], (two,)), "q": {"a": one, "b": two}, "r": (one, two)}
    assert [type(each) for each in (found["p"], found["p"].a, found["q"], found["r"])] == [Point, list, dict, tuple]


def test_keras_export_archive_takes_such_a_list(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    archive = specc.ExportArchive()
    archive.track(model)
    signature = [tf.TensorSpec((None, 3), tf.float32)]
    archive.add_endpoint("serve", lambda x: Boxes([model(x), x], 1.0), input_signature=signature)
    archive.write_out(str(tmp_path / "a"), verbose=False)
    assert len(tf.saved_model.load(str(tmp_path / "a")).serve(tf.ones((2, 3)))) == 2


class OwnError(BaseException):
    pass


@pytest.mark.parametrize(
    "error", [GeneratorExit("stop"), SystemExit(3), OwnError("own"), asyncio.CancelledError("c")], ids=str
)
@pytest.mark.parametrize("place", ["function", "after"])
def test_any_exception_of_a_function_is_a_finding(error: BaseException, place: str, tmp_path: Path) -> None:
    def fail(x: Any) -> Any:
        raise error

    functions = {"function": lambda x: x, "after": lambda x: x, place: fail}
    with pytest.raises(SpecError) as caught:
        built(functions["function"], "float32[?]", tmp_path / "a", after=functions["after"])
    (finding,) = caught.value.diagnostics
    assert (finding.rule, finding.path[-1]) == ("trace-failed", "postprocess" if place == "after" else "function")
    assert str(error) in finding.message
    assert not (tmp_path / "a").exists()


def test_an_interrupt_stays_one(tmp_path: Path) -> None:
    def interrupt(x: Any) -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        built(interrupt, "float32[?]", tmp_path / "a")
    assert list(tmp_path.iterdir()) == []
