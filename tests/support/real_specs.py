"""What ``specc init`` writes for the models of ``real_models``, as golden files: run this file to write them anew.

Each family of models, a module of ``real_models``, has a folder: a spec for each model, and the guesses of all.
"""

from __future__ import annotations

import importlib
import inspect
import shutil
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

from specc.cli import main

GOLDEN = Path(__file__).parents[1] / "scaffold" / "real_models"
FAMILIES = (
    "applications", "generative", "graphs", "hub_images", "hub_text", "modules", "recommenders",
    "sequences", "tables", "vision",
)  # fmt: skip


def golden_specs(*families: str) -> list[Path]:
    """The golden specs of the models of these families."""
    return [path for family in families for path in sorted((GOLDEN / family).glob("*.specc.json"))]


def golden_guesses(family: str) -> dict[str, list[str]]:
    """The golden guesses of the models of a family, by the model's name."""
    sections = (GOLDEN / family / "guesses.txt").read_text(encoding="utf-8").split("# ")[1:]
    return {lines[0]: lines[2:] for lines in (section.rstrip().split("\n") for section in sections)}


def models(family: str) -> list[str]:
    """The names of the models of a family: the public functions of its module."""
    module = importlib.import_module(f"real_models.{family}")
    functions = inspect.getmembers(module, inspect.isfunction)
    return [name for name, made in functions if made.__module__ == module.__name__ and not name.startswith("_")]


def first_spec(family: str, name: str) -> tuple[str, list[str]]:
    """The spec and the guesses that ``specc init`` prints for a model."""
    out, error = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(error):
        code = main(["init", f"real_models.{family}:{name}"])
    assert code == 0, error.getvalue()
    lines = error.getvalue().splitlines()  # the progress and warnings of Keras are there too
    return out.getvalue(), [line.removeprefix("guess: ") for line in lines if line.startswith("guess: ")]


def _write(family: str) -> None:
    folder = GOLDEN / family
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    sections = []
    for name in models(family):
        text, guesses = first_spec(family, name)
        (folder / f"{name}.specc.json").write_text(text, encoding="utf-8")
        sections.append("\n".join((f"# {name}", "", *guesses)))
    (folder / "guesses.txt").write_text("\n\n".join(sections) + "\n", encoding="utf-8")


if __name__ == "__main__":
    for each in FAMILIES:
        _write(each)
    sys.stdout.write(f"wrote {GOLDEN}\n")
