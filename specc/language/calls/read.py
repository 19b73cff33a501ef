"""Reading an example as a Call: by descent of the declared trees, with the files that it names."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from specc.diagnostics import Diagnostic, SpecPath, counted, finding
from specc.errors import SpecError
from specc.language.calls.array_files import ArrayFiles
from specc.language.calls.call import Call
from specc.language.calls.example_reader import ExampleReader
from specc.language.document import Document
from specc.language.examples import Example
from specc.language.wire_names import input_leaves, output_leaves

MAX_LEAVES = 150_000
"""How many tensors all examples of a document may have: a short example may leave out thousands with defaults."""


def read_example(document: Document, endpoint: str, example: Example, at: SpecPath) -> Call:
    """The Call of one example of the endpoint called ``endpoint``. ``at`` is the path of the example, for findings.

    Files are found from ``document.directory``. The example need not be one of the document's: ``specc run`` reads
    another (``at`` is then ``()``).

    Raises:
        SpecError: the example does not fit the endpoint, or one of its files is missing or bad; with every finding.
    """
    return _call(document, endpoint, example, at, _files(document, contents=True))


def read_examples(document: Document, endpoint: str) -> dict[str, Call]:
    """The Calls of all examples of the endpoint called ``endpoint``, by the names of the examples, sorted.

    Raises:
        SpecError: as :func:`read_example` does, with the findings of all examples.
    """
    files, calls, findings = _files(document, contents=True), dict[str, Call](), list[Diagnostic]()
    for name, example in sorted(document.endpoints[endpoint].examples.items()):
        try:
            at = ("endpoints", endpoint, "examples", name)
            calls[name] = _call(document, endpoint, example, at, files)
        except SpecError as error:
            findings += error.diagnostics
    if findings:
        raise SpecError(findings)
    return calls


def find_bad_examples(document: Document) -> Iterator[Diagnostic]:
    """The findings about every example. Of files the heads are read, if the document has a directory."""
    files, left = _files(document, contents=False), MAX_LEAVES
    for name, endpoint in document.endpoints.items():
        count = len(input_leaves(endpoint)) + len(output_leaves(endpoint)) if endpoint.examples else 0
        left -= count * len(endpoint.examples)
        if left < 0:
            message = (
                f"{counted(len(endpoint.examples), 'example')} of {counted(count, 'tensor')} are too many to check"
            )
            yield finding("bad-example", ("endpoints", name, "examples"), message, "keep those that show something")
            return
        for key, example in endpoint.examples.items():
            reader = ExampleReader(document, name, example, ("endpoints", name, "examples", key), files)
            reader.read()
            yield from reader.findings.all


def find_refused_inputs(
    old: Document, new: Document, endpoints: Collection[str]
) -> dict[tuple[str, str], list[SpecPath]]:
    """The examples of ``old`` whose inputs are not legal in ``new``: where they are not, by endpoint and name.

    An example that has to be refused is left out, and so is one that cannot be read from here or is bad in ``old``.
    """
    files, left, found = _files(old, contents=True), MAX_LEAVES, dict[tuple[str, str], list[SpecPath]]()
    for name in sorted(endpoints):
        leaves = sum(len(input_leaves(document.endpoints[name])) for document in (old, new))
        for key, example in old.endpoints[name].examples.items():
            left -= leaves
            if left < 0:
                return found
            if example.error is not None:
                continue
            at, sent = ("endpoints", name, "examples", key), Example(inputs=example.inputs)
            before, after = (ExampleReader(document, name, sent, at, files) for document in (old, new))
            before.read()
            if before.findings.all or before.unread:
                continue
            after.read()
            if after.findings.all:
                found[name, key] = [each.path for each in after.findings.all]
    return found


def _files(document: Document, *, contents: bool) -> ArrayFiles | None:
    return None if document.directory is None else ArrayFiles(document.directory, contents=contents)


def _call(document: Document, endpoint: str, example: Example, at: SpecPath, files: ArrayFiles | None) -> Call:
    reader = ExampleReader(document, endpoint, example, at, files)
    reader.read()
    if reader.unread:
        hint = "load the document from its file, or say where it is: document.in_directory(...)"
        reader.findings.add(reader.unread[0], "the document has no directory", hint, rule="missing-example-file")
    if reader.findings.all:
        raise SpecError(reader.findings.all)
    return reader.call()
