"""A compiled document: what each endpoint takes and gives, in TensorFlow's own terms."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from specc.archive.report import ExportReport
from specc.archive.tensorspec import component_spec, tensor_specs
from specc.diagnostics import SpecPath
from specc.language.document import Document, Endpoint
from specc.language.load import require_buildable
from specc.language.names import BoundLeaf, Component, input_leaves, output_leaves


@dataclass(frozen=True)
class CompiledEndpoint:
    """One endpoint of a Program.

    ``input_signature`` is a list with one nested tree of ``tf.TensorSpec``s for each positional argument, as
    ``keras.export.ExportArchive.add_endpoint`` takes it; ``output_specs`` is the tree of the result.
    """

    name: str
    declared: Endpoint
    input_signature: list[Any]
    output_specs: Any
    inputs: tuple[BoundLeaf, ...]
    outputs: tuple[BoundLeaf, ...]

    @property
    def path(self) -> SpecPath:
        """Where the endpoint stands in its document."""
        return ("endpoints", self.name)

    @property
    def input_components(self) -> tuple[Component, ...]:
        """The flat tensors that the signature takes, in TensorFlow's order."""
        return tuple(component for leaf in self.inputs for component in leaf.components)

    @property
    def output_components(self) -> tuple[Component, ...]:
        """The flat tensors that the signature gives, in TensorFlow's order."""
        return tuple(component for leaf in self.outputs for component in leaf.components)

    @property
    def flat_signature(self) -> dict[str, Any]:
        """The ``tf.TensorSpec`` of each wire name that the signature takes."""
        return {component.wire_name: component_spec(component) for component in self.input_components}


@dataclass(frozen=True)
class Program(Mapping[str, CompiledEndpoint]):
    """A compiled document: a mapping from the names of its endpoints."""

    document: Document
    endpoints: Mapping[str, CompiledEndpoint]

    def __getitem__(self, name: str) -> CompiledEndpoint:
        return self.endpoints[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.endpoints)

    def __len__(self) -> int:
        return len(self.endpoints)

    def export(
        self,
        model: Any,
        filepath: str | os.PathLike[str],
        *,
        functions: Mapping[str, Callable[..., Any]] | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> ExportReport:
        """Writes ``model`` as a SavedModel at ``filepath``, whole or not at all.

        Args:
            model: a Keras model or layer, a ``tf.Module``, a ``tf.function``, or anything whose attributes the
                document's functions name; None where ``functions`` gives every function.
            filepath: a directory that does not exist yet, or is empty.
            functions: a function for each endpoint whose ``function`` is null, called with the declared inputs.
            progress: called with one line before each stage.

        Returns:
            The :class:`specc.archive.report.ExportReport`: where the archive lies and what is in it.

        Raises:
            SpecError: the model does not fit the document; every conflict is in ``diagnostics``, and nothing is left.
            TargetError: ``filepath`` is not empty or cannot be written.
        """
        from specc.archive.export import export  # noqa: PLC0415  # export needs Program

        return export(self, model, filepath, functions=functions or {}, progress=progress or (lambda _: None))


def compile(document: Document) -> Program:  # the name of the stage
    """The Program of ``document``.

    Raises:
        SpecError: the document cannot be built: an illegal or clashing name, or a dtype that this TensorFlow lacks.
    """
    require_buildable(document)
    return Program(document, {name: _compile_endpoint(name, document.endpoints[name]) for name in document.endpoints})


def _compile_endpoint(name: str, endpoint: Endpoint) -> CompiledEndpoint:
    at: SpecPath = ("endpoints", name)
    return CompiledEndpoint(
        name=name,
        declared=endpoint,
        input_signature=[tensor_specs(tree) for tree in endpoint.inputs],
        output_specs=tensor_specs(endpoint.outputs),
        inputs=input_leaves(endpoint, at),
        outputs=output_leaves(endpoint, at),
    )
