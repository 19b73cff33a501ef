"""Saves traced endpoints under an ``ArchiveRoot``, using only TensorFlow's public API."""

from __future__ import annotations

import errno
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorflow as tf

from specc.compiler.quiet_loggers import quiet_loggers
from specc.compiler.trace.endpoints import TracedEndpoint
from specc.compiler.user_code import summarize
from specc.compiler.write.assets import require_files
from specc.compiler.write.resources import keeping_tables_unnamed
from specc.compiler.write.save_options import saved_variables
from specc.compiler.write.seal import temporary_key
from specc.diagnostics import Diagnostic
from specc.errors import SpecError


class ArchiveRoot(tf.Module):  # type: ignore[misc]  # TensorFlow has no types
    """The root object of an archive: endpoints and collections as attributes, and the three lists of variables.

    ``tf.Module.variables`` and the like are properties without a setter, which these class attributes override.
    """

    variables: Any = None
    trainable_variables: Any = None
    non_trainable_variables: Any = None


@dataclass(frozen=True)
class Contents:
    """The contents of one archive.

    ``signatures`` has the function of each signature that is not an alias, by its key; ``options`` is the
    ``tf.saved_model.SaveOptions`` to save it all with.
    """

    endpoints: Sequence[TracedEndpoint]
    signatures: Mapping[str, Any]
    variables: Sequence[Any]
    trainable_variables: Sequence[Any]
    non_trainable_variables: Sequence[Any]
    collections: dict[str, Sequence[Any]]
    resources: Sequence[Any]
    options: Any

    @property
    def keeps_gradients(self) -> bool:
        """Whether the archive keeps custom gradients, for all endpoints."""
        return bool(self.options.experimental_custom_gradients)


def write(contents: Contents, directory: Path) -> None:
    """Saves ``contents`` in ``directory``, with each variable stored once.

    Raises:
        OSError: the disk is full, or the directory cannot be written.
        SpecError: TensorFlow cannot save a part of it, or a file that the functions read is missing.
    """
    require_files(contents.resources)
    root = ArchiveRoot()
    root.variables = saved_variables(contents.variables, contents.options)
    root.trainable_variables = saved_variables(contents.trainable_variables, contents.options)
    root.non_trainable_variables = saved_variables(contents.non_trainable_variables, contents.options)
    for name, variables in sorted(contents.collections.items()):
        setattr(root, name, saved_variables(variables, contents.options))
    root._resources = list(contents.resources)
    for endpoint in contents.endpoints:  # on the instance: TensorFlow would not save a ``__call__`` of the class
        setattr(root, endpoint.compiled.name, endpoint.nested)
    signatures = {temporary_key(key): signature for key, signature in contents.signatures.items()}
    try:
        # TensorFlow logs two lines at every save: on the directory, and on untraced functions.
        with quiet_loggers("absl", "tensorflow"), keeping_tables_unnamed(contents.resources):
            tf.saved_model.save(root, str(directory), signatures=signatures, options=contents.options)
    except tf.errors.OpError as error:
        raise OSError(errno.EIO, _os_reason(error)) from error
    except (OSError, KeyboardInterrupt):
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
