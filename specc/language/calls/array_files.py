"""The files of arrays that examples name: found beside the spec, read within a budget, written the same every time."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

from specc.diagnostics import shorten
from specc.language.calls.arrays import BadArrayError, array_content, read_header
from specc.source.limits import MAX_BYTES
from specc.source.regular_files import NotRegularError, open_regular

if TYPE_CHECKING:
    import zipfile

NPY, NPZ = ".npy", ".npz"
MAX_TOTAL = 16 * MAX_BYTES
"""The arrays of all examples of a document, in bytes: a small file may inflate to the limit of one."""
_MAX_MEMBERS = 4096
_MAX_DIRECTORY = 1024 * 1024
"""In bytes: the list of members at the end of a zip file."""
_END = b"PK\5\6"
_END_SIZE = 22
_LOCATOR = b"PK\6\7"
_LOCATOR_SIZE = 20
_MAX_COMMENT = 65_535
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first date that a zip file can hold: that of every member, so that the same arrays give the same bytes."""


class MissingFileError(Exception):
    """There is no such file."""


class BadFileError(Exception):
    """A file cannot be used; the text says why, and starts with its name."""


class StoredArray(NamedTuple):
    """An array in a file: NumPy's type string, its shape, and its bytes, which are None if only its head is read."""

    type: str
    shape: tuple[int, ...]
    content: bytes | None


class ArrayFiles:
    """The files in ``directory``; each is read once: whole, or without ``contents`` only the heads of its arrays."""

    def __init__(self, directory: Path, *, contents: bool) -> None:
        self._directory = directory
        self._contents = contents
        self._left = MAX_TOTAL
        self._found: dict[str, Mapping[str, StoredArray] | Exception] = {}

    def arrays(self, name: str) -> Mapping[str, StoredArray]:
        """The arrays in the file ``name``, by their names; the array of an ``.npy`` file has the name "".

        Raises:
            MissingFileError, BadFileError: it is not there, or cannot be used.
        """
        if name not in self._found:
            try:
                self._found[name] = self._read(name)
            except (MissingFileError, BadFileError) as error:
                self._found[name] = error
        found = self._found[name]
        if isinstance(found, Exception):
            raise found
        return found

    def _read(self, name: str) -> dict[str, StoredArray]:
        path, is_npz, name = self._directory / name, name.endswith(NPZ), shorten(name)
        try:
            with open_regular(path) as file:
                size = os.fstat(file.fileno()).st_size
                if size > MAX_BYTES:
                    raise BadFileError(f"{name} is larger than {MAX_BYTES // 2**20} MiB")
                return self._npz(file, name) if is_npz else {"": self._npy(file, size, name)}
        except BadArrayError as error:
            raise BadFileError(f"{name} {error}") from None
        except NotRegularError:
            raise BadFileError(f"{name} is not a regular file") from None
        except (FileNotFoundError, NotADirectoryError):
            raise MissingFileError(f"there is no file {name}") from None
        except (OSError, ValueError) as error:  # ValueError: a NUL in the name
            raise BadFileError(f"cannot read {name}: {getattr(error, 'strerror', None) or error}") from None

    def _npy(self, file: IO[bytes], size: int, name: str) -> StoredArray:
        """The array in ``file``, from here to its end after ``size`` bytes."""
        header = read_header(file)
        if header.length + header.size != size:
            raise BadFileError(
                f"{name} is damaged: it has {size:,} bytes, not the {header.length + header.size:,} of its head"
            )
        self._spend(header.size, name)
        if not self._contents:
            return StoredArray(header.type, header.shape, None)
        content = file.read(header.size)
        if len(content) != header.size:
            raise BadFileError(f"{name} is damaged: it ends early")
        return StoredArray(header.type, header.shape, content)

    def _spend(self, size: int, name: str) -> None:
        if size > self._left:
            raise BadFileError(
                f"{name} is too much: the arrays of all examples have more than {MAX_TOTAL // 2**20} MiB"
            )
        self._left -= size

    def _npz(self, file: IO[bytes], name: str) -> dict[str, StoredArray]:
        import zipfile  # noqa: PLC0415  # most specs name no file
        import zlib  # noqa: PLC0415

        _check_directory(file, name)
        try:
            with zipfile.ZipFile(file) as members:
                return self._members(members, name)
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, IndexError) as error:
            raise BadFileError(f"{name} is damaged: {error}") from None

    def _members(self, members: zipfile.ZipFile, name: str) -> dict[str, StoredArray]:
        listed = members.infolist()
        if len(listed) > _MAX_MEMBERS:
            raise BadFileError(f"{name} has more than {_MAX_MEMBERS:,} arrays")
        if sum(each.file_size for each in listed) > MAX_BYTES:
            raise BadFileError(f"{name} inflates to more than {MAX_BYTES // 2**20} MiB")
        found: dict[str, StoredArray] = {}
        for each in listed:
            array = each.filename.removesuffix(NPY)
            if array == each.filename or array in found:
                what = "is in it twice" if array in found else f"is not an {NPY} file"
                raise BadFileError(f"{name} is not a file of arrays: {each.filename!r} {what}")
            if each.compress_type not in (0, 8):
                raise BadFileError(f"{name} is compressed by another method than deflate")
            with members.open(each) as member:
                found[array] = self._npy(member, each.file_size, f"{array!r} in {name}")
        return found


def path_problem(name: str) -> str:
    """Why ``name`` is not a path from the spec to a file below its directory, or the empty string."""
    if "\\" in name or name.startswith("/") or ":" in name.partition("/")[0]:
        return "is not a path from the spec, with '/' between its parts"
    if any(part in ("", ".", "..") for part in name.split("/")):
        return "leads out of the spec's directory, or has an empty part"
    return ""


def _check_directory(file: IO[bytes], name: str) -> None:
    """Refuses a zip file whose list of members would take long to read."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - _END_SIZE - _MAX_COMMENT))
    tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_SIZE:
        raise BadFileError(f"{name} is not an {NPZ} file")
    if tail[max(0, at - _LOCATOR_SIZE) :].startswith(_LOCATOR):
        raise BadFileError(f"{name} is a zip64 file")
    if int.from_bytes(tail[at + 12 : at + 16], "little") > _MAX_DIRECTORY:
        raise BadFileError(f"{name} has more than {_MAX_MEMBERS:,} arrays")
    file.seek(0)


def npz_content(arrays: Mapping[str, StoredArray]) -> bytes:
    """The content of an ``.npz`` file of ``arrays``, in their order; stored, since deflate differs between versions."""
    import zipfile  # noqa: PLC0415  # most specs name no file

    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as members:
        for name, array in arrays.items():
            info = zipfile.ZipInfo(name + NPY, _EPOCH)
            info.create_system, info.external_attr = 3, 0o644 << 16
            members.writestr(info, array_content(array.type, array.shape, array.content or b""))
    return content.getvalue()
