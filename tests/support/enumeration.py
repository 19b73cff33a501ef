"""What a change of a document breaks, by enumerating small requests and answers.

It shares nothing with the decision that it is compared with: no dims are unified and no leaves are paired. A request is
made by OLD and read by NEW, its answer is made by NEW and read by OLD, and that is all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from enumeration_calls import Calls, PythonCalls, RestCalls, WireCalls, first_break
from enumeration_messages import ReceiverCalls
from enumeration_tensors import Universe, fits, leaf_choices, make, samples

from specc.change import SURFACES, Surface
from specc.language.document import Document
from specc.language.signatures import TAGS, PublishedSignature, published_signatures

Break = tuple[str, ...]
"""What breaks: an address and one of ``request``, ``meaning``, ``answer``."""


def breaks(old: Document, new: Document, most: int = 0) -> Mapping[Surface, Break | None]:
    """The first break on each surface, None where there is none; ``most`` as in :func:`samples`."""
    universe = Universe.of(old, new)
    found = {
        "wire": _signature_breaks(old, new, universe, most, rest=False),
        "rest": _signature_breaks(old, new, universe, most, rest=True),
        "python": _attribute_breaks(old, new, universe, most),
    }
    return {surface: next(found[surface], None) for surface in SURFACES}


def _signature_breaks(old: Document, new: Document, universe: Universe, most: int, *, rest: bool) -> Iterator[Break]:
    """The breaks of requests to a server, or to a Session; loading the archive comes first."""
    if load_breaks(old, new):
        yield "load", "request"
    before, after = addresses(old, rest), addresses(new, rest)
    for key, signature in before.items():
        name = signature.endpoint
        if _was_optional_and_is_gone(old, new, name):
            continue
        other = after.get(key)
        if other is None or other.method != signature.method or is_taken_back(old, new, name):
            yield key, "request"
        elif not is_same_endpoint(name, other.endpoint, old, new):
            yield key, "meaning"
        else:
            calls = (
                signature_calls(document, part, side, universe, rest)
                for document, part, side in ((old, signature, "old"), (new, other, "new"))
            )
            clause = first_break(*calls, universe, most)
            if clause:
                yield key, clause
    if not rest:
        clauses = ((alias, alias_break(old, new, alias)) for alias in old.save_options.function_aliases)
        yield from ((f"alias {alias}", clause) for alias, clause in clauses if clause)


def load_breaks(old: Document, new: Document) -> bool:
    """Whether a server or a Session that loads OLD does not load NEW.

    It asks for exactly the tags, and runs the ops that restore the variables.
    """
    saver = new.save_options.experimental_skip_saver and not old.save_options.experimental_skip_saver
    return saver or _tags(old) != _tags(new)


def addresses(document: Document, rest: bool) -> dict[str, PublishedSignature]:
    """The signatures of a surface by their keys; REST has those of servable methods."""
    return {sig.key: sig for sig in published_signatures(document) if sig.is_servable or not rest}


def signature_calls(
    document: Document, signature: PublishedSignature, side: str, universe: Universe, rest: bool
) -> Calls:
    """The calls of a signature on wire or rest."""
    endpoint = document.endpoints[signature.endpoint]
    if signature.receiver is not None:
        return ReceiverCalls(endpoint, signature.receiver, side)
    return RestCalls(document, endpoint, side, universe) if rest else WireCalls(document, endpoint, side)


def alias_break(old: Document, new: Document, alias: str) -> str | None:
    """How tools break that find the function of an endpoint by an alias of OLD; None if they don't."""
    name, after = old.save_options.function_aliases[alias], new.save_options.function_aliases
    if _was_optional_and_is_gone(old, new, name):
        return None
    if alias not in after:
        return "request"
    return None if is_same_endpoint(name, after[alias], old, new) else "meaning"


def is_same_endpoint(name: str, other: str, old: Document, new: Document) -> bool:
    """Whether one key's endpoints are the same one: by name, or renamed, if neither is in both documents."""
    return name == other or (name not in new.endpoints and other not in old.endpoints)


def is_taken_back(old: Document, new: Document, name: str) -> bool:
    """Whether an archive of NEW may lack an endpoint that every archive of OLD has."""
    return not old.endpoints[name].optional and name in new.endpoints and new.endpoints[name].optional


def _was_optional_and_is_gone(old: Document, new: Document, name: str) -> bool:
    return old.endpoints[name].optional and name not in new.endpoints


def _tags(document: Document) -> set[str]:
    return {TAGS[document.mode], *document.save_options.extra_tags}


def _attribute_breaks(old: Document, new: Document, universe: Universe, most: int) -> Iterator[Break]:
    for name, endpoint in old.endpoints.items():
        if _was_optional_and_is_gone(old, new, name):
            continue
        if name not in new.endpoints or is_taken_back(old, new, name):
            yield name, "request"
            continue
        calls = PythonCalls(old, endpoint, "old"), PythonCalls(new, new.endpoints[name], "new")
        clause = first_break(*calls, universe, most)
        if clause:
            yield name, clause
    for name in old.variable_collections:
        if name not in new.variable_collections or members_break(old, new, name):
            yield name, "answer"


def members_break(old: Document, new: Document, name: str) -> bool:
    """Whether NEW permits variables in a collection that OLD rules out; the answer is a dict by path, where pinned."""
    pinned = [[part.content for part in document.variable_collections[name]] for document in (old, new)]
    if any(content is None for contents in pinned for content in contents):
        return False
    before, after = ({path: leaf for part in contents for path, leaf in (part or {}).items()} for contents in pinned)
    universe = Universe.of_leaves([*before.values(), *after.values()])
    return any(
        not all(
            path in after and fits(leaf, make(after[path], path, chosen, {}), {}, {}) for path, leaf in before.items()
        )
        for chosen in samples(leaf_choices(after, {}, universe))
    )
