"""Everything in this folder holds artefacts against programs of others: ``make test-artefacts``.

Their Python packages are in no other environment. Node and npm are required in CI.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    if collection_path.name.startswith("test_") and find_spec("schemathesis") is None:
        return True
    return None


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """The folder of the packages of package.json, which are installed if they are not there."""
    if shutil.which("npm") is None:
        reason = "needs node and npm"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    folder, lock = HERE / "node_modules", HERE / "node_modules" / ".package-lock.json"
    if not lock.exists() or lock.stat().st_mtime < (HERE / "package.json").stat().st_mtime:
        install = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--silent"]
        subprocess.run(install, cwd=HERE, check=True, timeout=300)
    return folder
