"""What is said about installing: never the distribution ``specc`` of PyPI, which is another project."""

from __future__ import annotations

import builtins
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import specc
from specc.cli.importing import import_tensorflow
from specc.errors import INSTALL
from specc.publishing.store import open_folder

ROOT = Path(__file__).parents[2]
PLACES = ("specc", "docs", "examples", "benchmarks", "scripts", "tests", "schemas", ".ci")
COMMAND = re.compile(r"\b(?:pip3?|pipx|uv|conda|poetry|pdm)[ \w-]*? (?:install|add)\b([^\n;|&]*)")
NAME = re.compile(r"""['"`]*(specc)(?:\[[\w,-]*\])?(?:[=<>~!@].*)?['"`,.)]*""")
EXTRAS = "|".join(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"])


def texts() -> Iterator[tuple[str, str]]:
    """The text files of the repository, with their paths; pyproject.toml, whose extras name each other, is not one."""
    files = [path for path in ROOT.iterdir() if path.name != "pyproject.toml"]
    files += [path for place in PLACES for path in (ROOT / place).rglob("*")]
    for path in files:
        if path.is_file() and path != Path(__file__) and "__pycache__" not in path.parts:
            yield path.relative_to(ROOT).as_posix(), path.read_bytes().decode(errors="replace")


def installs_of_specc(text: str) -> list[str]:
    """The commands that install a distribution called specc, and the names of it with one of our extras."""
    commands = [found[0] for found in COMMAND.finditer(text) if any(map(NAME.fullmatch, found[1].split()))]
    return commands + re.findall(rf"\bspecc\[(?:{EXTRAS})\b", text)


def test_no_text_installs_it() -> None:
    found = {path: installs for path, text in texts() if (installs := installs_of_specc(text))}
    assert found == {}


@pytest.mark.parametrize(
    "text",
    [
        "pip install specc",
        "pip install 'specc[tensorflow]'",
        "python -m pip install --quiet specc==1.0",
        "uv pip install specc",
        "`pip install specc`.",
        "x, y: specc[remote]",
    ],
)
def test_the_search_finds_it(text: str) -> None:
    assert installs_of_specc(text) != []


@pytest.mark.parametrize(
    "text",
    [
        "pip install '.[tensorflow]'",
        "pip install -e .",
        'pip install "$SPECC"',
        "pip install tensorflow keras # specc is",
    ],
)
def test_the_search_finds_nothing_else(text: str) -> None:
    assert installs_of_specc(text.partition("#")[0]) == []


def hiding(monkeypatch: Any, *names: str) -> None:
    """Hides packages from imports and from ``find_spec``, which finds all others."""
    real = builtins.__import__

    def without(name: str, *arguments: Any, **options: Any) -> Any:
        if name.partition(".")[0] in names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.setattr("specc.cli.importing.find_spec", lambda name: name not in names or None)


def test_each_hint_is_the_constants(monkeypatch: Any) -> None:
    hiding(monkeypatch, "tensorflow", "keras", "jax", "fsspec")
    with pytest.raises(specc.UnavailableError) as error:
        import_tensorflow("build")
    assert str(error.value) == f"build needs TensorFlow and Keras; install with: {INSTALL['tensorflow']}"
    with pytest.raises(specc.UnavailableError) as error:
        open_folder("s3://bucket/model")
    assert str(error.value).endswith(f": {INSTALL['fsspec']}")
    hiding(monkeypatch, "jax")
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    with pytest.raises(specc.UnavailableError) as error:
        import_tensorflow("build")
    assert str(error.value) == f"build needs JAX (KERAS_BACKEND is jax); install with: {INSTALL['jax']}"
