"""Everything in this folder takes archives through runtimes of others: ``make test-consumers``.

Their packages are in environments of their own: those of TFX want an older protobuf, and Keras runs on one backend a
process. A file is left out where what it needs is not there. What is not a Python package, a compiler or node, is required in CI.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

pytest.register_assert_rewrite("consumer_archives", "expected_failures")


_PACKAGES = {"test_run_inference.py": "tfx_bsl", "test_c_api_jax.py": "jax"}
"""What a file needs: a package of one of the environments."""


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    package = _PACKAGES.get(collection_path.name, "onnxruntime")
    return True if collection_path.name.startswith("test_") and find_spec(package) is None else None


@pytest.fixture(scope="session")
def need() -> Callable[[object, str], None]:
    """Skips what needs a tool that is not there, and fails in CI: ``need(shutil.which("node"), "needs node")``."""

    def need(found: object, reason: str) -> None:
        if found:
            return
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)

    return need


@pytest.fixture(scope="session")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Any]:
    """Gives the ``consumer_archives.Archive`` of a case; each is built once."""
    from consumer_archives import build

    directory = tmp_path_factory.mktemp("archives")
    return cache(lambda case: build(case, directory / case))


@pytest.fixture(scope="session")
def c_api(need: Callable[[object, str], None], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """TensorFlow's C API as a runtime: a ``consumer_archives.Answer``."""
    from session_program import answering_program, compile_program, compiler

    need(compiler(), "needs a C compiler")
    directory = tmp_path_factory.mktemp("c_api")
    return answering_program([str(compile_program(directory))], directory)
