"""The messages between ``verify`` and its child process, which runs the archive, and how they are written to a pipe.

A message is a frozen dataclass. On the pipe it is the length of a header, the header, which is JSON, and the bytes of
its tensors; nothing is pickled, since the archive's code runs in the process that answers.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import IO, Any, Literal, NamedTuple, TypeAlias, get_args

from pydantic import TypeAdapter

from specc.diagnostics import SpecPath
from specc.language.calls.flat_tensor import FlatTensor
from specc.language.tensor_bytes import element_size

MAX_HEADER = 1 << 26
MAX_BYTES = 1 << 30
"""The limit of one message's tensors together, in bytes."""

Way: TypeAlias = Literal["attribute", "signature", "session", "model"]
"""How an endpoint is called: on the revived object, as a loaded signature, in a Session, or on the model in memory."""


class ProtocolError(Exception):
    """What stands on the pipe is not a message, or is one beyond the limits."""


@dataclass(frozen=True)
class Prepare:
    """Imports TensorFlow, then the modules ``imports``, then closes the fence. The first request; answer: Ready."""

    imports: tuple[str, ...] = ()


@dataclass(frozen=True)
class Load:
    """Loads the archive in ``directory`` for calls on one of its ways; answer: Loaded or Refused."""

    way: Way
    directory: str
    document: Mapping[str, Any]
    """The canonical JSON of the document whose endpoints are called."""
    tags: tuple[str, ...] = ("serve",)
    """The tags of the MetaGraph, which a Session needs exactly."""


@dataclass(frozen=True)
class LoadModel:
    """Makes the model, for calls on the way ``model``; answer: Loaded or Refused."""

    document: Mapping[str, Any]
    directory: str
    """Where the document's file is: a model may be a file beside it."""
    model: str | None = None
    """``module:attribute`` or a path from the current directory, in place of the document's own."""
    imports: tuple[str, ...] = ()
    """Modules to import before the model, after those that the document names."""
    seed: int = 0


@dataclass(frozen=True)
class Call:
    """Calls an endpoint once, from the stored state; answer: Answered or Refused.

    ``inputs`` is sent as it is: a name that it lacks is missing in the call, an unknown name is one too many. For every
    archive TensorFlow refuses both, and for an attribute wrong dtypes too, while a Session converts them; on shapes see
    ``Answered.compares_shapes``.
    """

    way: Way
    endpoint: str
    """The name of the declared endpoint, after which inputs are nested and results are taken apart."""
    address: str
    """What is called: the attribute, or the key of the signature, which may be an alias, a raw one or a receiver."""
    inputs: Mapping[str, FlatTensor]
    """Every component of every input leaf, by wire name; of a receiver, its messages as ``inputs``."""
    left_out: tuple[str, ...] = ()
    """The wire names in ``inputs`` that are not sent where the way allows that; see ``Answered.left_out``."""
    by_keyword: bool = False
    """Whether the attribute gets its arguments by keyword."""


@dataclass(frozen=True)
class Time:
    """Repeats a call that was answered until ``calls`` are made or ``seconds`` are over; answer: Timed or Refused."""

    call: Call
    calls: int = 30
    seconds: float = 0.5


@dataclass(frozen=True)
class ListVariables:
    """Asks for variables; answer: Variables or Refused.

    ``listed`` are those of the root's ``variables`` in order (of a model: of its own), which correspond by position;
    ``stored`` are all tensors of the checkpoint, by key, sorted.
    """

    of: Literal["listed", "stored"]


@dataclass(frozen=True)
class CheckFingerprint:
    """Compares the fingerprint of the archive in ``directory`` with its files; answer: Fingerprint or Refused."""

    directory: str


Request: TypeAlias = Prepare | Load | LoadModel | Call | Time | ListVariables | CheckFingerprint


@dataclass(frozen=True)
class Ready:
    """The child can load archives."""

    tensorflow: str
    unfenced: tuple[str, ...] = ()
    """The parts of the fence that this system does not allow: ``network``, ``file size``."""
    seconds: float = 0.0


@dataclass(frozen=True)
class Loaded:
    """The archive, or the model, is loaded for one way."""

    addresses: tuple[str, ...]
    """What can be called, sorted: attributes, or signature keys; of a model the endpoints that can be bound."""
    seconds: float = 0.0


class Mismatch(NamedTuple):
    """A place of a result whose structure or kind is not as declared; dtypes and shapes the flat tensors have."""

    path: SpecPath
    """The place in the document, from its root."""
    message: str


@dataclass(frozen=True)
class Answered:
    """The result of a call."""

    outputs: Mapping[str, FlatTensor] = field(default_factory=dict)
    """The components of the result's leaves, by wire name; of leaves with a mismatch, as far as there are any."""
    mismatches: tuple[Mismatch, ...] = ()
    left_out: tuple[str, ...] = ()
    """The wire names that the call in fact did not send."""
    moved: tuple[str, ...] = ()
    """The names of the variables and tables that the call changed, sorted; they are put back."""
    is_varying: bool = False
    """Whether the graph that ran has ops that draw random numbers, or may change variables or tables."""
    compares_shapes: bool = True
    """Whether TensorFlow compares the shapes of inputs with the declared ones there, for every archive."""
    seconds: float = 0.0


@dataclass(frozen=True)
class Refused:
    """A request was not fulfilled. ``message`` has no address of an object, temporary path or clock.

    ``absent`` says that the archive has no such attribute or signature, and ``too_large`` that the answer is beyond
    the limits of a message.
    """

    message: str
    why: Literal["error", "absent", "too_large"] = "error"


@dataclass(frozen=True)
class Timed:
    """The durations of repeated calls, in seconds, in their order."""

    seconds: tuple[float, ...]


class VariableDigest(NamedTuple):
    """A variable with a SHA-256 of its elements: two variables of one dtype, shape and digest are equal bit for bit."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    digest: str


@dataclass(frozen=True)
class Variables:
    """The variables that were asked for."""

    variables: tuple[VariableDigest, ...]
    collections: Mapping[str, tuple[tuple[int | None, VariableDigest], ...]] = field(default_factory=dict)
    """Beside the listed ones: the members of each declared collection, with their positions in that list, if any."""


@dataclass(frozen=True)
class Fingerprint:
    """What of an archive is not as its fingerprint says; ``unknown`` is why that cannot be told, or empty."""

    stale: tuple[str, ...] = ()
    unknown: str = ""


Answer: TypeAlias = Ready | Loaded | Answered | Refused | Timed | Variables | Fingerprint
Message: TypeAlias = Request | Answer

_ADAPTERS: dict[str, TypeAdapter[Any]] = {kind.__name__: TypeAdapter(kind) for kind in get_args(Message)}
_TENSORS = ("inputs", "outputs")
"""The fields that hold tensors, in whichever message."""


def write_message(stream: IO[bytes], message: Message) -> None:
    """Writes ``message`` and flushes ``stream``.

    Raises:
        ProtocolError: the message is beyond the limits; nothing is written.
    """
    tensors: list[FlatTensor] = []
    header = json.dumps({"kind": type(message).__name__, **_to_json(message, tensors)}).encode("ascii")
    if len(header) > MAX_HEADER or sum(map(_size, tensors)) > MAX_BYTES:
        raise ProtocolError(f"a message of more than {MAX_BYTES:,} bytes")
    stream.write(struct.pack(">I", len(header)) + header)
    for tensor in tensors:
        stream.write(tensor.values if isinstance(tensor.values, bytes) else b"".join(tensor.values))
    stream.flush()


def read_message(stream: IO[bytes]) -> Message:
    """The next message of ``stream``.

    Raises:
        EOFError: the stream ended.
        ProtocolError: what follows is not a message.
    """
    (length,) = struct.unpack(">I", _read(stream, 4))
    if length > MAX_HEADER:
        raise ProtocolError(f"a header of {length:,} bytes")
    try:
        data = json.loads(_read(stream, length))
        _read_tensors(stream, data, MAX_BYTES)
        message: Message = _ADAPTERS[data.pop("kind")].validate_python(data)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ProtocolError(f"not a message: {type(error).__name__}") from error
    return message


def _to_json(message: Message, tensors: list[FlatTensor]) -> dict[str, Any]:
    """The fields of ``message`` as JSON; its tensors are described there, and added to ``tensors``."""
    data: dict[str, Any] = {each.name: getattr(message, each.name) for each in fields(message)}
    for name in _TENSORS:
        if name in data:
            tensors += data[name].values()
            data[name] = {wire_name: _describe(tensor) for wire_name, tensor in data[name].items()}
    if isinstance(message, Time):
        data["call"] = _to_json(message.call, tensors)
    return data


def _describe(tensor: FlatTensor) -> list[Any]:
    lengths = len(tensor.values) if isinstance(tensor.values, bytes) else [len(value) for value in tensor.values]
    return [tensor.dtype, list(tensor.shape), lengths]


def _size(tensor: FlatTensor) -> int:
    return len(tensor.values) if isinstance(tensor.values, bytes) else sum(map(len, tensor.values))


def _read_tensors(stream: IO[bytes], data: dict[str, Any], budget: int) -> None:
    """Replaces the descriptions of tensors in ``data`` by the tensors, whose bytes follow."""
    if "call" in data:
        _read_tensors(stream, data["call"], budget)
    for name in _TENSORS:
        for wire_name, (dtype, shape, lengths) in data.get(name, {}).items():
            sizes = lengths if isinstance(lengths, list) else [lengths]
            count = math.prod(shape)
            width = 1 if dtype == "string" else element_size(dtype)
            found = len(sizes) if dtype == "string" else lengths
            if any(type(size) is not int or size < 0 for size in (*sizes, *shape)) or found != count * width:
                raise ProtocolError(f"the tensor {wire_name!r} does not have the bytes of its shape")
            budget -= sum(sizes)
            if budget < 0:
                raise ProtocolError(f"a message of more than {MAX_BYTES:,} bytes")
            parts = tuple(_read(stream, size) for size in sizes)
            data[name][wire_name] = FlatTensor(dtype, tuple(shape), parts if dtype == "string" else parts[0])


def _read(stream: IO[bytes], count: int) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise EOFError
    return data
