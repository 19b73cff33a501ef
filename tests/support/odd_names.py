"""Names and texts that no generated file may take for a part of its own language."""

from __future__ import annotations

from typing import Any

from specc.language.document import Document
from specc.language.load import from_json

HOSTILE = [
    '"""\nimport os\nos.abort()\n"""',
    "'''",
    '"',
    '\\"""',
    "\\",
    "a\\\n",
    "# noqa",
    "{x} %s {0}",
    "line\rfeed\n\n\ttab\x00nul\x1b[0m\u2028\u202eright",
    "</script>",
    "\N{FULLWIDTH LATIN SMALL LETTER X}",
    " ",
    '""""""',
]
ODD_NAMES = [
    "class", "None", "self", "__init__", "__class__", "_call", "__slots__", "np", "npt", "tuple", "Any", "Sequence",
    "Client", "close", "match", "a b", "a-b", "a_b", "0", "\N{LATIN SMALL LIGATURE FI}x", "fix", "größe", "é" * 500,
    "mro", "count", "index", "_", "__", "-", "print", "Ragged", *HOSTILE,
]  # fmt: skip
ODD_PLACES = ("endpoint", "argument", "key", "field")


def with_odd_names(place: str) -> Document:
    """A document with all of ODD_NAMES in one place."""
    leaf, output = "int8[]", "float32[]"
    if place == "endpoint":
        endpoints: Any = {name: {"inputs": [leaf], "outputs": output} for name in ODD_NAMES}
        return from_json({"specc": 1, "endpoints": endpoints, "default": None})
    fields = [[name, leaf] for name in ODD_NAMES]
    inputs, outputs, arguments = {
        "argument": ([leaf] * len(ODD_NAMES), output, ODD_NAMES),
        "key": ([{name: {name: leaf} for name in ODD_NAMES}], dict.fromkeys(ODD_NAMES, output), ["inputs"]),
        "field": (
            [{"kind": "namedtuple", "typename": ODD_NAMES[0], "fields": fields}],
            {"kind": "namedtuple", "typename": HOSTILE[0], "fields": fields},
            ["inputs"],
        ),
    }[place]
    endpoint = {"inputs": inputs, "outputs": outputs, "arguments": arguments}
    return from_json({"specc": 1, "endpoints": {"f": endpoint}})
