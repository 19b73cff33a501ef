"""``specc inspect ARCHIVE``: describes a SavedModel, from its contract or its graph."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from specc.cli import note
from specc.cli.findings import add_options, print_report
from specc.diagnostics import format_path, printable, shortened
from specc.language.document import Document
from specc.language.load import dump
from specc.language.signatures import has_signature
from specc.language.tensor_string import format_tensor
from specc.language.wire_names import BoundLeaf, input_leaves, output_leaves
from specc.reader import Inspection, inspect_archive
from specc.reader.custom_ops import loading_note
from specc.report import Report
from specc.report.text import table
from specc.report.writer import write


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument("archive", metavar="ARCHIVE", help="the directory of a SavedModel")
    parser.add_argument("--json", action="store_true", help="print the document itself, as a spec file")
    add_options(parser)


def run(options: argparse.Namespace) -> int:
    """Prints the archive's document; notes about what is missing in it go to standard error."""
    inspection = inspect_archive(Path(options.archive))
    if options.json:
        write(dump(inspection.document))
        if inspection.custom_ops:  # which a document cannot contain
            note(f"note: {loading_note(inspection.custom_ops, inspection.document.imports)}")
    elif options.format == "text":
        write(_describe_archive(options.archive, inspection))
    for text in inspection.notes:
        note(f"note: {text}")
    report = Report([finding.in_file(options.archive) for finding in inspection.findings])
    return print_report(report, options, sys.stderr if options.json else sys.stdout)  # --json prints the bare document


def _describe_archive(archive: str, inspection: Inspection) -> str:
    document = inspection.document
    named = printable(f"{archive}: {document.name or 'a model without a name'}")
    title = f"{named}, read from its {inspection.source}\n"
    parts = [title, *(_describe_endpoint(name, document) for name in sorted(document.endpoints))]
    if document.variable_collections:
        parts.append(f"variable collections: {printable(', '.join(sorted(document.variable_collections)))}\n")
    if inspection.custom_ops:
        parts.append(f"{printable(loading_note(inspection.custom_ops, document.imports))}\n")
    return "\n".join(parts)


def _describe_endpoint(name: str, document: Document) -> str:
    endpoint = document.endpoints[name]
    rows = [("in", *_leaf_cells(leaf)) for leaf in input_leaves(endpoint)]
    rows += [("out", *_leaf_cells(leaf)) for leaf in output_leaves(endpoint)]
    default = " (serving_default)" if name == document.default else ""
    default = default if has_signature(document, name) else " (the revived object itself, without a signature)"
    text = f"{endpoint.description}\n" if endpoint.description else ""
    return f"{printable(name)}{default}\n{text}{table(('', 'path', 'tensor', 'wire names'), rows)}"


def _leaf_cells(leaf: BoundLeaf) -> tuple[str, str, str]:
    kind = "" if leaf.leaf.kind == "tensor" else f"{leaf.leaf.kind} "
    names = ", ".join(shortened(component.wire_name) for component in leaf.components)
    return format_path(leaf.path), f"{kind}{format_tensor(leaf.leaf.dtype, leaf.leaf.shape)}", names
