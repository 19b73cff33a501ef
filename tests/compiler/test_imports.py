"""The key ``imports`` and the option ``--import``: what is imported, when, and where a failure is reported."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import specc
from specc.cli import main
from specc.compiler.load_model import load_model

pytestmark = pytest.mark.tensorflow

SPEC: dict[str, Any] = {
    "specc": 1,
    "dims": {"batch": {}},
    "endpoints": {"serve": {"inputs": ["float32[batch, 3]"], "outputs": "float32[batch, 3]"}},
}
LAYERS = """
import keras

@keras.saving.register_keras_serializable("{package}")
class Scale(keras.layers.Layer):
    def call(self, x):
        return 3.0 * x
"""


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def save_model(package: str, suffix: str = ".keras") -> str:
    """A file of a model with a layer class that the module ``package`` registers in any process that imports it."""
    namespace: dict[str, Any] = {"__name__": package}
    Path(f"{package}.py").write_text(LAYERS.format(package=package))
    exec(LAYERS.format(package=package), namespace)
    name = f"scale{suffix}"
    keras.Sequential([keras.Input((3,)), namespace["Scale"]()]).save(name)
    del keras.saving.get_custom_objects()[f"{package}>Scale"]
    return name


def imports_by_itself() -> bool:
    """Whether Keras imports the modules that a ``.keras`` file names, as it did at first."""
    return tuple(map(int, keras.__version__.split(".")[:2])) < (3, 11)


def write(name: str, data: dict[str, Any]) -> str:
    Path(name).write_text(json.dumps(data, indent=2))
    return name


def findings(arguments: list[str], capsys: Any) -> list[dict[str, Any]]:
    assert main([*arguments, "--quiet", "--format", "json"]) == 1
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["findings"]
    return found


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_spec_imports_the_classes_of_its_file(suffix: str, capsys: Any) -> None:
    package = f"layers_of{suffix.replace('.', '_')}"
    name = save_model(package, suffix)
    bare = write("bare.specc.json", {**SPEC, "model": name})
    if suffix == ".h5" or not imports_by_itself():
        (found,) = findings(["build", bare, "--out", "out"], capsys)
        assert found["rule"] == "bad-model"
        assert f"'{package}>Scale' is not registered" in found["message"]
    assert main(["build", bare, "--out", "by-option", "--import", package, "--quiet"]) == 0
    said = write("said.specc.json", {**SPEC, "model": name, "imports": [package]})
    assert main(["build", said, "--out", "by-key", "--quiet"]) == 0
    for archive in ("by-option", "by-key"):
        answer = tf.saved_model.load(archive).serve(tf.ones((1, 3)))
        np.testing.assert_array_equal(answer, [[3.0, 3.0, 3.0]])
    assert specc.inspect("by-key").imports == (package,)
    assert specc.inspect("by-option").imports == ()  # of the build, not of the document


def test_the_digest_of_the_contract_counts_them() -> None:
    plain = specc.from_json({**SPEC, "model": "m:build"})
    one, other = (specc.from_json({**SPEC, "model": "m:build", "imports": names}) for names in (["a", "b"], ["b", "a"]))
    assert len({specc.digest(plain), specc.digest(one), specc.digest(other)}) == 3
    assert one != other
    assert specc.loads(specc.dump(one)) == one
    assert list(json.loads(specc.dump(one)))[:3] == ["specc", "model", "imports"]


def test_init_says_them_in_the_spec_which_then_builds() -> None:
    save_model("layers_for_init")
    assert main(["init", "scale.keras", "--import", "layers_for_init", "--out", "a.specc.json", "--quiet"]) == 0
    data = json.loads(Path("a.specc.json").read_text())
    assert (data["model"], data["imports"]) == ("scale.keras", ["layers_for_init"])
    assert main(["build", "a.specc.json", "--out", "archive", "--quiet"]) == 0


def test_init_says_which_option_fails(capsys: Any) -> None:
    name = save_model("layers_of_a_typo")
    (found,) = findings(["init", name, "--import", "no_such_layers"], capsys)
    assert (found["rule"], found["file"], found["path"]) == ("import-failed", "--import", [])


def test_they_are_imported_in_their_order_after_seeding_and_before_the_model() -> None:
    drawing = (
        "import keras, numpy, random\ndrawn = [random.random(), numpy.random.rand(), float(keras.random.uniform(()))]\n"
    )
    Path("first_drawing.py").write_text(drawing)
    Path("then_checking.py").write_text("import sys\ndrawn = sys.modules['first_drawing'].drawn\n")
    Path("model_of_draws.py").write_text(
        "import sys, tensorflow as tf\nmodel = tf.Module()\nmodel.drawn = list(sys.modules['then_checking'].drawn)\n"
    )
    drawn = []
    for seed in (1, 1, 2):
        sys.path.insert(0, str(Path.cwd()))
        model = load_model("model_of_draws:model", Path(), seed=seed, imports=["first_drawing", "then_checking"])
        drawn.append(list(model.drawn))
        sys.path.remove(str(Path.cwd()))
        for name in ("first_drawing", "then_checking", "model_of_draws"):
            del sys.modules[name]
    assert drawn[0] == drawn[1]
    assert all(one != other for one, other in zip(drawn[0], drawn[2], strict=True))


BROKEN = {
    "nothing_of_this_name": ("cannot import 'nothing_of_this_name': No module named 'nothing_of_this_name'", "run from the directory that holds it, or install it"),
    "needing_more": ("cannot import 'needing_more': No module named 'nothing_like_this'", ""),
    "raising_module": ("importing 'raising_module' failed: ZeroDivisionError: division by zero", "raised in raising_module.py, line 1, in <module>"),
    "leaving_module": ("importing 'leaving_module' failed: it called sys.exit(3)", "raised in leaving_module.py, line 1, in <module>"),
    "no.package": ("cannot import 'no.package': No module named 'no'", "run from the directory that holds it, or install it"),
}  # fmt: skip


@pytest.mark.parametrize("module", BROKEN)
def test_a_module_that_cannot_be_imported(module: str, capsys: Any) -> None:
    Path("needing_more.py").write_text("import nothing_like_this")
    Path("raising_module.py").write_text("1 / 0")
    Path("leaving_module.py").write_text("raise SystemExit(3)")
    message, hint = BROKEN[module]
    spec = write("a.specc.json", {**SPEC, "model": "not_reached:model", "imports": ["json", module]})
    (found,) = findings(["build", spec, "--out", "out"], capsys)
    assert (found["rule"], found["message"], found["hint"]) == ("import-failed", message, hint)
    assert (found["file"], found["path"]) == ("a.specc.json", ["imports", 1])
    lines = Path(spec).read_text().splitlines()
    assert json.dumps(module) in lines[found["location"]["line"] - 1]
    bare = write("b.specc.json", {**SPEC, "model": "not_reached:model"})
    (found,) = findings(["build", bare, "--out", "out", "--import", module], capsys)
    assert (found["file"], found["path"], found["message"]) == ("--import", [], message)
    assert not Path("out").exists()


def test_a_merged_build_imports_what_any_of_its_specs_says(capsys: Any) -> None:
    name = save_model("layers_of_modes")
    one = write("one.specc.json", {**SPEC, "model": name})
    other = write("other.specc.json", {**SPEC, "model": name, "mode": "eval", "imports": ["json", "no_such_module"]})
    (found,) = findings(["build", one, other, "--merged", "--out", "out"], capsys)
    assert (found["file"], found["path"]) == ("other.specc.json", ["imports", 1])
    other = write("other.specc.json", {**SPEC, "model": name, "mode": "eval", "imports": ["layers_of_modes"]})
    assert main(["build", one, other, "--merged", "--out", "out", "--quiet"]) == 0


@pytest.mark.parametrize(
    ("imports", "rule", "path"),
    [
        (["a", "b", "a"], "duplicate-entry", ["imports", 2]),
        (["a b"], "bad-path", ["imports", 0]),
        (["a.layers:Scale"], "bad-path", ["imports", 0]),
        ([""], "bad-path", ["imports", 0]),
        (["./layers.py"], "bad-path", ["imports", 0]),
        ("layers", "wrong-type", ["imports"]),
        ([3], "wrong-type", ["imports", 0]),
    ],
)
def test_what_imports_may_not_say(imports: Any, rule: str, path: str, capsys: Any) -> None:
    spec = write("a.specc.json", {**SPEC, "imports": imports})
    (found,) = findings(["validate", spec], capsys)
    assert (found["rule"], found["path"]) == (rule, path)


def test_a_duplicate_option_is_one_import() -> None:
    save_model("layers_twice")
    spec = write("a.specc.json", {**SPEC, "model": "scale.keras", "imports": ["layers_twice"]})
    options = ["--import", "layers_twice", "--import", "layers_twice"]
    assert main(["build", spec, "--out", "out", "--quiet", *options]) == 0


def test_python_imports_for_itself() -> None:
    Path("never_by_export.py").write_text("open('imported', 'w')")
    endpoints = {"serve": {**SPEC["endpoints"]["serve"], "function": None}}
    document = specc.from_json({**SPEC, "imports": ["never_by_export"], "endpoints": endpoints})
    specc.compile(document).export(None, "archive", functions={"serve": lambda x: x + 1.0})
    assert not Path("imported").exists()
