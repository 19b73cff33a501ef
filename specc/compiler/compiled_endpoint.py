"""CompiledEndpoint: one endpoint of a document in TensorFlow's types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from specc.compiler.tensorspec import tensor_specs
from specc.diagnostics import SpecPath
from specc.language.document import Endpoint
from specc.language.trees import has_default
from specc.language.wire_names import BoundLeaf, Component, input_leaves, output_leaves


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
        """The path of the endpoint in its document."""
        return ("endpoints", self.name)

    @property
    def input_components(self) -> tuple[Component, ...]:
        """The flat tensors that the signature takes, in TensorFlow's order."""
        return tuple(component for leaf in self.inputs for component in leaf.components)

    @property
    def parameters(self) -> tuple[Component, ...]:
        """The flat inputs as positional parameters of the traced signature, those with a default last."""
        flat = [(has_default(leaf.leaf), component) for leaf in self.inputs for component in leaf.components]
        return tuple(component for _, component in sorted(flat, key=lambda pair: pair[0]))

    @property
    def output_components(self) -> tuple[Component, ...]:
        """The flat tensors that the signature returns, in TensorFlow's order."""
        return tuple(component for leaf in self.outputs for component in leaf.components)


def compile_endpoint(name: str, endpoint: Endpoint) -> CompiledEndpoint:
    """The CompiledEndpoint of ``endpoint``, whose name in its document is ``name``."""
    at: SpecPath = ("endpoints", name)
    return CompiledEndpoint(
        name=name,
        declared=endpoint,
        input_signature=[tensor_specs(tree) for tree in endpoint.inputs],
        output_specs=tensor_specs(endpoint.outputs),
        inputs=input_leaves(endpoint, at),
        outputs=output_leaves(endpoint, at),
    )
