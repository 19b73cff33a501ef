from __future__ import annotations

from pathlib import Path

import pytest
from scratch import ROOT, Scratch, copy_checkout


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pre-commit")


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Scratch:
    if not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout")
    path = tmp_path_factory.mktemp("checkout")
    return copy_checkout(path / "specc", path / "home")  # its own hooks need another environment
