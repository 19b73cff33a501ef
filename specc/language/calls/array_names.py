"""The names of the arrays of an example's ``.npz`` file, and their conversion to flat tensors and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate, pairwise

from specc.language.calls.array_files import BadFileError, StoredArray
from specc.language.calls.findings import Found
from specc.language.calls.flat_tensor import FlatTensor, numpy_type
from specc.language.document import Endpoint
from specc.language.dtypes import DTYPES, Family
from specc.language.tensor_bytes import pack, unpack
from specc.language.wire_names import Component, input_leaves, output_leaves

SIDES = ("inputs", "outputs")
_BYTES, _LENGTHS = ".bytes", ".lengths"


class ArrayNames:
    """The names of an endpoint's arrays: wire names, after ``inputs/`` or ``outputs/`` where both sides have one.

    A wire name that begins with one of these words has it too, so that no two arrays get one name.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._wire = {
            side: [component for leaf in leaves for component in leaf.components]
            for side, leaves in zip(SIDES, (input_leaves(endpoint), output_leaves(endpoint)), strict=True)
        }
        names = {side: {component.wire_name for component in each} for side, each in self._wire.items()}
        self._shared = names["inputs"] & names["outputs"]

    def of(self, side: str, wire_name: str) -> str:
        """The name of the array of a component of one side."""
        is_plain = wire_name not in self._shared and not wire_name.startswith(("inputs/", "outputs/"))
        return wire_name if is_plain else f"{side}/{wire_name}"

    def all(self) -> Iterator[str]:
        """The name of every array that a file of the endpoint may have."""
        for side, components in self._wire.items():
            for component in components:
                yield from stored_names(self.of(side, component.wire_name), component.dtype)


def stored_names(name: str, dtype: str) -> tuple[str, ...]:
    """The names of the arrays of a tensor: one, or two for strings."""
    return (name + _BYTES, name + _LENGTHS) if dtype == "string" else (name,)


def from_arrays(component: Component, name: str, arrays: Mapping[str, StoredArray]) -> Found | None:
    """The tensor of a component out of the arrays of its file; None if they are not there.

    Raises:
        BadFileError: they are of another type, or not what a tensor of strings is stored as.
    """
    names = stored_names(name, component.dtype)
    if not any(each in arrays for each in names):
        return None
    if component.dtype == "string":
        return _strings(name, *(arrays.get(each) for each in names))
    return numbers(component.dtype, name, arrays[name])


def numbers(dtype: str, name: str, array: StoredArray) -> Found:
    """The tensor of an array of numbers, which is called ``name`` in messages.

    Raises:
        BadFileError: it is of another type.
    """
    wanted, kind = numpy_type(dtype), DTYPES[dtype]
    if array.type != wanted:
        is_bits = kind.bits < 8 or (kind.family is Family.FLOAT and wanted[1] == "u")
        bits = f" (the bits of {dtype})" if is_bits else ""
        raise BadFileError(f"the array {name!r} has the type {array.type!r}, not {wanted!r}{bits}")
    highest = 1 if kind.family is Family.BOOLEAN else (1 << kind.bits) - 1 if kind.bits < 8 else 255
    if array.content and highest < max(array.content):
        raise BadFileError(f"the array {name!r} has a byte that is not a {dtype}")
    return Found(dtype, array.shape, array.content)


def _strings(name: str, joined: StoredArray | None, lengths: StoredArray | None) -> Found:
    if joined is None or lengths is None:
        raise BadFileError(f"strings are two arrays, {name + _BYTES!r} and {name + _LENGTHS!r}; one of them is missing")
    if joined.type != "|u1" or len(joined.shape) != 1 or lengths.type != "<i8":
        raise BadFileError(f"the strings {name!r} are not a vector of uint8 with their lengths as int64")
    if joined.content is None or lengths.content is None:
        return Found("string", lengths.shape, None)
    sizes = unpack(lengths.content, "int64")
    if any(size < 0 for size in sizes) or sum(sizes) != len(joined.content):
        raise BadFileError(f"the lengths of the strings {name!r} do not add up to their {len(joined.content)} bytes")
    ends = accumulate(sizes, initial=0)
    return Found("string", lengths.shape, tuple(joined.content[start:end] for start, end in pairwise(ends)))


def to_arrays(name: str, tensor: FlatTensor) -> dict[str, StoredArray]:
    """The arrays of a tensor: the inverse of :func:`from_arrays`."""
    names = stored_names(name, tensor.dtype)
    if isinstance(tensor.values, bytes):
        return {name: StoredArray(numpy_type(tensor.dtype), tensor.shape, tensor.values)}
    joined, lengths = b"".join(tensor.values), pack([len(value) for value in tensor.values], "int64")
    return {
        names[0]: StoredArray("|u1", (len(joined),), joined),
        names[1]: StoredArray("<i8", tensor.shape, lengths),
    }


def clashing(names: Iterable[str]) -> str:
    """A name that is there twice, or the empty string."""
    seen: set[str] = set()
    return next((name for name in names if name in seen or seen.add(name)), "")  # type: ignore[func-returns-value]
