"""A folder of a remote store, such as ``s3://bucket/models/ranker``, through fsspec.

fsspec and its backends raise errors of many types; each is converted to a specc error that names the URL.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from specc.errors import INSTALL, TargetError, UnavailableError

_USER = re.compile(r"(?<=://)[^/@]*@")
_LOCAL = ("file", "local")


@dataclass(frozen=True)
class Folder:
    """A path in a store and everything below it; ``url`` is its name in messages."""

    filesystem: Any
    path: str
    url: str

    def child(self, name: str) -> Folder:
        """The folder of this name in this one."""
        url = self.url if self.url.endswith("://") else f"{self.url}/"
        return Folder(self.filesystem, f"{self.path}/{name}", f"{url}{name}")

    def is_free(self) -> bool:
        """Whether there is no object at the path or below it."""
        with self._reading():
            levels = self.filesystem.walk(self.path, detail=True)
            return not any(_is_object(name, info) for _, _, found in levels for name, info in found.items())

    def names(self) -> set[str]:
        """The names of the folders and objects in this one."""
        with self._reading():
            try:
                entries = self.filesystem.ls(self.path, detail=True)
            except FileNotFoundError:
                return set()
        names = [entry["name"].strip("/") for entry in entries]
        return {PurePosixPath(name).name for name in names if name != self.path.strip("/")}

    def sizes(self) -> dict[str, int]:
        """The size of each object below the path."""
        with self._reading():
            found = self.filesystem.find(self.path, detail=True)
        path = self.path.strip("/")
        return {name.strip("/").removeprefix(path).lstrip("/"): info["size"] for name, info in found.items()}

    def has(self, name: str) -> bool:
        """Whether there is an object of this name."""
        with self._reading():
            return bool(self.filesystem.isfile(f"{self.path}/{name}"))

    def upload(self, directory: Path, names: Iterable[str]) -> None:
        """Writes these files of a local directory."""
        names = list(names)
        with self._errors("write"):
            self.filesystem.put([str(directory / name) for name in names], [f"{self.path}/{name}" for name in names])

    def download(self, directory: Path, names: Iterable[str]) -> None:
        """Writes these objects as files of a local directory."""
        with self._errors("read"):
            for name in names:
                file = directory / name
                file.parent.mkdir(parents=True, exist_ok=True)
                self.filesystem.get_file(f"{self.path}/{name}", str(file))

    def remove(self, names: Iterable[str]) -> list[str]:
        """Removes these objects one by one; returns those that could not be removed."""
        names = list(names)
        left = [name for name in names if not self._remove(name)]
        folders = {str(parent) for name in names for parent in PurePosixPath(name).parents}
        for folder in sorted(folders, reverse=True):  # some stores keep empty directories; "." is this one
            path = f"{self.path}/{folder}".removesuffix("/.")
            if "/" in path.strip("/"):  # never remove a bucket
                with contextlib.suppress(Exception):
                    self.filesystem.rmdir(path)
        return left

    def _remove(self, name: str) -> bool:
        try:
            self.filesystem.rm_file(f"{self.path}/{name}")
        except FileNotFoundError:
            return True
        except Exception:  # noqa: BLE001  # the caller reports what is left
            return False
        return True

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        with self._errors("read"):
            self.filesystem.invalidate_cache()  # fsspec caches listings
            yield

    @contextlib.contextmanager
    def _errors(self, verb: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            raise TargetError(f"cannot {verb} {self.url}: {_error_summary(error)}") from error


def open_folder(url: str) -> Folder:
    """The folder that ``url`` names; nothing is written.

    Raises:
        TargetError: the URL does not name a remote store.
        UnavailableError: fsspec, or the package that it needs for the protocol, is not installed.
    """
    shown = _USER.sub("", url)
    shown = shown if shown.endswith("://") else shown.rstrip("/")
    protocol = url.partition("://")[0]
    if protocol in _LOCAL:
        raise TargetError(f"{shown} is local; give its path instead of a URL")
    if "::" in protocol:
        raise TargetError(f"{shown} is a chain of URLs, which cannot be written to; give the last of them")
    try:
        import fsspec.core  # noqa: PLC0415  # an extra
        from fsspec.registry import known_implementations  # noqa: PLC0415
    except ModuleNotFoundError:
        hint = f"install it, and the package of the protocol such as s3fs or gcsfs: {INSTALL['fsspec']}"
        raise UnavailableError(f"{shown} needs fsspec; {hint}") from None
    if protocol not in fsspec.available_protocols():
        raise TargetError(f"{shown}: fsspec does not support the protocol {protocol!r}")
    try:
        # A separate instance: a shared one has a listing cache in common with other threads.
        filesystem, path = fsspec.core.url_to_fs(url, skip_instance_cache=True)
    except ImportError as error:
        package = known_implementations[protocol]["class"].partition(".")[0]
        hint = f"install it with: pip install {package}" if package != "fsspec" else str(error)
        raise UnavailableError(f"{shown} needs the package of its protocol; {hint}") from error
    except Exception as error:
        raise TargetError(f"cannot open {shown}: {_error_summary(error)}") from error
    return Folder(filesystem, path.rstrip("/"), shown)


def _is_object(name: str, info: Any) -> bool:
    """Whether an entry of a walk is an object, not the placeholder that some stores keep for a folder."""
    return bool(name) or info["type"] != "directory"


def _error_summary(error: Exception) -> str:
    first = (str(error).splitlines() or [""])[0]
    return f"{type(error).__name__}: {first}" if first else type(error).__name__
