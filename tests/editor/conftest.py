"""Everything in this folder needs node, and npm to install the packages of package.json; they are required in CI."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from language_service import HERE, Editor, MissingError, install


@pytest.fixture(scope="session")
def node_modules() -> Path:
    try:
        install()
    except MissingError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))
    return HERE / "node_modules"


@pytest.fixture(scope="session")
def editor(node_modules: Path) -> Iterator[Editor]:
    editor = Editor()
    yield editor
    editor.close()
