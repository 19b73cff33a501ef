"""A fixture that writes specs."""

import json
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def spec(tmp_path: Path) -> Any:
    """Writes a spec, of JSON data or of text, and returns its path."""

    def write(data: Any, name: str = "a.specc.json") -> str:
        path = tmp_path / name
        path.write_text(data if isinstance(data, str) else json.dumps(data))
        return str(path)

    return write
