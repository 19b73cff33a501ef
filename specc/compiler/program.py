"""Program: a compiled document, with the TensorSpecs of each endpoint, which can export a model."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from specc.compiler.compiled_endpoint import CompiledEndpoint, compile_endpoint
from specc.compiler.export import export
from specc.compiler.export_report import ExportReport
from specc.language.document import Document
from specc.language.load import require_buildable
from specc.publishing.destinations import destination
from specc.publishing.versions import VersionChoice


@dataclass(frozen=True)
class Program(Mapping[str, CompiledEndpoint]):
    """A compiled document: a mapping from endpoint names to CompiledEndpoints."""

    document: Document
    endpoints: Mapping[str, CompiledEndpoint]

    def __getitem__(self, name: str) -> CompiledEndpoint:
        return self.endpoints[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.endpoints)

    def __len__(self) -> int:
        return len(self.endpoints)

    def export(  # noqa: PLR0913  # each is a separate option of the caller
        self,
        model: Any,
        filepath: str | os.PathLike[str] | None = None,
        *,
        base: str | os.PathLike[str] | None = None,
        version: VersionChoice = "next",
        keep: int | None = None,
        functions: Mapping[str, Callable[..., Any]] | None = None,
        progress: Callable[[str], None] | None = None,
        before_publish: Callable[[Path], None] | None = None,
    ) -> ExportReport:
        """Writes ``model`` as a SavedModel at ``filepath`` or as a version under ``base``.

        A local archive is published atomically. A URL such as ``s3://bucket/models/ranker`` is written through fsspec:
        such a store has no rename, so an archive there is complete only after ``assets.extra/specc.published``, which
        is written last, exists.

        Args:
            model: a Keras model or layer, a ``tf.Module``, a ``tf.function``, or anything whose attributes the
                document's functions name; None where ``functions`` gives every function.
            filepath: a directory that does not exist yet, or is empty; a local path or a URL.
            base: instead of ``filepath``, the directory or URL under which a version is published.
            version: ``next``, ``timestamp``, or the number itself.
            keep: how many versions to keep; older ones are removed after the new one is published.
            functions: a function for each endpoint whose ``function`` is null, called with the declared inputs.
            progress: called with one line before each stage; its method ``watch``, if it has one, with the directory in
                which the archive is being written.
            before_publish: called with the directory of the complete archive; if it raises, nothing is published.

        Returns:
            The :class:`specc.compiler.export_report.ExportReport`: the archive's path and contents.

        Raises:
            SpecError: the model does not fit the document; every conflict is in ``diagnostics``, and nothing is left.
            TargetError: ``filepath`` is not empty, the version exists, or nothing can be written there.
            UnavailableError: a URL needs fsspec, or the package of its protocol.
        """
        return export(
            self,
            model,
            destination(filepath, base=base, version=version, keep=keep),
            functions=functions or {},
            progress=progress or (lambda _: None),
            before_publish=before_publish,
        )


def compile(document: Document) -> Program:  # the name of the stage
    """The Program of ``document``.

    Raises:
        SpecError: the document cannot be built: an illegal or clashing name, or a dtype that this TensorFlow lacks.
    """
    require_buildable(document)
    return Program(document, {name: compile_endpoint(name, document.endpoints[name]) for name in document.endpoints})
