"""Runs user code: modules, models and functions, which may raise any exception or call ``sys.exit``.

A failure becomes one finding with the place in the document and the line of the user's code.
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

from specc.compiler.op_registry import unregistered_op_hint
from specc.diagnostics import Diagnostic, SpecPath, did_you_mean, finding, kind_of
from specc.errors import SpeccError, SpecError
from specc.rules.table import RuleId

T = TypeVar("T")

_LIBRARIES = [Path(str(module.__file__)).parent for module in (tf, keras)] + [Path(__file__).parent]
_LIBRARIES += [Path(spec.origin).parent for spec in [importlib.util.find_spec("jax")] if spec and spec.origin]
_MAX_MESSAGE = 1000
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


def run_user_code(call: Callable[[], T], rule: RuleId, path: SpecPath | Callable[[], SpecPath], what: str) -> T:
    """The result of ``call``; any exception becomes a SpecError of ``rule`` whose message starts with ``what``.

    An interrupt stays one, whether a person or the code raises it.

    ``path`` is the place that names the code, or a function that returns it if ``call`` runs several places in turn.
    """
    try:
        return call()
    except (SpeccError, KeyboardInterrupt):
        raise
    except BaseException as error:  # GeneratorExit and SystemExit too
        message, at = f"{what}: {summarize(error)}", path() if callable(path) else path
        hint = unregistered_op_hint(error) or _user_line(error)
        raise SpecError([Diagnostic(rule=rule, path=at, message=message, hint=hint)]) from error


def import_module(name: str, path: SpecPath) -> Any:
    """The module ``name``; raises SpecError if the import fails for any reason."""

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
    """The object that ``module:attribute`` names; raises SpecError if the import fails for any reason."""
    module_name, _, attribute = target.partition(":")
    module = import_module(module_name, path)
    return resolve_attribute(module, attribute, "import-failed", path, repr(module_name))


def resolve_attribute(root: Any, target: str, rule: RuleId, path: SpecPath, root_name: str = "the model") -> Any:
    """The value at the dotted path ``target`` of ``root``; raises SpecError of ``rule`` with the missing part."""
    value, parts = root, target.split(".")
    for index, part in enumerate(parts):
        if part not in dir(value) and not hasattr(type(value), "__getattr__"):
            raise SpecError([_no_attribute(value, parts, index, rule, path, root_name)])
        try:
            value = getattr(value, part)
        except AttributeError as error:
            if part in dir(value):  # it exists, but reading it failed
                raise SpecError([Diagnostic(rule=rule, path=path, message=summarize(error))]) from error
            raise SpecError([_no_attribute(value, parts, index, rule, path, root_name)]) from error
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a property is user code
            message = f"reading {'.'.join(parts[: index + 1])!r} failed: {summarize(error)}"
            raise SpecError([Diagnostic(rule=rule, path=path, message=message, hint=_user_line(error))]) from error
    return value


def _no_attribute(value: Any, parts: list[str], index: int, rule: RuleId, path: SpecPath, root_name: str) -> Diagnostic:
    where = root_name if index == 0 else f"{'.'.join(parts[:index])!r} of {root_name}"
    names = [name for name in dir(value) if not name.startswith("_")]
    message = f"{where} ({kind_of(value)}) has no attribute {parts[index]!r}"
    return Diagnostic(rule=rule, path=path, message=message, hint=did_you_mean(parts[index], names))


def summarize(error: BaseException) -> str:
    """An exception in one line: its type and message, without the text that frameworks wrap around it."""
    if isinstance(error, SystemExit):
        return f"it called sys.exit({error.code!r})"
    text = _ANSI.sub("", str(error))
    name = type(error).__name__
    if text.startswith("in user code:"):  # AutoGraph puts a traceback into the message, then what was raised
        raised = re.findall(rf"^ *{name}: (.*)", text, re.MULTILINE | re.DOTALL)
        text = raised[-1] if raised else text
    if "Exception encountered when calling" in text:  # Keras puts the layer first and the arguments last
        text = text.rpartition("Exception encountered when calling")[2]
        text = text.partition("\n")[2].partition("Arguments received")[0] or text
    text = text.rpartition("Exception encountered: ")[2]  # from Keras when it loads a file
    text = text.partition(" in binary running on ")[0]  # from TensorFlow, with the host name
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    text_of_error = " ".join(lines[: _first_statement(lines)])
    return (
        f"{name}: {text_of_error if len(text_of_error) <= _MAX_MESSAGE else text_of_error[: _MAX_MESSAGE - 3] + '...'}"
        if text_of_error
        else name
    )


def _first_statement(lines: list[str]) -> int:
    """The number of leading lines up to the first that does not end in a colon."""
    return next((number for number, line in enumerate(lines, 1) if not line.endswith(":")), len(lines))


def _user_line(error: BaseException) -> str:
    """The last line of the user's code that led to ``error``, without directories."""
    frames = [(frame.filename, frame.lineno, frame.name) for frame in traceback.extract_tb(error.__traceback__)]
    if str(error).startswith("in user code:"):  # AutoGraph ran generated code; its origin is in the message
        frames = re.findall(r'File "([^"]+)", line (\d+), in (\w+)', str(error))
    for file, line, name in reversed(frames):
        if not file.startswith("<") and not any(Path(file).is_relative_to(library) for library in _LIBRARIES):
            return f"raised in {Path(file).name}, line {line}, in {name}"
    return ""
