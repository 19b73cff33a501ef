"""The table of environments has every version of Python that the project names, and the oldest of what it requires."""

from __future__ import annotations

from environments import ENVIRONMENTS, PROJECT


def test_every_python_has_an_environment() -> None:
    prefix = "Programming Language :: Python :: 3."
    named = {each.rpartition(" ")[2] for each in PROJECT["classifiers"] if each.startswith(prefix)}
    assert {environment.python for environment in ENVIRONMENTS} == named


def test_the_oldest_and_newest_tensorflow_and_the_oldest_keras_have_one() -> None:
    assert PROJECT["optional-dependencies"]["tensorflow"] == ["tensorflow>=2.16,<2.22", "keras>=3.8"]
    versions = {environment.tensorflow.rpartition(".")[0] for environment in ENVIRONMENTS}
    assert {"2.16", "2.21"} <= versions
    assert any(environment.keras.startswith("3.8.") for environment in ENVIRONMENTS)


def test_the_oldest_requirements_are_pinned() -> None:
    (oldest,) = (environment for environment in ENVIRONMENTS if environment.pins)
    assert len(oldest.pins) == len(PROJECT["dependencies"])
    assert all("==" in pin and ">" not in pin and "<" not in pin for pin in oldest.pins)
