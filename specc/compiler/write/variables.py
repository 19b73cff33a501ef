"""The lists of variables in an archive: the model's own, and the document's collections."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from specc.compiler.user_code import resolve_attribute, run_user_code
from specc.compiler.write.path_glob import PathGlob
from specc.diagnostics import Diagnostic, SpecPath, did_you_mean, finding, kind_of
from specc.errors import FindingCollector, SpecError
from specc.language.document import Document, Selection
from specc.language.tensor_string import format_tensor

_MAX_LISTED = 12
"""How many paths a message lists; the others are only counted."""


@dataclass(frozen=True)
class NamedVariable:
    """A variable with its path in its framework, and whether it is trainable.

    It is a tf.Variable, or a keras.Variable if Keras runs on another backend.
    """

    variable: Any
    path: str
    trainable: bool

    @property
    def dtype(self) -> str:
        """The name of its dtype."""
        return tf.dtypes.as_dtype(self.variable.dtype).name  # type: ignore[no-any-return]

    @property
    def described(self) -> str:
        """Dtype and shape, as written in a document."""
        shape = tf.TensorShape(self.variable.shape)
        dims = None if shape.rank is None else tuple("?" if size is None else size for size in shape.as_list())
        return format_tensor(self.dtype, dims)


def model_variables(model: Any) -> list[NamedVariable]:
    """The variables of ``model`` in its own order, each once; none if it has no ``variables``."""
    return [] if isinstance(model, (list, tuple, Mapping)) else distinct(find_variables(model))


def find_variables(value: Any) -> Iterator[NamedVariable]:
    """The variables in ``value``: a variable, nested containers of them, or an object with ``variables``."""
    match value:
        case keras.Variable():
            own = value.value if keras.config.backend() == "tensorflow" else value
            yield NamedVariable(copies_of(own)[0], value.path, bool(value.trainable))
        case tf.Variable():
            yield NamedVariable(copies_of(value)[0], value.name.partition(":")[0], bool(value.trainable))
        case Mapping():
            for key in value:
                yield from find_variables(value[key])
        case list() | tuple():
            for item in value:
                yield from find_variables(item)
        case _:
            # A property, which raises in a tf_keras model of which a part is not built.
            variables = run_user_code(
                lambda: getattr(value, "variables", None), "bad-model", ("model",), "reading its variables failed"
            )
            if isinstance(variables, Iterable):
                yield from find_variables(list(variables))


def copies_of(variable: Any) -> tuple[Any, ...]:
    """The copies of a variable of a tf.distribute strategy, first the one that functions capture; any other itself."""
    return tuple(variable.values) if isinstance(variable, tf.distribute.DistributedValues) else (variable,)


def identity(variable: Any) -> int:
    """What is equal for two objects that stand for one variable, as one that casts what is read of another."""
    return id(getattr(variable, "handle", variable))


def distinct(variables: Iterable[NamedVariable]) -> list[NamedVariable]:
    """``variables``, each once."""
    return list({identity(named.variable): named for named in variables}.values())


def collect(document: Document, model: Any, given: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
    """The variables of every collection by name: those ``given``, and those that the document selects for the others.

    Raises:
        SpecError: a path is unknown, a selection is empty, or its variables do not match the declared content.
    """
    collections = {
        name: [named.variable for named in distinct(find_variables(list(variables)))]
        for name, variables in given.items()
    }
    findings = FindingCollector()
    for name, selections in document.variable_collections.items():
        if name in given:
            continue
        found: list[NamedVariable] = []
        for index, selection in enumerate(selections):
            at: SpecPath = ("variable_collections", name, *((index,) if len(selections) > 1 else ()))
            with findings.gather():
                found.extend(select(selection, model, at))
        collections[name] = [named.variable for named in distinct(found)]
    findings.raise_any()
    return collections


def select(selection: Selection, model: Any, at: SpecPath) -> list[NamedVariable]:
    """The variables of ``model`` that ``selection`` matches, each once.

    Raises:
        SpecError: a path is unknown, nothing is selected, or the variables do not match the declared content.
    """
    source = resolve_attribute(model, selection.from_, "unknown-collection", at)
    everything = distinct(find_variables(source))
    if not everything:
        message = f"there are no variables at {selection.from_!r}, which is {kind_of(source)}"
        hint = "a Keras optimizer has variables after it is built" if "optimizer" in selection.from_ else ""
        raise SpecError([finding("empty-collection", at, message, hint)])
    glob = PathGlob(selection.match)
    matching = [named for named in everything if glob.matches(named.path)]
    if not matching:
        message = f"no variable of {selection.from_!r} matches {selection.match!r}; there are {_list_paths(everything)}"
        hint = did_you_mean(selection.match, _sorted_paths(everything))
        raise SpecError([finding("empty-collection", (*at, "match"), message, hint)])
    chosen = [
        named
        for named in matching
        if selection.trainable in (None, named.trainable) and selection.dtype in (None, named.dtype)
    ]
    if not chosen:
        raise SpecError([_unselected_finding(selection, matching, at)])
    findings = list(_check_content(selection, chosen, at))
    if findings:
        raise SpecError(findings)
    return chosen


def _unselected_finding(selection: Selection, matching: list[NamedVariable], at: SpecPath) -> Diagnostic:
    """The finding for variables that the pattern matches, and ``trainable`` or ``dtype`` excludes."""
    wanted = (
        [] if selection.trainable is None else [("trainable", "trainable" if selection.trainable else "not trainable")]
    )
    wanted += [] if selection.dtype is None else [("dtype", selection.dtype)]
    words = " and ".join(word for _, word in wanted)
    found = ", ".join(sorted({f"{'' if named.trainable else 'not '}trainable {named.dtype}" for named in matching}))
    which = f"the variables of {selection.from_!r} that match {selection.match!r}"
    message = f"none of {which} is {words}; they are {found}: {_list_paths(matching)}"
    return finding("empty-collection", (*at, wanted[0][0]) if len(wanted) == 1 else at, message)


def _check_content(selection: Selection, chosen: list[NamedVariable], at: SpecPath) -> Iterator[Diagnostic]:
    if selection.content is None:
        return
    by_path: dict[str, list[NamedVariable]] = {}
    for named in chosen:
        by_path.setdefault(named.path, []).append(named)
    for path, leaf in selection.content.items():
        declared = format_tensor(leaf.dtype, leaf.shape)
        place: SpecPath = (*at, "content", path)
        match by_path.pop(path, []):
            case []:
                hint = did_you_mean(path, _sorted_paths(chosen))
                listing = _list_paths(chosen)
                message = f"declared {declared}, but no such variable is selected; the selected ones are {listing}"
                yield finding("collection-content", place, message, hint)
            case [named] if _is_declared(leaf.dtype, leaf.shape, named):
                pass
            case [named]:
                yield finding("collection-content", place, f"declared {declared}, found {named.described}")
            case several:
                yield finding(
                    "collection-content",
                    place,
                    f"{len(several)} variables have this path; give their layers distinct names",
                )
    for path, several in by_path.items():
        message = f"{path!r} ({several[0].described}) is selected, but is not in the declared content"
        yield finding("collection-content", (*at, "content"), message)


def _is_declared(dtype: str, shape: Any, named: NamedVariable) -> bool:
    static = None if shape is None else [None if dim == "?" else dim for dim in shape]
    return bool(named.dtype == dtype and tf.TensorShape(static).is_compatible_with(named.variable.shape))


def _sorted_paths(variables: Iterable[NamedVariable]) -> list[str]:
    return [named.path for named in variables]


def _list_paths(variables: list[NamedVariable]) -> str:
    paths = _sorted_paths(variables)
    more = f" and {len(paths) - _MAX_LISTED} more" if len(paths) > _MAX_LISTED else ""
    return ", ".join(paths[:_MAX_LISTED]) + more
