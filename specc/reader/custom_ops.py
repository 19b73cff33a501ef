"""Custom ops: the ops of a graph that TensorFlow lacks, and the libraries that register them, if known.

A process must import these libraries before it loads an archive with custom ops.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

_CORE_OPS = Path(__file__).with_name("core_ops.txt")
_LIBRARY_OPS = Path(__file__).with_name("library_ops.txt")
_NAMESPACES = {
    "Addons": "tensorflow_addons",
    "IO": "tensorflow_io",
    "TFRA": "tensorflow_recommenders_addons",
    "TFText": "tensorflow_text",
}
"""Libraries by the namespace of their ops, as in ``TFText>NgramsStringJoin``."""


@cache
def core_ops() -> frozenset[str]:
    """The ops that ``import tensorflow`` registers in any supported release, as ``scripts/list_ops.py`` lists them."""
    return frozenset(_CORE_OPS.read_text(encoding="ascii").split())


@cache
def _library_ops() -> Mapping[str, str]:
    """The library of each op that one of the known libraries registers."""
    lines = _LIBRARY_OPS.read_text(encoding="ascii").splitlines()
    return dict(line.split(maxsplit=1) for line in lines)


def library_of(op: str) -> str:
    """The module whose import registers ``op``, or an empty string if it is not known."""
    namespace, found, _ = op.partition(">")
    return _library_ops().get(op) or (_NAMESPACES.get(namespace, "") if found else "")


def custom_ops(ops: Iterable[str]) -> dict[str, str]:
    """Those of ``ops`` that TensorFlow lacks, sorted, each with its library; "" if it is not known."""
    return {op: library_of(op) for op in sorted(set(ops) - core_ops())}


def describe_ops(ops: Mapping[str, str]) -> str:
    """Custom ops as text: ``CaseFoldUTF8 and RougeL (tensorflow_text); Scale (library unknown)``."""
    parts = []
    for library in (*libraries(ops), ""):
        names = [op for op in sorted(ops) if ops[op] == library]
        if names:
            parts.append(f"{listed(names)} ({library or 'library unknown'})")
    return "; ".join(parts)


def libraries(ops: Mapping[str, str]) -> tuple[str, ...]:
    """The known libraries of custom ops, sorted."""
    return tuple(sorted({library for library in ops.values() if library}))


def modules_for(ops: Mapping[str, str], imports: Sequence[str]) -> tuple[str, ...]:
    """The modules to import for custom ops: their libraries and, if one is not known, the spec's ``imports``."""
    return tuple(dict.fromkeys((*libraries(ops), *(() if all(ops.values()) else imports))))


def loading_note(ops: Mapping[str, str], imports: Sequence[str]) -> str:
    """A note on how to load an archive with these custom ops; ``imports`` are those of its document."""
    modules = ", ".join(modules_for(ops, imports)) or "the module that registers them"
    needs = f"TensorFlow lacks ops that the archive needs: {describe_ops(ops)}"
    return f"{needs}; import {modules} before loading it, and serve it where these ops are built in"


def imports_hint(modules: Sequence[str]) -> str:
    """A hint on how to import modules that register ops or classes, in a spec or on the command line."""
    names = modules or ("MODULE",)
    entries, options = ", ".join(f'"{name}"' for name in names), " ".join(f"--import {name}" for name in names)
    return f'add "imports": [{entries}] to the spec, or give {options}'


def listed(names: Sequence[str]) -> str:
    """``names`` as text, at most twelve of them."""
    shown = list(names[:12])
    more = [f"{len(names) - len(shown)} more"] if len(names) > len(shown) else []
    *most, last = (*shown, *more)
    return f"{', '.join(most)} and {last}" if most else last
