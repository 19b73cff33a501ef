"""Checks for ops that a converter does not convert, which only a build can detect: they are in the built graph.

- tf2onnx and TensorFlow.js: the ops for which the package has a rule, and those that disappear when the graph is made
  of constants. tests/consumers compares the lists with the packages.
- OpenVINO: the ops of tests/consumers that it refuses.
- LiteRT: its converter is part of TensorFlow, and a build for it converts the archive
  (specc.compiler.litert_conversion).

A converter makes constants of the variables, so the ops that change them are lost, and the answers of later calls
differ; LiteRT keeps them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from specc.checks.context import CheckContext, CheckedEndpoint
from specc.checks.converter_ops import is_converted_by
from specc.diagnostics import Diagnostic, finding
from specc.language.signatures import RAW
from specc.rules.table import RuleId

_MAX_SHOWN = 5


def op_check(
    rule: RuleId, converter: str, *, only_default: bool = False
) -> Callable[[CheckContext], Iterator[Diagnostic]]:
    """A check for ops that ``converter`` does not convert, or whose effect the converted model lacks."""
    is_converted = is_converted_by(rule)

    def find(context: CheckContext) -> Iterator[Diagnostic]:
        for checked in context.converted(only_default=only_default):
            graph = context.built.graphs.get(own_key(checked))
            if graph is None:
                continue
            refused = {op.name for op in graph.ops if op.name not in graph.changing and not is_converted(op, graph)}
            if refused:
                message = f"{converter} does not convert what {checked.name!r} calls: {_listed(refused)}"
                hint = "leave it to the client, or to another endpoint; or write it with other ops"
                yield finding(rule, checked.path, message, hint, on_key=True)
            if graph.changing:
                message = (
                    f"{converter} makes constants of the variables, and {checked.name!r} changes some: "
                    f"{_listed(graph.changing)}"
                )
                hint = "keep it out of an archive that is converted, or pass the state in and out as tensors"
                yield finding(rule, checked.path, message, hint, on_key=True)

    return find


_convert_with_tfjs = op_check("tfjs-op", "TensorFlow.js")


def tfjs_op(context: CheckContext) -> Iterator[Diagnostic]:
    """As op_check, and findings for endpoints beside a table that they do not look up.

    The converter looks for every table of the archive in every signature (``_get_resource_ids_maps`` in
    tensorflowjs/converters/tf_saved_model_conversion_v2.py of tensorflow/tfjs), and fails without saying so.
    """
    yield from _convert_with_tfjs(context)
    for checked in context.converted():
        graph = context.built.graphs.get(own_key(checked))
        if graph is not None and graph.leaves_tables:
            message = (
                f"TensorFlow.js's converter fails for {checked.name!r}: it needs every lookup table of the archive"
            )
            hint = "put it in an archive of its own"
            yield finding("tfjs-op", checked.path, message, hint, on_key=True)


def litert_op(context: CheckContext) -> Iterator[Diagnostic]:
    """Findings for endpoints that LiteRT's converter refused, and for tables that its interpreter does not fill."""
    for checked in context.converted():
        key = own_key(checked)
        refused = context.built.refused_by_litert.get(key)
        hint = "leave it to the client; or convert with SELECT_TF_OPS, whose runtime is larger, and turn the check off"
        if refused is not None:
            message = f"the LiteRT converter does not convert what {checked.name!r} calls: {_listed(set(refused))}"
            yield finding("litert-op", checked.path, message, hint, on_key=True)
        elif key in context.built.graphs and context.built.graphs[key].reads_table_file:
            message = f"LiteRT does not fill the lookup table of {checked.name!r}, whose content is a file"
            hint = "make the table of the lines of the file, not of its path"
            yield finding("litert-op", checked.path, message, hint, on_key=True)


def own_key(checked: CheckedEndpoint) -> str:
    """The key of the signature that takes the endpoint's own inputs."""
    return f"{RAW}:{checked.name}" if checked.endpoint.receiver is not None else checked.name


def _listed(names: set[str] | frozenset[str]) -> str:
    shown = sorted(names)[:_MAX_SHOWN]
    more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
    return ", ".join(shown) + more
