"""The public names of the package: each loads from its home, and type checkers know the same ones."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import specc


def test_what_type_checkers_see_is_what_loads() -> None:
    tree = ast.parse(Path(specc.__file__).read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    seen = {alias.asname: (node.module, alias.name) for node in imports for alias in node.names}
    assert seen == {name: (module, name) for name, module in specc._MODULE_OF.items()}
    assert sorted(seen) == specc.__all__ == dir(specc)


@pytest.mark.tensorflow
@pytest.mark.parametrize("name", specc.__all__)
def test_a_public_name_loads(name: str) -> None:
    assert getattr(specc, name).__doc__


def test_another_name_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        specc.nothing  # noqa: B018  # looking it up is the test
