"""Misuse of ``specc.ExportArchive``: the same error types as Keras, and ValueErrors where Keras writes what no spec describes."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import pytest
import tensorflow as tf

import specc

pytestmark = pytest.mark.tensorflow
Spec = tf.TensorSpec


def scaled(inputs: Any, scale: float = 2.0, training: bool = False) -> Any:
    return inputs * scale if training else inputs


def _raises(error: Exception) -> Callable[[Any], Any]:
    def function(_: Any) -> Any:
        raise error

    return function


def _named(*names: str) -> list[Any]:
    return [Spec([None], name=name) for name in names]


BOTH = pytest.mark.parametrize(
    "archive_class", [specc.ExportArchive, keras.export.ExportArchive], ids=["specc", "keras"]
)


@BOTH
@pytest.mark.parametrize(
    ("kind", "fill"),
    [
        (ValueError, lambda archive: archive.add_endpoint("serve", _raises(ValueError("no")), _named("x"))),
        (RuntimeError, lambda archive: archive.add_endpoint("serve", _raises(RuntimeError("no")), _named("x"))),
        (KeyError, lambda archive: archive.add_endpoint("serve", _raises(KeyError("no")), _named("x"))),
        (TypeError, lambda archive: archive.add_endpoint("serve", _raises(TypeError("no")), _named("x"))),
        (TypeError, lambda archive: archive.add_endpoint("serve", 5, _named("x"))),
        (TypeError, lambda archive: archive.add_endpoint(3, scaled, _named("x"))),
        (TypeError, lambda archive: archive.add_endpoint("serve", lambda x: x if x[0] else -x, _named("x"))),
        (ValueError, lambda archive: archive.add_endpoint("serve", lambda x, y: x + y, _named("q", "Q"))),
        (ValueError, lambda archive: archive.add_endpoint("signatures", scaled, _named("x"))),
        (ValueError, lambda archive: archive.add_endpoint("_all_variables", scaled, _named("x"))),
        *[
            (ValueError, lambda archive, name=name: archive.add_endpoint("serve", scaled, _named(name)))
            for name in ("a b", "é", "class", "_u", "a:0")
        ],
        (ValueError, lambda archive: archive.add_endpoint("serve", lambda x: (x, None), _named("x"))),
        pytest.param(
            ValueError,
            # Keras creates another object of its own class, depending on the format.
            lambda archive: (
                type(archive) if isinstance(archive, specc.ExportArchive) else keras.export.ExportArchive
            )(format="tarball"),
            marks=pytest.mark.skipif(
                "format" not in inspect.signature(keras.export.ExportArchive).parameters, reason="Keras 3.8 has no format"
            ),
        ),
    ],
)  # fmt: skip
def test_errors_have_the_types_that_keras_raises(
    tmp_path: Path, archive_class: Any, kind: type[Exception], fill: Callable[[Any], Any]
) -> None:
    archive = archive_class()
    with pytest.raises(kind):  # noqa: PT012  # Keras raises for most of them when it writes
        fill(archive)
        archive.write_out(str(tmp_path / "archive"), verbose=False)


@pytest.mark.parametrize(
    ("misuse", "found"),
    [
        (lambda archive: archive.add_endpoint("a-b", scaled, _named("x")), ["bad-name"]),
        (lambda archive: archive.add_endpoint("", scaled, _named("x")), ["bad-name"]),
        (lambda archive: archive.add_endpoint("class", scaled, _named("x")), ["bad-name"]),
        (lambda archive: archive.add_variable_collection("", []), ["bad-name"]),
        (lambda archive: archive.add_variable_collection("variables", []), ["reserved-name"]),
        (lambda archive: archive.add_endpoint("serve", scaled, _named("a//b")), ["bad-name"]),
        (lambda archive: archive.add_endpoint("serve", scaled, _named(".a")), ["bad-name"]),
        (lambda archive: archive.add_endpoint("serve", scaled, _named("a>b")), ["bad-name"]),
        (lambda archive: archive.add_endpoint("serve", lambda x, _: x, [Spec([None]), {}]), ["bad-signature"]),
        (lambda archive: archive.add_endpoint("serve", lambda _: {}, _named("x")), ["output-conflict"]),
    ],
)
def test_what_keras_writes_but_no_spec_describes_is_a_value_error(
    misuse: Callable[[Any], Any], found: list[str]
) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # only the rules are compared
        misuse(specc.ExportArchive())
    assert [diagnostic.rule for diagnostic in caught.value.diagnostics] == found


def test_an_unknown_argument_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="has no argument 'jax2tf'"):
        specc.ExportArchive().add_endpoint("serve", scaled, _named("x"), jax2tf=True)
