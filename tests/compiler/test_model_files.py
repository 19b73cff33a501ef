"""Models in Keras files: those that load with the modules in ``imports``, and the message for each that does not."""

from __future__ import annotations

import importlib
import json
import shutil
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

import specc
from specc.compiler.load_model import load_model

pytestmark = pytest.mark.tensorflow

SUFFIXES = (".keras", ".h5", ".hdf5")
AGAIN = "save the model again with model.save()"
RETURNS = "name a module:attribute that returns the model"
CODE = """
import keras

registered = keras.saving.register_keras_serializable("parts")

@registered
class Scale(keras.layers.Layer):
    def call(self, x):
        return 3.0 * x

@registered
class Halves(keras.initializers.Initializer):
    def __call__(self, shape, dtype=None):
        return 0.5 * keras.ops.ones(shape, dtype)
    def get_config(self):
        return {}

@registered
class Ones(Halves):
    pass  # called like one of Keras's own

@registered
def triple(x):
    return 3.0 * x

@registered
def distance(one, other):
    return keras.ops.mean(keras.ops.abs(one - other))
"""


@pytest.fixture(autouse=True)
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A module of registered objects, which are unregistered after the files are saved, as in another process."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "parts.py").write_text(CODE)
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("parts")
    if Path("parts.py").exists():
        forget(monkeypatch)


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "parts", raising=False)
    Path("parts.py").rename("parts.txt")  # Keras 3.8 imports the modules that a file names
    custom = keras.saving.get_custom_objects()
    for name in [name for name in custom if name.startswith("parts>")]:
        del custom[name]


def remember() -> None:
    Path("parts.txt").rename("parts.py")
    importlib.invalidate_caches()


def sequential(*layers: Any) -> Any:
    return keras.Sequential([keras.Input((3,)), *layers])


def compiled(loss: Any) -> Any:
    model = sequential(keras.layers.Dense(2))
    model.compile(loss=loss)
    return model


CUSTOM: dict[str, tuple[Callable[[Any], Any], str]] = {
    "class": (lambda parts: sequential(parts.Scale()), "parts>Scale"),
    "function": (lambda parts: sequential(keras.layers.Dense(2, activation=parts.triple)), "parts>triple"),
    "initializer": (lambda parts: sequential(keras.layers.Dense(2, kernel_initializer=parts.Halves())), "parts>Halves"),
    "loss": (lambda parts: compiled(parts.distance), "parts>distance"),
    "function of a Lambda": (lambda parts: sequential(keras.layers.Lambda(parts.triple)), "parts>triple"),
}


def finding(file: str) -> Any:
    with pytest.raises(specc.SpecError) as caught:
        load_model(file, Path(), seed=0)
    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.rule, diagnostic.path) == ("bad-model", ("model",))
    return diagnostic


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("kind", CUSTOM)
def test_what_a_module_registers_that_is_imported(
    kind: str, suffix: str, parts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, name = CUSTOM[kind]
    model = make(parts)
    model.save(f"m{suffix}")
    forget(monkeypatch)
    found = finding(f"m{suffix}")
    assert f"{name!r} is not registered" in found.message
    assert '"imports": ["' in found.hint
    if suffix == ".keras" and kind in ("class", "initializer"):
        assert found.hint == (
            'add "imports": ["parts"] to the spec, or give --import parts, which registers it with '
            "@keras.saving.register_keras_serializable"
        )
    remember()
    loaded = load_model(f"m{suffix}", Path(), seed=0, imports=["parts"])
    x = np.ones((2, 3), "float32")
    np.testing.assert_array_equal(loaded(x), model(x))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_lambda(suffix: str) -> None:
    sequential(keras.layers.Lambda(lambda x: x * 2)).save(f"m{suffix}")
    if suffix != ".keras" and release() < (3, 11):
        pytest.skip("this Keras runs the code in such a file")
    found = finding(f"m{suffix}")
    assert found.message == (
        f"cannot load 'm{suffix}': it has a Lambda layer, whose Python code Keras does not run in safe mode"
    )
    assert found.hint == (
        f"{RETURNS}, which may call keras.saving.load_model(..., safe_mode=False) on a file that you trust; or save the "
        "model with a registered layer class instead of the Lambda"
    )


def test_what_the_hint_about_a_lambda_says_works() -> None:
    sequential(keras.layers.Lambda(lambda x: x * 2)).save("m.keras")
    Path("trusting.py").write_text(
        "import keras\ndef load():\n    return keras.saving.load_model('m.keras', safe_mode=False)\n"
    )
    assert load_model("trusting:load", Path(), seed=0)(np.ones((1, 3))).numpy().tolist() == [[2, 2, 2]]


def test_a_class_that_was_never_registered() -> None:
    plain = type("Plain", (keras.layers.Layer,), {"call": lambda self, x: 2.0 * x})
    for suffix in (".keras", ".h5"):
        sequential(plain()).save(f"m{suffix}")
        found = finding(f"m{suffix}")
        assert "'Plain' is not registered" in found.message
        assert found.hint == (
            "save the model again with Plain registered by @keras.saving.register_keras_serializable; or add "
            '"imports": ["MODULE"] to the spec, or give --import MODULE, a module that adds Plain to '
            "keras.saving.get_custom_objects()"
        )
    code = "class Plain(keras.layers.Layer):\n    def call(self, x):\n        return 2.0 * x\n"
    Path("adding.py").write_text(f"import keras\n{code}keras.saving.get_custom_objects()['Plain'] = Plain\n")
    for suffix in (".keras", ".h5"):
        loaded = load_model(f"m{suffix}", Path(), seed=0, imports=["adding"])
        assert loaded(np.ones((1, 3))).numpy().tolist() == [[2, 2, 2]]
    del keras.saving.get_custom_objects()["Plain"]


def test_all_that_is_missing_is_said_at_once(parts: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    model = sequential(parts.Scale(), keras.layers.Dense(2, kernel_initializer=parts.Halves()))
    model.compile(loss=parts.distance)
    model.save("m.keras")
    forget(monkeypatch)
    found = finding("m.keras")
    assert found.message == (
        "cannot load 'm.keras': 'parts>Scale', 'parts>Halves' and 'parts>distance' are not registered"
    )


def test_a_class_of_keras_that_is_called_alike_is_not_taken_for_it(parts: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sequential(keras.layers.Dense(2, kernel_initializer=parts.Ones())).save("m.keras")
    forget(monkeypatch)
    assert keras.saving.load_model("m.keras").layers[0].kernel_initializer.__class__ is keras.initializers.Ones
    found = finding("m.keras")
    assert found.message == (
        "cannot load 'm.keras': 'parts>Ones' is not registered, and Keras would load its own classes of the same name instead"
    )
    remember()
    loaded = load_model("m.keras", Path(), seed=0, imports=["parts"])
    assert type(loaded.layers[0].kernel_initializer).__module__ == "parts"


def test_a_text_that_looks_like_a_registered_name_is_none() -> None:
    sequential(keras.layers.Dense(2, name="a")).save("m.keras")
    keras.Sequential([keras.Input((1,), dtype="string"), keras.layers.StringLookup(vocabulary=["a>b", "c"])]).save(
        "s.keras"
    )
    assert load_model("m.keras", Path(), seed=0) is not None
    assert load_model("s.keras", Path(), seed=0) is not None


def release() -> tuple[int, ...]:
    return tuple(map(int, keras.__version__.split(".")[:2]))


def edited(source: str, target: str, change: Callable[[str, Any], Any]) -> None:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith(".json"):
                content = json.dumps(change(name, json.loads(content))).encode()
            new.writestr(name, content)


def of_release(version: str, more: dict[str, Any]) -> Callable[[str, Any], Any]:
    def change(name: str, data: Any) -> Any:
        if name == "metadata.json":
            return {**data, "keras_version": version}
        data["config"]["layers"][1]["config"].update(more)
        return data

    return change


def test_a_file_of_a_newer_keras() -> None:
    sequential(keras.layers.Dense(2, name="d")).save("ours.keras")
    edited("ours.keras", "newer.keras", of_release("99.1.0", {"brand_new": 1}))
    found = finding("newer.keras")
    assert found.message == (
        "cannot load 'newer.keras': TypeError: Unrecognized keyword arguments passed to Dense: {'brand_new': 1}; the file "
        f"was written by Keras 99.1.0, and Keras {keras.__version__} is installed"
    )
    assert found.hint == "install Keras 99.1.0 or later"
    edited("ours.keras", "fine.keras", of_release("99.1.0", {}))
    assert load_model("fine.keras", Path(), seed=0) is not None


def test_a_file_of_keras_2() -> None:
    sequential(keras.layers.Dense(2)).save("old.h5")
    with h5py.File("old.h5", "r+") as file:
        config = json.loads(file.attrs["model_config"])
        config["config"]["layers"][1]["config"]["time_major"] = False
        file.attrs["model_config"] = json.dumps(config)
        file.attrs["keras_version"] = "2.15.0"
    found = finding("old.h5")
    assert "written by Keras 2.15.0, and Keras 3 does not load every such file" in found.message
    assert "'time_major': False" in found.message
    assert found.hint == f"{RETURNS}, for example with keras.saving.load_model(..., compile=False)"


def cut(name: str) -> None:
    sequential(keras.layers.Dense(2)).save(name)
    content = Path(name).read_bytes()
    Path(name).write_bytes(content[: len(content) // 2])


def foreign_zip(name: str) -> None:
    with zipfile.ZipFile(name, "w") as archive:
        archive.writestr("readme.txt", "x")


def weights(name: str) -> None:
    sequential(keras.layers.Dense(2)).save_weights("w.weights.h5")
    shutil.copy("w.weights.h5", name)


NO_ZIP = "it is not a zip file, which a .keras file must be; it may be truncated"
NO_HDF5 = "it is not an HDF5 file, or it is truncated"
DIRECTORY = "it is a directory; the path of a SavedModel must end with a slash"
BROKEN: dict[str, tuple[str, Callable[[str], Any], str]] = {
    "cut short": ("m.keras", cut, NO_ZIP),
    "cut short, HDF5": ("m.h5", cut, NO_HDF5),
    "empty": ("m.keras", lambda name: Path(name).touch(), NO_ZIP),
    "empty, HDF5": ("m.hdf5", lambda name: Path(name).touch(), NO_HDF5),
    "text": ("m.h5", lambda name: Path(name).write_text("weights"), NO_HDF5),
    "another zip": ("m.keras", foreign_zip, "it is a zip file without config.json and metadata.json, so it holds no model"),
    "weights": ("m.h5", weights, "it holds weights but no model"),
    "a directory": ("m.keras", lambda name: Path(name).mkdir(), DIRECTORY),
    "a directory, HDF5": ("m.h5", lambda name: Path(name).mkdir(), DIRECTORY),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_no_file_of_a_model(what: str) -> None:
    name, make, message = BROKEN[what]
    make(name)
    found = finding(name)
    assert (found.message, found.hint) == (f"cannot load {name!r}: {message}", AGAIN)


def test_a_config_that_is_no_json() -> None:
    sequential(keras.layers.Dense(2)).save("ours.keras")
    with zipfile.ZipFile("ours.keras") as old, zipfile.ZipFile("m.keras", "w") as new:
        for name in old.namelist():
            new.writestr(name, "{" if name == "config.json" else old.read(name))
    assert finding("m.keras").message.startswith("cannot load 'm.keras': JSONDecodeError: ")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_that_is_missing(suffix: str) -> None:
    with pytest.raises(specc.UnreadableError, match=f"cannot read gone{suffix}: there is no such file"):
        load_model(f"gone{suffix}", Path(), seed=0)


def test_an_attribute_may_be_called_as_a_file_ends() -> None:
    Path("stored.py").write_text("import keras\nh5 = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])\n")
    assert isinstance(load_model("stored:h5", Path(), seed=0), keras.Model)
