"""Runs user code: modules, models and functions, which may raise any exception or call ``sys.exit``.

A failure becomes one finding with the place in the document and the line of the user's code.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import sysconfig
import traceback
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, TypeVar

from specc.compiler.op_registry import unregistered_op_hint
from specc.diagnostics import Diagnostic, SpecPath, did_you_mean, finding, kind_of
from specc.errors import SpeccError, SpecError
from specc.rules.table import RuleId

T = TypeVar("T")

_PACKAGES = frozenset(("site-packages", "dist-packages"))
"""The names of the directories of installed packages."""
_LIBRARIES = {
    name: Path(spec.origin).resolve().parent
    for name in ("tensorflow", "keras", "tf_keras", "jax", "numpy", "specc")
    for spec in [importlib.util.find_spec(name)]
    if spec and spec.origin
}
"""The directories of the libraries whose lines are of no use to a user."""
_STANDARD_LIBRARY = [Path(sysconfig.get_path(key)).resolve() for key in ("stdlib", "platstdlib")]
_CELLS = ("<ipython-input-", "<stdin>")
"""The starts of the names of code that a person typed."""
_EXECUTED = "<string>"
"""The name of code that was run from a text: a person's own, or the methods that a dataclass generates."""
_GENERATED_FILE = "__autograph_generated_file"
"""The start of the names of the temporary files that AutoGraph runs in place of a function's own."""
_STACK_LINE = re.compile(r'( *)File "([^"\0]+)", line (\d{1,9})(?:, in (\S+))?[ *]*')
_STACK_HEADINGS = re.compile(
    r"(in user code|Graph execution error|Detected at node .*|Original stack trace for .*|Stack trace for op definition"
    r"|Traceback \(most recent call last\)):? *(\(most recent call last\):)?|<stack traces unavailable>|-{10,}"
    r"|The error occurred while tracing the function stateless at .*"
    r"|\[\[\{\{node .*|The stack trace below excludes JAX-internal frames.*"
)
"""Lines that frameworks write around a stack, and not about the error."""
_NODE_NAMES = re.compile(
    r"\{\{function_node [^}]{0,999}\}\} *|(?<!\s)\s*(?:\[\[\{\{node [^\]]{0,999}\]\]|\[Op:\w{0,99}\](?: name:)?)"
)
_PUNCTUATION = (".", ":", ";", ",", "!", "?", "(", "[", "{")
_RAISED = re.compile(r"([A-Za-z_][\w.]*)(?:: (.*))?", re.DOTALL)
"""A type and a message, as tracebacks end."""
_MAX_MESSAGE = 1000
_MAX_TEXT = 100_000
"""Of the message of an exception. Its middle is left out: most have the reason at the beginning or the end."""
_MAX_GROUPS = 10
"""How deep the first exception of a group is looked for."""
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


def run_user_code(
    call: Callable[[], T], rule: RuleId, path: SpecPath | Callable[[BaseException], SpecPath], what: str
) -> T:
    """The result of ``call``; any exception becomes a SpecError of ``rule`` whose message starts with ``what``.

    An interrupt stays one, whether a person or the code raises it.

    ``path`` is the place that names the code, or a function that returns the one that the exception is about.
    """
    try:
        return call()
    except (SpeccError, KeyboardInterrupt):
        raise
    except BaseException as error:  # GeneratorExit and SystemExit too
        message, at = f"{what}: {summarize(error)}", path(error) if callable(path) else path
        hint = unregistered_op_hint(text_of(error)) or user_line(error)
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
            raise SpecError([Diagnostic(rule=rule, path=path, message=message, hint=user_line(error))]) from error
    return value


def _no_attribute(value: Any, parts: list[str], index: int, rule: RuleId, path: SpecPath, root_name: str) -> Diagnostic:
    where = root_name if index == 0 else f"{'.'.join(parts[:index])!r} of {root_name}"
    # What a module imports as a module, such as np, is nothing that a target ends with.
    imports = vars(value) if isinstance(value, ModuleType) and index == len(parts) - 1 else {}
    names = [name for name in dir(value) if not name.startswith("_") and not isinstance(imports.get(name), ModuleType)]
    message = f"{where} ({kind_of(value)}) has no attribute {parts[index]!r}"
    return Diagnostic(rule=rule, path=path, message=message, hint=did_you_mean(parts[index], names))


def summarize(error: BaseException) -> str:
    """An exception in one line: its type and message, without the text and stacks that frameworks wrap around it."""
    if isinstance(error, SystemExit):
        return f"it called sys.exit({_shown(error.code)})"
    if isinstance(error, BaseExceptionGroup) and (first := _first_of(error)) is not None:
        return f"{type(error).__name__}: {_cut(_on_one_line(_lines_without_stack(text_of(error))))}: {summarize(first)}"
    name, text = type(error).__name__, text_of(error)
    if text.startswith("in user code:"):  # AutoGraph puts a traceback into the message, then what was raised
        raised = _RAISED.fullmatch("\n".join(_lines_without_stack(text)))
        name, text = (raised[1].rpartition(".")[2], raised[2] or "") if raised else (name, text)
    if "Exception encountered when calling" in text:  # Keras puts the layer first and the arguments last
        text = text.rpartition("Exception encountered when calling")[2]
        text = text.partition("\n")[2].partition("Arguments received")[0] or text
    text = text.rpartition("Exception encountered: ")[2]  # from Keras when it loads a file
    text = text.partition(" in binary running on ")[0]  # from TensorFlow, with the host name
    text = _NODE_NAMES.sub("", _on_one_line(_lines_without_stack(text))).strip()
    return f"{name}: {_cut(text)}" if text else name


def _first_of(error: BaseException) -> BaseException | None:
    """The first exception in a group, or in the groups inside; None where they are too deep."""
    for _ in range(_MAX_GROUPS):
        if not isinstance(error, BaseExceptionGroup):
            return error
        error = error.exceptions[0]
    return None


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_MESSAGE else text[: _MAX_MESSAGE - 3] + "..."


def _shown(value: object) -> str:
    """The ``repr`` of a value of the user, or its type where that fails."""
    try:
        return _cut(repr(value))
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001  # a class of the user
        return kind_of(value)


def text_of(error: BaseException) -> str:
    """The message of an exception; of a KeyError the key, since its ``str`` is a quoted form with escapes."""
    match error:
        case KeyError(args=(str() as key,)) if "\n" in key:
            return _ANSI.sub("", _without_middle(key))
    try:
        return _ANSI.sub("", _without_middle(str(error)))
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001  # a class of the user, or of a library, whose own __str__ fails
        return ""


def _without_middle(text: str) -> str:
    half = _MAX_TEXT // 2
    return text if len(text) <= _MAX_TEXT else f"{text[:half]}...\n{text[-half:]}"


def _on_one_line(lines: Iterable[str]) -> str:
    """The lines, separated by a semicolon where one does not end in punctuation."""
    return "".join(f"{line} " if line.endswith(_PUNCTUATION) else f"{line}; " for line in lines).rstrip("; ")


def _lines_without_stack(text: str) -> Iterator[str]:
    """The lines of a message that are neither empty nor part of a stack."""
    deeper = -1  # a stack line is followed by the line of code, indented further
    for line in text.splitlines():
        stripped, indent = line.strip(), len(line) - len(line.lstrip())
        is_code, deeper = 0 <= deeper < indent, -1
        if stack := _STACK_LINE.fullmatch(line):
            deeper = len(stack[1])
        elif stripped and not is_code and not _STACK_HEADINGS.fullmatch(stripped):
            yield stripped


def user_line(error: BaseException) -> str:
    """The innermost line of the user's own code that led to ``error``, without directories.

    Installed packages other than TensorFlow's are named only if no frame is of a file outside them.
    """
    walked = traceback.walk_tb(error.__traceback__)  # which opens no file
    frames = [(frame.f_code.co_filename, line, frame.f_code.co_name) for frame, line in walked]
    # AutoGraph runs generated code, and TensorFlow runs graphs: where an op comes from is in the message.
    frames += [
        (found[2], int(found[3]), found[4])
        for found in map(_STACK_LINE.fullmatch, text_of(error).splitlines())
        if found
    ]
    owned = [(_owner(file), file, line, name) for file, line, name in frames]
    for wanted in ("user", "package"):
        for owner, file, line, name in reversed(owned):
            if owner == wanted:
                within = "" if name in (None, "None") else f", in {name}"
                return f"raised in {Path(file).name}, line {line}{within}"
    return ""


def runs_through(error: BaseException, library: str) -> bool:
    """Whether ``error`` was raised under a frame of this library."""
    files = (Path(frame.f_code.co_filename).resolve() for frame, _ in traceback.walk_tb(error.__traceback__))
    return library in _LIBRARIES and any(file.is_relative_to(_LIBRARIES[library]) for file in files)


def is_users_own(file: str) -> bool:
    """Whether a source file is neither generated nor part of a library or another installed package."""
    return _owner(file) == "user"


def _owner(file: str) -> Literal["user", "package", "library"]:
    """Whose code is in ``file``: the user's, an installed package's, or that of Python, TensorFlow, Keras or specc."""
    path = Path(file)
    if file.startswith(_CELLS):
        return "user"
    if file == _EXECUTED:
        return "package"
    if file.startswith("<") or path.name.startswith(_GENERATED_FILE):
        return "library"
    real = path.resolve()
    if any(real.is_relative_to(library) for library in _LIBRARIES.values()):
        return "library"
    if not _PACKAGES.isdisjoint(real.parts):
        return "package"
    return "library" if any(real.is_relative_to(directory) for directory in _STANDARD_LIBRARY) else "user"
