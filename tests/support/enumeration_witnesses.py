"""Whether a witness shows what it claims: a request that OLD accepts, and what NEW makes of it."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from itertools import product
from typing import Any

from enumeration import (
    addresses,
    alias_break,
    is_same_endpoint,
    is_taken_back,
    load_breaks,
    members_break,
    signature_calls,
)
from enumeration_calls import Calls, PythonCalls, RestCalls, WireCalls, same_meaning
from enumeration_messages import ReceiverCalls
from enumeration_tensors import Given, Universe, fits, in_range, kind_of, samples

from specc.change import Witness
from specc.language.document import Document
from specc.language.trees import Leaf, Ragged, Sparse, Tensor

Shown = Mapping[str, Mapping[str, Any]]


def confirms(witness: Witness, old: Document, new: Document) -> bool:
    """Whether the request is accepted by OLD, and then refused by NEW, of another meaning, or answered otherwise."""
    universe, address = Universe.of(old, new), witness.address
    if witness.surface == "python":
        if address in old.variable_collections:
            return address not in new.variable_collections or members_break(old, new, address)
        if address not in old.endpoints:
            return False
        before = PythonCalls(old, old.endpoints[address], "old")
        if address not in new.endpoints or is_taken_back(old, new, address):
            return any(before.read(request) for request in _requests(before, witness, universe))
        return _shown(before, PythonCalls(new, new.endpoints[address], "new"), witness, universe)
    rest, aliases = witness.surface == "rest", old.save_options.function_aliases
    if not rest and address in aliases and alias_break(old, new, address):
        calls: Calls = WireCalls(old, old.endpoints[aliases[address]], "old")
        return any(calls.read(request) for request in _requests(calls, witness, universe))
    signature, other = addresses(old, rest).get(address), addresses(new, rest).get(address)
    if signature is None:  # what has no signatures can still be loaded
        return load_breaks(old, new) and not addresses(old, rest)
    calls = signature_calls(old, signature, "old", universe, rest)
    name = signature.endpoint
    if (
        other is None
        or load_breaks(old, new)
        or other.method != signature.method
        or is_taken_back(old, new, name)
        or not is_same_endpoint(name, other.endpoint, old, new)
    ):
        return any(calls.read(request) for request in _requests(calls, witness, universe))
    return _shown(calls, signature_calls(new, other, "new", universe, rest), witness, universe)


def _shown(old: Calls, new: Calls, witness: Witness, universe: Universe) -> bool:
    for request in _requests(old, witness, universe):
        before, after = old.read(request), new.read(request)
        if before is None:
            continue
        if after is None or not same_meaning(before, after):
            return True
        if witness.outputs is not None or isinstance(new, PythonCalls):
            for answers in _answers(new, after, witness.outputs or {}, universe):
                if not any(old.permits(before, request, answer) for answer in answers):
                    return True
    return False


def _requests(calls: Calls, witness: Witness, universe: Universe) -> Iterator[Any]:
    """The requests that a witness may mean: what it does not state, such as a form, has any value."""
    if isinstance(calls, ReceiverCalls):
        for chosen in samples(calls.request_choices(universe)):
            yield calls.request(chosen)
        return
    choices = calls.request_choices(universe)
    first = next(samples(choices))
    forms = {key: values for key, values in choices.items() if len(key) == 2 and key[1] in _FORMS}  # type: ignore[arg-type,index]
    wire = calls.wire if isinstance(calls, RestCalls) else calls
    assert isinstance(wire, (WireCalls, PythonCalls))
    for tensors in _tensors(wire, wire.inputs, witness.inputs, universe):
        for values in product(*forms.values()):
            chosen = {**first, **dict(zip(forms, values, strict=True))}
            if wire.asked_for(chosen) == tensors.keys():
                yield calls.request(chosen, tensors)


_FORMS = ("left out", "form", "bare", "rows")


def _answers(new: Calls, reading: Any, outputs: Shown, universe: Universe) -> Iterator[list[Any]]:
    """The answers of NEW with the outputs of a witness, for each way that it may mean; none if NEW does not permit it."""
    if isinstance(new, ReceiverCalls):
        return
    wire = new.wire if isinstance(new, RestCalls) else new
    assert isinstance(wire, (WireCalls, PythonCalls))
    for tensors in _tensors(wire, wire.outputs, outputs, universe):
        sizes = dict(reading.sizes)
        if all(fits(wire.outputs[key], tensor, wire.dims, sizes) for key, tensor in tensors.items()):
            known = {(f"{wire.side} answer", dim): size for dim, size in sizes.items()}
            all_chosen = samples(new.answer_choices(universe))
            yield [new.answer(reading, {**chosen, **known}, tensors) for chosen in all_chosen]


def _tensors(
    calls: WireCalls | PythonCalls, leaves: Mapping[Hashable, Leaf], shown: Shown, universe: Universe
) -> Iterator[dict[Hashable, Given]]:
    """The tensors of a witness by leaf, in each way that it may mean; none if it has others than ``leaves``."""
    names: dict[Hashable, Any] = {key: _names(calls, key, shown) for key in leaves}
    present = {key: found for key, found in names.items() if all(name in shown for name in found)}
    if sum(map(len, present.values())) != len(shown):
        return
    ways = [_given(leaves[key], [shown[name] for name in found], universe) for key, found in present.items()]
    for tensors in product(*ways):
        yield dict(zip(present, tensors, strict=True))


def _names(calls: WireCalls | PythonCalls, key: Any, shown: Shown) -> tuple[str, ...]:
    """What a witness calls a leaf, or each of its components."""
    if isinstance(calls, WireCalls):
        return tuple(key)
    return (".".join(map(str, key)) if key or "" in shown else "result",)


def _given(leaf: Leaf, parts: list[Any], universe: Universe) -> list[Given]:
    """The tensors that a leaf's parts in a witness may be; several where the sizes of a sparse one are not shown."""
    value = parts[0].get("value")
    if isinstance(leaf, Tensor):
        unstated = value is None and 0 not in parts[0]["shape"]
        if unstated and not all(in_range(leaf, number) for number in universe.numbers[leaf.dtype]):
            return []
        return [Given(("tensor", parts[0]["dtype"]), tuple(parts[0]["shape"]), value)]
    kind = (leaf.kind, parts[0]["dtype"] if len(parts) == 1 or isinstance(leaf, Ragged) else parts[1]["dtype"])
    kind = (*kind, *kind_of(leaf)[2:])
    if len(parts) == 1:
        sizes = parts[0]["shape"]
        return [Given(kind, tuple(None if _ragged(leaf, axis) else size for axis, size in enumerate(sizes)))]
    if isinstance(leaf, Sparse):
        dense = parts[2]
        (rank,) = dense["shape"]
        each = [[dense["value"]] if "value" in dense else _sizes(leaf, axis, universe) for axis in range(rank)]
        return [Given(kind, sizes) for sizes in product(*each)]
    inner = parts[0]["shape"][1:]
    return [Given(kind, (parts[1]["shape"][0] - 1, *[None] * leaf.ragged_rank, *inner))]


def _sizes(leaf: Leaf, axis: int, universe: Universe) -> tuple[int, ...]:
    dim = (leaf.shape or ())[axis : axis + 1]
    return (dim[0],) if dim and isinstance(dim[0], int) else universe.sizes


def _ragged(leaf: Leaf, axis: int) -> bool:
    return isinstance(leaf, Ragged) and 1 <= axis <= leaf.ragged_rank
