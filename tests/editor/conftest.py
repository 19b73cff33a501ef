"""Everything in this folder needs node and npm, which fetches VS Code's JSON language service; CI has to have them."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from language_service import Editor, MissingError, install


@pytest.fixture(scope="session")
def editor() -> Iterator[Editor]:
    try:
        install()
    except MissingError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))
    editor = Editor()
    yield editor
    editor.close()
