"""Addresses: under which names a side's endpoints can be called, and which endpoints of OLD and NEW answer as one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from specc.change import SURFACES, Judgement, Surface
from specc.compatibility.sides import Comparison, Described
from specc.diagnostics import SpecPath
from specc.language.document import Endpoint
from specc.language.signatures import DEFAULT_KEYS, SERVABLE, TAGS, is_published


@dataclass(frozen=True)
class Counterparts:
    """An endpoint of OLD, that of NEW which answers its clients, and the surfaces on which it does."""

    old_name: str
    new_name: str
    old: Endpoint
    new: Endpoint
    surfaces: tuple[Surface, ...]

    @property
    def old_path(self) -> SpecPath:
        """The path of the endpoint in OLD."""
        return ("endpoints", self.old_name)

    @property
    def new_path(self) -> SpecPath:
        """The path of the endpoint in NEW."""
        return ("endpoints", self.new_name)

    def each(self, judgement: Judgement, surfaces: tuple[Surface, ...] = SURFACES) -> dict[Surface, Judgement]:
        """The same judgement on those of ``surfaces`` on which both can be called."""
        return {surface: judgement for surface in surfaces if surface in self.surfaces}


@dataclass(frozen=True)
class Addresses:
    """The names under which one side can be called on each surface: signature keys, or attributes.

    An endpoint's own name and the default key are among them; the keys of receivers have a prefix and are not.
    """

    by_surface: Mapping[Surface, frozenset[str]]

    def surfaces_of(self, name: str) -> tuple[Surface, ...]:
        """The surfaces on which ``name`` is an address."""
        return tuple(surface for surface in SURFACES if name in self.by_surface[surface])

    @property
    def surfaces(self) -> tuple[Surface, ...]:
        """The surfaces on which there is an address."""
        return tuple(surface for surface in SURFACES if self.by_surface[surface])


def addresses(comparison: Comparison, side: Described) -> Addresses:
    """The addresses of ``side``, one of the two of ``comparison``.

    Where no server can load OLD, it has no client on wire and rest that could break. Where only NEW cannot be loaded,
    that is one finding (``saver-dropped``), and everything else is judged as if it could.
    """
    document = side.document
    loads = not comparison.old.document.save_options.experimental_skip_saver
    wire = {name for name in document.endpoints if loads and is_published(document, name)}
    rest = {name for name in wire if document.endpoints[name].method in SERVABLE}
    for keys in (wire, rest):
        if document.default in keys:
            keys.add(DEFAULT_KEYS[document.mode])
    python = document.endpoints if side.has_python else ()
    return Addresses({"wire": frozenset(wire), "rest": frozenset(rest), "python": frozenset(python)})


def tags(side: Described) -> tuple[str, ...]:
    """The tags of a side's MetaGraph, sorted."""
    return tuple(sorted({TAGS[side.document.mode], *side.document.save_options.extra_tags}))


@dataclass(frozen=True)
class DefaultKey:
    """The default of both sides: the endpoint that has the default key, or None, and whether it is the same key."""

    old: str | None
    new: str | None
    is_one_key: bool

    @property
    def is_renamed(self) -> bool:
        """Whether the default endpoint only has another name: neither name is one of both documents."""
        return self.is_one_key and None not in (self.old, self.new) and self.old != self.new and not self.is_known

    is_known: bool = False
    """Whether the default endpoint of a side is an endpoint of the other side too."""


def default_key(comparison: Comparison) -> DefaultKey:
    """Who has the default key.

    Another mode moves the key, but it changes the tags too, which is told; only if extra tags make up for them, the
    key of OLD is gone although the archive can be found.
    """
    old, new = comparison.old, comparison.new
    before, after = _default(comparison, old), _default(comparison, new)
    is_one_key = old.document.mode == new.document.mode or tags(old) != tags(new)
    is_known = before in new.document.endpoints or after in old.document.endpoints
    return DefaultKey(before, after, is_one_key, is_known)


def _default(comparison: Comparison, side: Described) -> str | None:
    name = side.document.default
    return name if name is not None and name in addresses(comparison, side).by_surface["wire"] else None


def counterparts(comparison: Comparison) -> Iterator[Counterparts]:
    """The endpoints of OLD and NEW that answer as one, in the order of their names.

    These are the endpoints of one name, and a default endpoint with its successor where that is a rename.
    """
    old, new = comparison.old.document.endpoints, comparison.new.document.endpoints
    before, after = addresses(comparison, comparison.old), addresses(comparison, comparison.new)
    for name in sorted(old.keys() & new.keys()):
        surfaces = tuple(surface for surface in before.surfaces_of(name) if surface in after.surfaces_of(name))
        if surfaces:
            yield Counterparts(name, name, old[name], new[name], surfaces)
    default = default_key(comparison)
    if default.is_renamed and default.old is not None and default.new is not None:
        both = set(before.surfaces_of(default.old)) & set(after.surfaces_of(default.new)) - {"python"}
        surfaces = tuple(surface for surface in SURFACES if surface in both)
        yield Counterparts(default.old, default.new, old[default.old], new[default.new], surfaces)
