"""Reading an example as a Call: by descent of the declared trees, with the files that it names."""

from __future__ import annotations

from specc.diagnostics import SpecPath
from specc.language.calls.call import Call
from specc.language.document import Document
from specc.language.examples import Example


def read_example(document: Document, endpoint: str, example: Example, at: SpecPath) -> Call:
    """The Call of one example of the endpoint called ``endpoint``. ``at`` is the path of the example, for findings.

    Files are found from ``document.directory``. The example need not be one of the document's: ``specc run`` reads
    another (``at`` is then ``()``).

    Raises:
        SpecError: the example does not fit the endpoint, or one of its files is missing or bad; with every finding.
    """
    raise NotImplementedError


def read_examples(document: Document, endpoint: str) -> dict[str, Call]:
    """The Calls of all examples of the endpoint called ``endpoint``, by the names of the examples, sorted.

    Raises:
        SpecError: as :func:`read_example` does, with the findings of all examples.
    """
    raise NotImplementedError
