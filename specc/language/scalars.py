r"""The scalar types of the language, each with its JSON Schema.

JSON does not distinguish ``3`` from ``3.0``, and JSON Schema's ``integer`` accepts both; so does :data:`Size`. JSON's
``true`` is not an integer, though Python's is. Patterns end in ``$(?!\n)``, since ``$`` alone matches before a newline.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from specc.diagnostics import shorten
from specc.rules.table import RuleId

END = r"$(?!\n)"
MAX_SIZE = 10**18 - 1
"""The largest size of an axis: a round bound, so that a pattern can state it too."""


def problem(rule: RuleId, message: str, hint: str = "", part: str = "") -> PydanticCustomError:
    """A defect found while pydantic validates; ``validation.pydantic_errors`` makes a Diagnostic of it."""
    # Braces are pydantic's template syntax, and user text may contain them.
    return PydanticCustomError(rule, "{message}", {"message": message, "hint": hint, "part": part})


def whole_number(value: Any) -> int:
    """``value`` as an integer, as JSON defines it: ``3`` and ``3.0``, but not ``true``."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value // 1:
        raise problem("wrong-type", f"expected a whole number, found {describe(value)}")
    return int(value)


def _check_size(value: Any) -> int:
    size: int = whole_number(value)
    if not 0 <= size <= MAX_SIZE:
        raise problem("bad-size", f"{size} is not a size: expected a whole number from 0 to {MAX_SIZE}")
    return size


def describe(value: Any) -> str:
    """A description of a JSON value, short enough for a message."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case str():
            return f"the string {shorten(value)!r}"
        case dict():
            return "an object"
        case list() | tuple():
            return "an array"
        case _:
            return f"the number {value!r}"


def _check_text(value: Any) -> Any:
    if not isinstance(value, str):
        raise problem("wrong-type", f"expected a string, found {describe(value)}")
    return value


def _check_non_empty(value: Any) -> Any:
    if not _check_text(value):
        raise problem("empty-text", "expected a non-empty string, found ''", "for example 'score'")
    return value


def _check_flag(value: Any) -> Any:
    if not isinstance(value, bool):
        raise problem("wrong-type", f"expected true or false, found {describe(value)}")
    return value


def string_pattern(pattern: str, rule: RuleId, what: str, example: str) -> tuple[BeforeValidator, WithJsonSchema]:
    """The two annotations of a string that must fully match ``pattern``: pydantic's and the JSON Schema's."""
    matches = re.compile(pattern).fullmatch

    def check(value: Any) -> Any:
        if not matches(_check_text(value)):
            raise problem(rule, f"{shorten(value)!r} is not {what}", f"for example {example}")
        return value

    schema = {
        "type": "string",
        "pattern": f"^({pattern}){END}",
        "patternErrorMessage": f"Expected {what}, for example {example}.",  # for editors, see json_schema.editor
    }
    return BeforeValidator(check), WithJsonSchema(schema)


IDENTIFIER = r"[A-Za-z_][A-Za-z0-9_]*"
DOTTED = rf"{IDENTIFIER}(\.{IDENTIFIER})*"

Text = Annotated[str, BeforeValidator(_check_text), WithJsonSchema({"type": "string"})]
NonEmpty = Annotated[str, BeforeValidator(_check_non_empty), WithJsonSchema({"type": "string", "minLength": 1})]
Flag = Annotated[bool, BeforeValidator(_check_flag), WithJsonSchema({"type": "boolean"})]
Size = Annotated[
    int, BeforeValidator(_check_size), WithJsonSchema({"type": "integer", "minimum": 0, "maximum": MAX_SIZE})
]
DimName = Annotated[str, *string_pattern(IDENTIFIER, "bad-dim-name", "a name for a dimension", "'batch'")]
AttributePath = Annotated[str, *string_pattern(DOTTED, "bad-path", "a path of attributes", "'optimizer.variables'")]
ImportPath = Annotated[
    str, *string_pattern(f"{DOTTED}:{DOTTED}", "bad-path", "module:attribute", "'ranker.features:decode'")
]
FunctionPath = Annotated[
    str, *string_pattern(f"({DOTTED}:)?{DOTTED}", "bad-path", "an attribute of the model or module:attribute", "'call'")
]
ModuleName = Annotated[str, *string_pattern(DOTTED, "bad-path", "the name of a module", "'tensorflow_text'")]
ModelPath = Annotated[
    str,
    *string_pattern(
        rf"{DOTTED}:{DOTTED}|[^\u0000-\u001f]+(\.keras|\.h5|\.hdf5|/)",
        "bad-path",
        "module:attribute, a .keras or .h5 file or, with a slash at its end, a SavedModel's directory",
        "'ranker.model:build'",
    ),
]

_IMPORTED_MODEL = re.compile(f"{DOTTED}:{DOTTED}")
MODEL_FILES = (".keras", ".h5", ".hdf5")
"""The suffixes of Keras model files."""


def names_model_file(target: str) -> bool:
    """Whether ``target`` is a Keras model file, and not a ``module:attribute`` with the same ending."""
    return target.endswith(MODEL_FILES) and _IMPORTED_MODEL.fullmatch(target) is None
