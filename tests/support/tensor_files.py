"""Calls and answers in files that a small program in any language reads and writes.

Everything is little-endian. ``u32``, ``u64`` and ``i64`` are integers, ``text`` is a ``u32`` of bytes and the bytes::

    calls   := u32 runs, { u32 calls, { call } }
    call    := text signature, u32 inputs, { text wire name, text graph tensor, tensor },
               u32 outputs, { text wire name, text graph tensor }
    answers := u32 runs, { u32 calls, { u32 0, u32 outputs, { text wire name, tensor } | u32 1, text error } }
    tensor  := u32 DataType, u32 rank, { i64 size }, u64 bytes, { elements in row-major order }

An element of a string tensor is a ``text``. A program loads the archive anew for each run, makes its calls in order, and
ends a run after an error. The graph's tensors are those that the SignatureDef names.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from consumer_archives import Archive
from tagged_session import meta_graphs

Outputs = dict[str, np.ndarray]


@dataclass(frozen=True)
class RunAnswer:
    """The outputs of the calls that were answered, and the error that ended the run."""

    answered: tuple[Outputs, ...]
    error: str | None = None

    def outputs(self) -> tuple[Outputs, ...]:
        """The outputs of all calls of the run.

        Raises:
            RuntimeError: one failed.
        """
        if self.error is not None:
            raise RuntimeError(self.error)
        return self.answered


def write_calls(archive: Archive, file: Path) -> None:
    """Writes all runs of an archive."""
    (graph,) = meta_graphs(archive.path)
    parts = [_u32(len(archive.runs))]
    for run in archive.runs.values():
        parts.append(_u32(len(run.calls)))
        for call in run.calls:
            definition = graph.signature_def[call.signature]
            parts += [_text(call.signature), _u32(len(call.inputs))]
            for name, array in call.inputs.items():
                parts += [_text(name), _text(definition.inputs[name].name), *_tensor(array)]
            parts.append(_u32(len(definition.outputs)))
            for name, info in sorted(definition.outputs.items()):
                parts += [_text(name), _text(info.name)]
    file.write_bytes(b"".join(parts))


def read_answers(archive: Archive, file: Path) -> Mapping[str, RunAnswer]:
    """The answers to :func:`write_calls`, by run."""
    reader = _Reader(file.read_bytes())
    assert reader.u32() == len(archive.runs)
    return {name: _run_answer(reader) for name in archive.runs}


def _run_answer(reader: _Reader) -> RunAnswer:
    answered: list[Outputs] = []
    for _ in range(reader.u32()):
        if reader.u32() != 0:
            return RunAnswer(tuple(answered), reader.bytes().decode(errors="replace"))
        answered.append({reader.bytes().decode(): reader.tensor() for _ in range(reader.u32())})
    return RunAnswer(tuple(answered))


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def u32(self) -> int:
        return int(self._unpack("<I")[0])

    def bytes(self) -> bytes:
        return self._take(self.u32())

    def tensor(self) -> np.ndarray:
        dtype, rank = tf.as_dtype(self.u32()), self.u32()
        shape = self._unpack(f"<{rank}q")
        (size,) = self._unpack("<Q")
        if dtype == tf.string:
            values = [self.bytes() for _ in range(int(np.prod(shape)))]
            return np.array([*values, None], object)[:-1].reshape(shape)  # None keeps NumPy from nesting bytes
        return np.frombuffer(self._take(size), dtype.as_numpy_dtype).reshape(shape)

    def _unpack(self, form: str) -> tuple[Any, ...]:
        return struct.unpack(form, self._take(struct.calcsize(form)))

    def _take(self, size: int) -> bytes:
        start, self._at = self._at, self._at + size
        assert self._at <= len(self._data), "the file of answers ends early"
        return self._data[start : self._at]


def _tensor(array: np.ndarray) -> Iterable[bytes]:
    is_text = array.dtype == object
    dtype = tf.string if is_text else tf.as_dtype(array.dtype)
    data = b"".join(map(_text, array.ravel())) if is_text else array.tobytes()
    head = struct.pack(f"<II{array.ndim}qQ", dtype.as_datatype_enum, array.ndim, *array.shape, len(data))
    return (head, data)


def _u32(number: int) -> bytes:
    return struct.pack("<I", number)


def _text(value: str | bytes) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return _u32(len(data)) + data
