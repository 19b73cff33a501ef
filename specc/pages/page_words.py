"""The words of the page alone: who may leave out what, sizes, and names of files."""

from __future__ import annotations

from specc.language.document import Endpoint
from specc.language.trees import has_default
from specc.language.wire_names import input_leaves


def who_may_leave_out(endpoint: Endpoint) -> str:
    """Who may leave an input out: gRPC any that has a default, Python trailing arguments, REST none."""
    leaves = input_leaves(endpoint)
    with_default = [bound.name for bound in leaves if has_default(bound.leaf)]
    if not with_default:
        return ""
    required = {int(bound.path[1]) for bound in leaves if not has_default(bound.leaf)}
    trailing = endpoint.arguments[max(required, default=-1) + 1 :]
    python = f"Python may leave out {', '.join(trailing)}" if trailing else "Python passes all"
    return f"gRPC may leave out {', '.join(with_default)}; {python}; REST sends all"


def size_text(count: int) -> str:
    """A number of bytes: ``21.4 MB``."""
    if count < 1000:
        return f"{count} B"
    units, value = ("kB", "MB", "GB", "TB"), float(count)
    for unit in units:
        value /= 1000
        if value < 999.5 or unit == units[-1]:
            break
    return f"{value:.0f} {unit}" if value >= 100 else f"{value:.1f} {unit}"


def short_file(file: str) -> str:
    """The end of a path: the page does not show where a file is on the machine that made it."""
    revision, colon, inside = file.rpartition(":")
    words = inside.rstrip("/").split("/")
    end = "/".join(words[-2:] if words[-1].isdigit() else words[-1:])
    return f"{revision}{colon}{end}"
