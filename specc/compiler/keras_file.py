"""Loads models from Keras files, ``.keras`` or ``.h5``, and explains why one cannot be loaded."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import keras

from specc.compiler.user_code import summarize
from specc.diagnostics import Diagnostic, SpecPath
from specc.errors import SpecError, UnreadableError
from specc.reader.archive_files import require_regular_files
from specc.reader.custom_ops import imports_hint, listed
from specc.source.regular_files import open_regular

_MODEL_PATH: SpecPath = ("model",)
_RETURNS_MODEL = "name a module:attribute that returns the model"
_UNKNOWN = re.compile(r"(?:Could not locate (class|function)|Unknown ([\w ]+):) '([^']+)'")
_KEYS_OF_NAMES = ("class_name", "loss", "metrics", "weighted_metrics")
"""Keys of a model's config whose strings are names of classes and functions."""
_BUILT_IN = ("builtins", "keras", "keras_hub", "keras_cv", "keras_nlp")
"""Packages whose classes Keras finds without registration."""


def load_model_file(path: Path, target: str) -> Any:
    """The Keras model in the file ``path``, loaded in Keras's safe mode; ``target`` is its name in the document.

    Raises:
        SpecError: it is not a Keras model file, or Keras cannot load it.
        UnreadableError: the file does not exist or cannot be read.
    """
    problem = _format_problem(path)
    if problem:
        raise SpecError(
            [_bad_file_finding(f"cannot load {target!r}: {problem}", "save the model again with model.save()")]
        )
    try:
        model = keras.saving.load_model(path)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # Keras raises many types, and registered classes are user code
        raise SpecError([_explain_load_error(error, path, target)]) from error
    unregistered = _find_unregistered(_read_description(path))
    if unregistered:  # a custom initializer, regularizer, loss or metric with the name of a Keras one
        message, hint = _unregistered_text(unregistered)
        instead = "and Keras would load its own classes of the same name instead"
        raise SpecError([_bad_file_finding(f"cannot load {target!r}: {message}, {instead}", hint)])
    return model


def _format_problem(path: Path) -> str:
    """Why ``path`` is not a Keras model file, or ""; Keras reports a broken file as missing."""
    if not path.exists():
        raise UnreadableError(f"cannot read {path}: there is no such file")
    if path.is_dir():
        unpacked = path.suffix == ".keras" and (path / "config.json").exists()
        if unpacked:
            require_regular_files(path)
        return "" if unpacked else "it is a directory; the path of a SavedModel must end with a slash"
    try:
        open_regular(path).close()
    except OSError as error:
        raise UnreadableError(f"cannot read {path}: {error.strerror}") from None
    if path.suffix == ".keras":
        if not zipfile.is_zipfile(path):
            return "it is not a zip file, which a .keras file must be; it may be truncated"
        with zipfile.ZipFile(path) as archive:
            missing = {"config.json", "metadata.json"} - set(archive.namelist())
        return f"it is a zip file without {' and '.join(sorted(missing))}, so it holds no model" if missing else ""
    try:
        with h5py.File(path) as file:
            return "" if "model_config" in file.attrs else "it holds weights but no model"
    except OSError:
        return "it is not an HDF5 file, or it is truncated"


def _explain_load_error(error: BaseException, path: Path, target: str) -> Diagnostic:
    """The finding for a file that Keras cannot load, with the fix."""
    text = str(error)
    described = _read_description(path)
    written_by = _text_or_empty(described.get("keras_version"))
    unregistered = _find_unregistered(described)
    unknown = _UNKNOWN.search(text)
    hint = _RETURNS_MODEL
    if "`Lambda` layer" in text and "safe_mode=False" in text:
        message = "it has a Lambda layer, whose Python code Keras does not run in safe mode"
        way = "which may call keras.saving.load_model(..., safe_mode=False) on a file that you trust"
        hint = f"{hint}, {way}; or save the model with a registered layer class instead of the Lambda"
    elif unregistered:
        message, hint = _unregistered_text(unregistered)
    elif unknown:
        kind, name = unknown[1] or unknown[2], unknown[3]
        message = f"the {kind} {name!r} is not registered"
        hint = _register_hint({name: ""}, [] if kind == "function" or ">" in name else [name])
    else:
        message = summarize(error)
    if written_by and _release_of(written_by) > _release_of(keras.__version__):
        message += f"; the file was written by Keras {written_by}, and Keras {keras.__version__} is installed"
        hint = hint if unregistered else f"install Keras {written_by} or later"
    elif written_by and _release_of(written_by) < (3,):
        message += f"; the file was written by Keras {written_by}, and Keras 3 does not load every such file"
        hint = (
            hint if unregistered or unknown else f"{hint}, for example with keras.saving.load_model(..., compile=False)"
        )
    return _bad_file_finding(f"cannot load {target!r}: {message}", hint)


def _unregistered_text(modules: Mapping[str, str]) -> tuple[str, str]:
    """The message and the hint for unregistered custom objects, given with their modules."""
    message = f"{listed(list(map(repr, modules)))} {'is' if len(modules) == 1 else 'are'} not registered"
    return message, _register_hint(modules, [name for name in modules if ">" not in name])


def _register_hint(modules: Mapping[str, str], bare: Sequence[str]) -> str:
    """A hint on how to register custom objects, given with their modules, "" if unknown; ``bare`` ones never were.

    A registered class is saved as ``package>Name``, and Keras looks up exactly that; it would not find a bare name.
    """
    if bare:
        saved = f"save the model again with {listed(bare)} registered by @keras.saving.register_keras_serializable"
        return f"{saved}; or {imports_hint([])}, a module that adds {listed(bare)} to keras.saving.get_custom_objects()"
    known = sorted(filter(None, set(modules.values())))
    them = "it" if len(modules) == 1 else "them"
    return f"{imports_hint(known)}, which registers {them} with @keras.saving.register_keras_serializable"


def _find_unregistered(described: Mapping[str, Any]) -> dict[str, str]:
    """The name of each custom object in a file that is not registered in Keras, with its module, or ""."""
    found: dict[str, str] = {}
    for name, module in _custom_objects(described.get("model")):
        if keras.saving.get_registered_object(name) is None:
            found.setdefault(name, module)
    return found


def _custom_objects(described: Any, *, named: bool = False) -> Iterator[tuple[str, str]]:
    """The custom objects in a config; with ``named``, its strings are names of objects, as for losses."""
    match described:
        case list():
            for item in described:
                yield from _custom_objects(item, named=named)
        case str() if named and ">" in described:
            yield described, ""
        case dict():
            name, module = _text_or_empty(described.get("registered_name")), _text_or_empty(described.get("module"))
            if name and module.partition(".")[0] not in _BUILT_IN:
                yield name, module
            is_function = described.get("class_name") == "function"
            for key, value in described.items():
                if key != "registered_name":
                    yield from _custom_objects(value, named=key in _KEYS_OF_NAMES or (key == "config" and is_function))


def _read_description(path: Path) -> Mapping[str, Any]:
    """The JSON in the file: ``model`` and ``keras_version``; an empty mapping if it cannot be read."""
    try:
        if path.is_dir():
            return _parse_json_chunks((path / name).read_bytes() for name in ("config.json", "metadata.json"))
        if path.suffix == ".keras":
            with zipfile.ZipFile(path) as archive:
                return _parse_json_chunks(archive.read(name) for name in ("config.json", "metadata.json"))
        with h5py.File(path) as file:
            texts = [file.attrs[name] for name in ("model_config", "training_config") if name in file.attrs]
            model = [json.loads(text) for text in texts]
            for part in model[1:]:
                part.pop("optimizer_config", None)  # Keras 2 registered its own optimizers, as Custom>Adam
            return {"model": model, "keras_version": file.attrs.get("keras_version")}
    except (OSError, ValueError, KeyError, AttributeError, RecursionError, zipfile.BadZipFile):
        return {}


def _parse_json_chunks(texts: Iterator[bytes]) -> Mapping[str, Any]:
    config, metadata = (json.loads(text) for text in texts)
    return {"model": config, "keras_version": metadata["keras_version"] if isinstance(metadata, dict) else None}


def _text_or_empty(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _release_of(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])


def _bad_file_finding(message: str, hint: str) -> Diagnostic:
    return Diagnostic(rule="bad-model", path=_MODEL_PATH, message=message, hint=hint)
