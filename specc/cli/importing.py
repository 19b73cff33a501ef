"""Imports for commands: TensorFlow, and user modules beside the specs."""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from specc.cli.progress import stage
from specc.errors import INSTALL, UnavailableError
from specc.language.scalars import DOTTED


def import_tensorflow(command: str) -> None:
    """Imports TensorFlow and Keras; raises UnavailableError, with how to install them, if that fails."""
    missing = [name for name in ("tensorflow", "keras") if find_spec(name) is None]
    if missing:
        names = " and ".join({"tensorflow": "TensorFlow", "keras": "Keras"}[name] for name in missing)
        raise UnavailableError(f"{command} needs {names}; install with: {INSTALL['tensorflow']}")
    if os.environ.get("KERAS_BACKEND") == "jax" and find_spec("jax") is None:
        raise UnavailableError(f"{command} needs JAX (KERAS_BACKEND is jax); install with: {INSTALL['jax']}")
    stage("importing TensorFlow")
    is_first = "tensorflow" not in sys.modules
    try:
        with _silenced_stderr():
            from specc.compiler.backends import require_backend
            from specc.compiler.op_registry import record_built_in_ops
    except (Exception, SystemExit) as error:
        backend = f" (KERAS_BACKEND is {os.environ['KERAS_BACKEND']})" if "KERAS_BACKEND" in os.environ else ""
        text = f"{type(error).__name__}: {error}".splitlines()[0]
        raise UnavailableError(f"TensorFlow and Keras cannot be imported{backend}: {text}") from error
    if is_first:
        record_built_in_ops()
    require_backend()


@contextmanager
def _silenced_stderr() -> Iterator[None]:
    """Discards the lines that TensorFlow's C++ code writes to standard error on import, before a level can be set."""
    sys.stderr.flush()
    try:
        file = tempfile.TemporaryFile()  # noqa: SIM115  # closed below
    except OSError:  # no directory for temporary files
        yield
        return
    with file as output:
        saved = os.dup(2)
        os.dup2(output.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)


def add_import_option(parser: argparse.ArgumentParser, what: str) -> None:
    """Adds ``--import``, whose modules a command imports before the model."""
    parser.add_argument(
        "--import", dest="imports", type=_module_name, action="append", default=[], metavar="MODULE", help=what
    )


def _module_name(text: str) -> str:
    if re.fullmatch(DOTTED, text) is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not the name of a module, such as tensorflow_text")
    return text


@contextmanager
def modules_of(directory: Path, places: tuple[Path, ...]) -> Iterator[None]:
    """Puts ``places`` first on the import path; on exit, removes the modules of ``directory`` from ``sys.modules``.

    The next spec may have other modules with the same names beside it.
    """
    path, modules_before = list(sys.path), set(sys.modules)
    sys.path[:0] = map(str, places)
    try:
        yield
    finally:
        sys.path[:] = path
        own = {name for name in set(sys.modules) - modules_before if _is_module_of(directory, name)}
        for name in list(sys.modules):
            if name.partition(".")[0] in own:
                del sys.modules[name]


def _is_module_of(directory: Path, name: str) -> bool:
    """Whether a module is a file or a package of ``directory``."""
    module = sys.modules[name]
    files = list(getattr(module, "__path__", ())) or [getattr(module, "__file__", None)]
    return any(file is not None and Path(file).parent == directory for file in files)
