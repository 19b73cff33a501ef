"""Code that is not ours: modules, models and functions, which may raise anything, or leave the process.

Whatever happens in there becomes one finding that names the place in the document and the line of the user's own code.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import keras
import tensorflow as tf

from specc.archive.op_registry import unregistered_in
from specc.diagnostics import Diagnostic, SpecPath, did_you_mean, finding, kind_of
from specc.errors import SpeccError, SpecError
from specc.rules.table import RuleId

T = TypeVar("T")

_LIBRARIES = [Path(str(module.__file__)).parent for module in (tf, keras)] + [Path(__file__).parent]
_LIBRARIES += [Path(spec.origin).parent for spec in [importlib.util.find_spec("jax")] if spec and spec.origin]
_MAX_MESSAGE = 1000
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


def run_user_code(call: Callable[[], T], rule: RuleId, path: SpecPath | Callable[[], SpecPath], what: str) -> T:
    """What ``call`` gives; whatever it raises becomes a SpecError of ``rule`` that says ``what`` failed.

    ``path`` is where the code is named; a function of no arguments where several places are run, one after the other.
    """
    try:
        return call()
    except SpeccError:
        raise
    except (Exception, SystemExit) as error:
        message, at = f"{what}: {summarize(error)}", path() if callable(path) else path
        hint = unregistered_in(error) or _where(error)
        raise SpecError([Diagnostic(rule=rule, path=at, message=message, hint=hint)]) from error


def import_module(name: str, path: SpecPath) -> Any:
    """The module ``name``; a SpecError where the import fails, for whatever reason."""

    def imported() -> Any:
        try:
            return importlib.import_module(name)
        except ImportError as error:
            itself = error.name is not None and f"{name}.".startswith(f"{error.name}.")
            hint = "run from the directory that holds it, or install it" if itself else ""
            message = f"cannot import {name!r}: {error}"
            raise SpecError([finding("import-failed", path, message, hint)]) from error

    return run_user_code(imported, "import-failed", path, f"importing {name!r} failed")


def import_object(target: str, path: SpecPath) -> Any:
    """The object that ``module:attribute`` names; a SpecError where the import fails, for whatever reason."""
    module_name, _, attribute = target.partition(":")
    module = import_module(module_name, path)
    return resolve_attribute(module, attribute, "import-failed", path, repr(module_name))


def resolve_attribute(root: Any, target: str, rule: RuleId, path: SpecPath, root_name: str = "the model") -> Any:
    """What the dotted path ``target`` leads to on ``root``; a SpecError of ``rule`` says where it breaks off."""
    value, parts = root, target.split(".")
    for index, part in enumerate(parts):
        if part not in dir(value) and not hasattr(type(value), "__getattr__"):
            raise SpecError([_no_attribute(value, parts, index, rule, path, root_name)])
        try:
            value = getattr(value, part)
        except AttributeError as error:
            if part in dir(value):  # it is there, and will not be had now
                raise SpecError([Diagnostic(rule=rule, path=path, message=summarize(error))]) from error
            raise SpecError([_no_attribute(value, parts, index, rule, path, root_name)]) from error
        except (Exception, SystemExit) as error:
            message = f"reading {'.'.join(parts[: index + 1])!r} failed: {summarize(error)}"
            raise SpecError([Diagnostic(rule=rule, path=path, message=message, hint=_where(error))]) from error
    return value


def _no_attribute(value: Any, parts: list[str], index: int, rule: RuleId, path: SpecPath, root_name: str) -> Diagnostic:
    where = root_name if index == 0 else f"{'.'.join(parts[:index])!r} of {root_name}"
    names = [name for name in dir(value) if not name.startswith("_")]
    message = f"{where} ({kind_of(value)}) has no attribute {parts[index]!r}"
    return Diagnostic(rule=rule, path=path, message=message, hint=did_you_mean(parts[index], names))


def summarize(error: BaseException) -> str:
    """An exception in one line: its type, and what it says, without what frameworks wrap around it."""
    if isinstance(error, SystemExit):
        return f"it called sys.exit({error.code!r})"
    text = _ANSI.sub("", str(error))
    name = type(error).__name__
    if text.startswith("in user code:"):  # AutoGraph puts a traceback into the message, and what was raised behind it
        raised = re.findall(rf"^ *{name}: (.*)", text, re.MULTILINE | re.DOTALL)
        text = raised[-1] if raised else text
    if "Exception encountered when calling" in text:  # Keras names the layer first, and lists the arguments last
        text = text.rpartition("Exception encountered when calling")[2]
        text = text.partition("\n")[2].partition("Arguments received")[0] or text
    text = text.rpartition("Exception encountered: ")[2]  # Keras, while it loads a file
    text = text.partition(" in binary running on ")[0]  # TensorFlow, with the name of the machine
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    said = " ".join(lines[: _first_statement(lines)])
    return f"{name}: {said if len(said) <= _MAX_MESSAGE else said[: _MAX_MESSAGE - 3] + '...'}" if said else name


def _first_statement(lines: list[str]) -> int:
    """How many lines it takes to say something: one that ends in a colon announces what follows."""
    return next((number for number, line in enumerate(lines, 1) if not line.endswith(":")), len(lines))


def _where(error: BaseException) -> str:
    """The last line of the user's own code that led to ``error``, without the machine's directories."""
    frames = [(frame.filename, frame.lineno, frame.name) for frame in traceback.extract_tb(error.__traceback__)]
    if str(error).startswith("in user code:"):  # AutoGraph ran generated code, and says in the message where it is from
        frames = re.findall(r'File "([^"]+)", line (\d+), in (\w+)', str(error))
    for file, line, name in reversed(frames):
        if not file.startswith("<") and not any(Path(file).is_relative_to(library) for library in _LIBRARIES):
            return f"raised in {Path(file).name}, line {line}, in {name}"
    return ""
