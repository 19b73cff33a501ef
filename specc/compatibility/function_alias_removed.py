"""Rules for function aliases, by which downstream tools find functions in an archive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from specc.change import Change, Judgement, Side, Surface, Witness
from specc.compatibility.addresses import addresses, default_key
from specc.compatibility.flat_tensors import smallest_request
from specc.compatibility.halves import Half
from specc.compatibility.sides import Comparison, Described
from specc.diagnostics import SpecPath

_PATH: SpecPath = ("save_options", "function_aliases")


def function_alias_removed(comparison: Comparison) -> Iterator[Change]:
    """A change for each alias that is gone or names another endpoint, unless its endpoint is gone with it."""
    old, new = comparison.old, comparison.new
    before, after = _aliases(comparison)
    default = default_key(comparison)
    for alias, name in before.items():
        target = after.get(alias)
        renamed = default.is_renamed and (name, target) == (default.old, default.new)
        if target == name or renamed or (target is None and _goes_with(name, old, new)):
            continue
        was_optional = old.document.endpoints[name].optional and name not in new.document.endpoints
        surfaces: dict[Surface, Judgement] = {"wire": "warning" if was_optional else "breaking"}
        what = f"there is no function alias {alias!r}" if target is None else f"the alias {alias!r} is of {target!r}"
        yield Change(
            rule="function-alias-removed",
            path=(*_PATH, alias) if target else _PATH if after else ("save_options",),
            message=f"{what}, before of {name!r}" if target else f"{what}, before that of {name!r}",
            hint="keep it until no tool asks for it" + (", and give the other endpoint a new alias" if target else ""),
            surfaces=surfaces,
            subject=(alias,),
            compared=(name, target),
            old=Side((*_PATH, alias), name),
            new=Side((*_PATH, alias), target) if target else None,
            witness=_call_of_alias(old, name, alias, what) if surfaces["wire"] == "breaking" else None,
        )


def function_alias_added(comparison: Comparison) -> Iterator[Change]:
    """A change for each alias that is new, unless its endpoint is new too."""
    old, new = comparison.old, comparison.new
    before, after = _aliases(comparison)
    for alias, name in after.items():
        if alias not in before and not _goes_with(name, new, old):
            yield Change(
                rule="function-alias-added",
                path=(*_PATH, alias),
                message=f"there is a function alias {alias!r}, that of {name!r}",
                surfaces={"wire": "safe"},
                subject=(alias,),
                compared=(None, name),
                new=Side((*_PATH, alias), name),
            )


def _call_of_alias(side: Described, name: str, alias: str, reason: str) -> Witness:
    """A call of the aliased function, which takes the endpoint's own inputs, and never those of a receiver."""
    return Witness("wire", alias, smallest_request(Half(side, name), "wire"), None, reason)


def _aliases(comparison: Comparison) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """The aliases of OLD and of NEW, sorted; none where they are not known, without a contract."""
    if not (comparison.old.has_contract and comparison.new.has_contract):
        return {}, {}
    old, new = comparison.old.document.save_options, comparison.new.document.save_options
    return dict(sorted(old.function_aliases.items())), dict(sorted(new.function_aliases.items()))


def _goes_with(name: str, side: Described, other: Described) -> bool:
    """Whether an alias of ``side`` is lacking in ``other`` because its endpoint ``name`` is, on the wire."""
    here, there = addresses(side), addresses(other)
    is_lacking = "wire" in here.surfaces_of(name) and "wire" not in there.surfaces_of(name)
    return name not in other.document.endpoints and is_lacking
