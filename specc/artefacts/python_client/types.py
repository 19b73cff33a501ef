"""The types of a client: a TypedDict or NamedTuple for each dict and namedtuple of an endpoint, and annotations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from specc.artefacts.python_client.source_text import (
    Expression,
    Names,
    Nested,
    camel_case,
    docstring,
    is_public,
    layout,
    quoted,
)
from specc.language.trees import (
    LEAVES,
    Dict,
    List,
    NamedTuple,
    Ragged,
    Sparse,
    Tensor,
    Tree,
    Tuple,
    children,
    has_default,
)

IN_ANNOTATIONS = frozenset({"Any", "NotRequired", "Ragged", "Sequence", "Sparse", "TextLike", "np", "npt", "tuple"})
"""The names that annotations use, which a method of the same name would hide."""
_OF_TUPLES = frozenset({"count", "index"})
"""The methods of a tuple, which no field of a typing.NamedTuple may be called."""
_PLAIN_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_WORD = re.compile(r"\w+")
_MAX_NAME = 120


class Types:
    """Makes annotations; ``definitions`` has the types that they name, each after those that it names itself."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self.definitions: list[str] = []
        self.imports: set[str] = set()
        """What the definitions need of the module typing."""
        self.records: dict[tuple[str, ...], str] = {}
        """The class of each namedtuple, by the words that lead to it."""

    def annotation(self, tree: Tree, words: Sequence[str], *, is_input: bool) -> str:
        """The annotation of a tree; ``words`` are the endpoint, and the names and keys that lead to the tree."""
        match tree:
            case Tensor():
                return _input(tree) if is_input else f"npt.NDArray[{_scalar(tree.dtype)}]"
            case Ragged() | Sparse():
                return f"{type(tree).__name__}[{'Any' if is_input else _scalar(tree.dtype)}]"
            case List() | Tuple():
                items = [self.annotation(child, (*words, str(key)), is_input=is_input) for key, child in children(tree)]
                if is_input:
                    return f"Sequence[{' | '.join(dict.fromkeys(items))}]"
                return f"tuple[{', '.join(items)}]"
            case NamedTuple():
                return self._record(tree, words, is_input=is_input)
            case Dict():
                return self._dict(tree, words, is_input=is_input)

    def _dict(self, tree: Dict, words: Sequence[str], *, is_input: bool) -> str:
        fields: dict[str, str] = {}
        for key, child in children(tree):
            inner = self.annotation(child, (*words, str(key)), is_input=is_input)
            fields[str(key)] = f"NotRequired[{inner}]" if is_input and all_defaults(child) else inner
        self.imports.add("TypedDict")
        if any(inner.startswith("NotRequired[") for inner in fields.values()):
            self.imports.add("NotRequired")
        name = self._class_name(words)
        hidden = words_of(fields.values())
        if all(_PLAIN_KEY.fullmatch(key) and is_public(key) and key not in hidden for key in fields):
            self._define_class(name, "TypedDict", fields, _where("A dict", words))
            return name
        pairs: list[tuple[str, Expression]] = [(f"{quoted(key)}: ", inner) for key, inner in fields.items()]
        made = Nested(f"TypedDict({quoted(name)}, {{", pairs, "})")
        self.definitions.append(f"{name} = {layout(made, 0, len(name) + 3)}")
        return name

    def _record(self, tree: NamedTuple, words: Sequence[str], *, is_input: bool) -> str:
        inner = [self.annotation(child, (*words, str(key)), is_input=is_input) for key, child in tree.fields]
        keys = [key for key, _ in tree.fields]
        fields = Names(_OF_TUPLES | words_of(inner)).claim_all(keys, "field")
        self.imports.add("NamedTuple")
        name = self._class_name(words)
        self.records[tuple(words)] = name
        renamed = [f"Its field {key!r} is {field}." for key, field in sorted(fields.items()) if field != key]
        named = dict(zip((fields[key] for key in keys), inner, strict=True))
        self._define_class(name, "NamedTuple", named, _where(f"A namedtuple {tree.typename!r}", words), renamed)
        return name

    def _define_class(self, name: str, base: str, fields: dict[str, str], *paragraphs: str | Sequence[str]) -> None:
        lines = [f"class {name}({base}):"]
        lines += docstring([[each] if isinstance(each, str) else each for each in paragraphs], 4)
        lines += ["", *(f"    {field}: {inner}" for field, inner in fields.items())]
        self.definitions.append("\n".join(lines))

    def _class_name(self, words: Sequence[str]) -> str:
        return self._names.claim("".join(map(camel_case, words))[:_MAX_NAME])


def _scalar(dtype: str) -> str:
    """NumPy's type of the elements of an array."""
    return {"bool": "np.bool_", "string": "np.object_"}.get(dtype, f"np.{dtype}")


def all_defaults(tree: Tree) -> bool:
    """Whether a tree may be left out, since all its leaves have a default."""
    if isinstance(tree, LEAVES):
        return has_default(tree)
    return all(all_defaults(child) for _, child in children(tree))


def words_of(annotations: Iterable[str]) -> set[str]:
    """The names in annotations, which a field of the same class, or a parameter, would hide."""
    return {word for annotation in annotations for word in _WORD.findall(annotation)}


def _input(leaf: Tensor) -> str:
    name = "TextLike" if leaf.dtype == "string" else "npt.ArrayLike"
    return f"{name} | None" if has_default(leaf) else name


def _where(what: str, words: Sequence[str]) -> str:
    endpoint, *path = words
    return f"{what}: {'.'.join(path)} of the endpoint {endpoint!r}."
