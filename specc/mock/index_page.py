"""The page at the root of a mock: that of ``specc show --html``, from which requests can be sent."""

from __future__ import annotations

from specc.language.document import Document
from specc.language.load import digest
from specc.pages.page import page
from specc.pages.subject import Subject


def index_page(document: Document, name: str, url: str) -> bytes:
    """The page of a document, whose calls are those of the served model at ``url``, in UTF-8."""
    served = document.model_copy(update={"name": name})
    return page(Subject(name, served, digest(document)), server=url).encode("utf-8", "replace")
