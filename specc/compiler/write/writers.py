"""Chooses how an archive is written: by specc, or by ``tf.saved_model.save`` where only TensorFlow can save a part."""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorflow as tf

from specc.compiler.user_code import summarize
from specc.compiler.write.assets import require_files
from specc.compiler.write.contents import Contents
from specc.compiler.write.early_weights import EarlyWeights
from specc.compiler.write.meta_graph import NotWritable
from specc.compiler.write.resources import keeping_tables_unnamed
from specc.compiler.write.saved_model import write_saved_model
from specc.compiler.write.tensorflow_saver import save_with_tensorflow
from specc.diagnostics import Diagnostic
from specc.errors import SpecError
from specc.language.signatures import PublishedSignature

WRITER = "SPECC_WRITER"
"""The environment variable that chooses ``tf.saved_model.save`` with the value ``tensorflow``, for one release."""
_WRITERS = ("", "specc", "tensorflow")


@dataclass(frozen=True)
class Written:
    """An archive without its ``saved_model.pb``.

    ``saved_model`` is the proto of that file, before it is sealed; ``note`` says why TensorFlow wrote the rest, or is
    empty.
    """

    saved_model: Any
    note: str = ""


def write(
    contents: Contents, published: Iterable[PublishedSignature], directory: Path, early: EarlyWeights | None
) -> Written:
    """Writes the checkpoint and the assets of ``contents``, with each variable stored once.

    ``early`` has the variables that were written while the functions were traced, if any.

    Raises:
        OSError: the disk is full, or the directory cannot be written.
        SpecError: TensorFlow cannot save a part of it, or a file that the functions read is missing.
    """
    chosen = os.environ.get(WRITER, "")
    if chosen not in _WRITERS:
        message, hint = f"{WRITER} is {chosen!r}, which is not a writer", "unset it, or set it to specc or tensorflow"
        raise SpecError([Diagnostic(rule="save-failed", message=message, hint=hint)])
    require_files(contents.resources)
    with _explained_errors(), keeping_tables_unnamed(contents.resources):
        if chosen == "tensorflow":
            note = f"written with tf.saved_model.save, since {WRITER} is set to tensorflow"
        else:
            try:
                return Written(write_saved_model(contents, published, directory, early))
            except NotWritable as reason:
                note = f"written with tf.saved_model.save, which takes longer: {reason}"
        if early is not None:
            early.discard()
        return Written(save_with_tensorflow(contents, published, directory), note)


@contextlib.contextmanager
def _explained_errors() -> Iterator[None]:
    """Raises what TensorFlow raises as an OSError or a SpecError."""
    try:
        yield
    except tf.errors.OpError as error:
        raise OSError(errno.EIO, _os_reason(error)) from error
    except (OSError, SpecError, KeyboardInterrupt):
        raise
    except BaseException as error:  # TensorFlow raises many types, and a sharding callback is user code
        message, hint = f"TensorFlow cannot save the archive: {summarize(error)}", ""
        if "tracing gradients" in str(error) and error.__cause__ is not None:
            message = f"gradients cannot be traced: {summarize(error.__cause__)}"
            hint = 'set "gradients": false in each endpoint if no caller needs them'
        elif "No encoder for object" in str(error):
            hint = 'give the ExtensionType a __name__ such as "package.Name", by which archives identify it'
        elif "uses distributed variables in certain way" in str(error):
            hint = "it was already traced; track the owner of the variables, and give the function an input_signature"
        raise SpecError([Diagnostic(rule="save-failed", path=("endpoints",), message=message, hint=hint)]) from error


def _os_reason(error: Any) -> str:
    """The reason of an error without the names of ops and of the stage, such as ``No space left on device``."""
    return re.sub(r" \[Op:\w+\]", "", error.message).rpartition("; ")[2].strip()
