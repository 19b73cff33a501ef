"""Saves traced endpoints under a root of our own, through TensorFlow's public API alone."""

from __future__ import annotations

import contextlib
import errno
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorflow as tf

from specc.archive.endpoints import TracedEndpoint
from specc.archive.user_code import summarize
from specc.diagnostics import Diagnostic
from specc.errors import SpecError


class ArchiveRoot(tf.Module):  # type: ignore[misc]  # TensorFlow has no types
    """What an archive revives as: endpoints and collections as attributes, and the three lists of variables.

    ``tf.Module.variables`` and its kin are properties without a setter; a subclass's own attributes stand before them.
    """

    variables: Any = None
    trainable_variables: Any = None
    non_trainable_variables: Any = None


@dataclass(frozen=True)
class Contents:
    """Everything that one archive holds."""

    endpoints: Sequence[TracedEndpoint]
    variables: Sequence[Any]
    trainable_variables: Sequence[Any]
    non_trainable_variables: Sequence[Any]
    collections: dict[str, Sequence[Any]]
    resources: Sequence[Any]

    @property
    def keeps_gradients(self) -> bool:
        """Custom gradients are kept or dropped for a whole archive: dropped where every endpoint says so."""
        return any(endpoint.compiled.declared.gradients for endpoint in self.endpoints)


def write(contents: Contents, directory: Path) -> None:
    """Saves ``contents`` in ``directory``: one signature per endpoint, each variable once.

    Raises:
        OSError: the disk is full, or the directory cannot be written.
        SpecError: TensorFlow finds something that it cannot save.
    """
    root = ArchiveRoot()
    root.variables = list(contents.variables)
    root.trainable_variables = list(contents.trainable_variables)
    root.non_trainable_variables = list(contents.non_trainable_variables)
    for name, variables in sorted(contents.collections.items()):
        setattr(root, name, list(variables))
    root._resources = list(contents.resources)
    signatures = {}
    for endpoint in contents.endpoints:
        setattr(root, endpoint.compiled.name, endpoint.nested)
        signatures[endpoint.compiled.name] = endpoint.signature
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=contents.keeps_gradients)
    try:
        with _quiet():
            tf.saved_model.save(root, str(directory), signatures=signatures, options=options)
    except tf.errors.OpError as error:
        raise OSError(errno.EIO, _reason(error)) from error
    except (ValueError, TypeError, AssertionError, KeyError) as error:
        message = f"TensorFlow cannot save the archive: {summarize(error)}"
        raise SpecError([Diagnostic(rule="save-failed", path=("endpoints",), message=message)]) from error


def _reason(error: Any) -> str:
    """What went wrong, without the names of ops and of the staging directory: ``No space left on device``."""
    return re.sub(r" \[Op:\w+\]", "", error.message).rpartition("; ")[2].strip()


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silences two lines that TensorFlow logs at every save: about the directory, and about untraced functions."""
    loggers = [logging.getLogger(name) for name in ("absl", "tensorflow")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
