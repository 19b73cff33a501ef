"""What ``specc init`` writes for the models of ``real_models``, as golden files: run this file to write them anew.

Each family of models, a module of ``real_models``, has a folder: a spec for each model, and the guesses of all.
"""

from __future__ import annotations

import importlib
import inspect
import re
import shutil
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

from running_here import verify_here

from specc.cli import main
from specc.language.load import load_spec

GOLDEN = Path(__file__).parents[1] / "scaffold" / "real_models"
FAMILIES = (
    "applications", "generative", "graphs", "hub_images", "hub_text", "keras_2", "modules", "recommenders",
    "sequences", "tables", "vision",
)  # fmt: skip
REFUSED = "generated-refused"
UNPROVEN = "not-proven"
WARNINGS = {
    "node_classifier": {REFUSED},  # edges number the nodes
    "bert_masked_lm": {REFUSED},  # mask_positions number the tokens
    "unet": {UNPROVEN},  # height and width are even
    "anomaly_detector": {"unnamed-output"},  # a tuple
    "serving_classifier": {UNPROVEN},  # strings are raw images
}
"""The rules that warn of a golden spec or its archive: what ``specc init`` cannot infer and an author adds."""


def golden_specs(*families: str) -> list[Path]:
    """The golden specs of the models of these families."""
    return [path for family in families for path in sorted((GOLDEN / family).glob("*.specc.json"))]


def golden_guesses(family: str) -> dict[str, list[str]]:
    """The golden guesses of the models of a family, by the model's name."""
    text = (GOLDEN / family / "guesses.txt").read_text(encoding="utf-8")
    sections = re.split("^# ", text, flags=re.MULTILINE)[1:]
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
    guesses = [line.removeprefix("guess: ") for line in lines if line.startswith("guess: ")]
    # TensorFlow's words change from version to version.
    return out.getvalue(), [re.sub("(rejects generated inputs): .*", r"\1", guess) for guess in guesses]


def assert_is_golden(path: Path) -> None:
    """``specc init`` prints the golden spec, and the golden guesses."""
    family, name = path.parent.name, name_of(path)
    text, guesses = first_spec(family, name)
    assert text == path.read_text(encoding="utf-8")
    assert guesses == golden_guesses(family)[name]


def assert_holds(path: Path, archive: Path) -> None:
    """The golden spec is valid, and what is built from it answers calls as it declares."""
    out = StringIO()
    with redirect_stdout(out), redirect_stderr(out):
        codes = [main(["validate", str(path)]), main(["build", str(path), "--out", str(archive)])]
        codes.append(main(["inspect", str(archive)]))
    assert codes == [0, 0, 0], out.getvalue()
    verification = verify_here(load_spec(path).document, archive, cases=3)
    assert verification.ok, verification.text()
    rules = {*re.findall("warning: ([a-z-]+):", out.getvalue()), *(finding.rule for finding in verification.findings)}
    assert rules == WARNINGS.get(name_of(path), set()), out.getvalue() + verification.text()


def name_of(path: Path) -> str:
    """The name of the model of a golden spec."""
    return path.name.removesuffix(".specc.json")


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
