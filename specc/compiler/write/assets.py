"""The asset files of an archive, such as the vocabulary of a lookup table: checked, and copied into it.

``tf.saved_model.save`` silently skips a missing file, and then writes an archive that cannot be loaded.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import tensorflow as tf

from specc.compiler.trackables import descendants
from specc.compiler.write.meta_graph import MetaGraph
from specc.compiler.write.unique_names import UniqueNames
from specc.diagnostics import Diagnostic
from specc.errors import SpecError

_FOLDER = "assets"
_MISSING_FILE_HINT = (
    "the file must exist until the archive is written; or pass the vocabulary of a lookup layer as a list"
)


def require_files(resources: Iterable[Any]) -> None:
    """Raises SpecError if files that the functions read are missing, with a finding for each."""
    parts = {id(part): part for resource in resources for part in descendants(resource)}
    assets = [part for part in parts.values() if isinstance(part, tf.saved_model.Asset)]
    paths = dict.fromkeys(tf.get_static_value(asset.asset_path).decode() for asset in assets)
    _refuse_missing(path for path in paths if not tf.io.gfile.exists(path) or tf.io.gfile.isdir(path))


def require_assets(meta_graph: Any, directory: Path) -> None:
    """Raises SpecError if the archive in ``directory`` lacks a file that its graph names."""
    names = dict.fromkeys(definition.filename for definition in meta_graph.asset_file_def)
    _refuse_missing(name for name in names if not (directory / _FOLDER / name).is_file())


def _refuse_missing(paths: Iterable[str]) -> None:
    findings = [
        Diagnostic(
            rule="missing-asset",
            path=("endpoints",),
            message=f"the functions read the file {path!r}, which does not exist",
            hint=_MISSING_FILE_HINT,
            part=path,
        )
        for path in paths
    ]
    if findings:
        raise SpecError(findings)


class AssetFiles:
    """The files of a MetaGraph that is being written.

    A loader feeds the path of each file to a placeholder while it initializes the archive; a variable keeps it.
    """

    def __init__(self, graph: MetaGraph) -> None:
        self.graph = graph
        self.assigned: list[str] = []
        """The nodes that keep the paths, as control inputs."""
        self._sources: dict[str, str] = {}
        """The path of each file by its name in the archive."""
        self._names: dict[str, str] = {}
        self._given = UniqueNames()
        self._kept: dict[int, tuple[str, str]] = {}
        """The variable with the path of each asset, and the node that assigns it, by the id of the path."""

    def add(self, asset: Any) -> int:
        """Adds a ``tf.saved_model.Asset``, and returns its object."""
        source = tf.get_static_value(asset.asset_path).decode()
        graph = self.graph
        fed = graph.add_node("asset_path_initializer", "Placeholder", dtype=tf.string, shape=tf.TensorShape([]))
        kept = graph.add_node("asset_path", "VarHandleOp", dtype=tf.string, shape=tf.TensorShape([]))
        kept.attr["shared_name"].s = kept.name.encode()
        assign = graph.add_node("asset_path/Assign", "AssignVariableOp", [kept.name, fed.name], dtype=tf.string)
        read = graph.add_node("asset_path/Read", "ReadVariableOp", [kept.name], dtype=tf.string)
        self.assigned.append(f"^{assign.name}")
        held = graph.add_object()
        files = graph.proto.asset_file_def
        graph.objects.nodes[held].asset.asset_file_def_index = len(files)
        files.add(filename=self._name_for(source)).tensor_info.name = f"{fed.name}:0"
        graph.hold(asset.asset_path, held, read.name)
        self._kept[id(asset.asset_path)] = kept.name, f"^{assign.name}"
        return held

    def initial_path(self, tensor: Any) -> str:
        """A node with the path that ``tensor`` has, which can be run before others; empty if that is not an asset's.

        It reads the path from its variable, as TensorFlow does: LiteRT's converter reads a vocabulary whose path it
        knows itself, and gives each word a wrong number if the numbers do not start at 0.
        """
        if id(tensor) not in self._kept:
            return ""
        return str(
            self.graph.add_node("asset_path/Initial", "ReadVariableOp", self._kept[id(tensor)], dtype=tf.string).name
        )

    def _name_for(self, source: str) -> str:
        """The name of a file in the archive: its own, with a number if another file has it."""
        if source not in self._names:
            unique = self._given.add(source.rpartition("/")[2])  # of a path or a URL
            self._sources[unique], self._names[source] = source, unique
        return self._names[source]

    def copy(self, directory: Path) -> None:
        """Copies the files into the archive in ``directory``.

        Raises:
            SpecError: a file is gone.
            tf.errors.OpError: a file cannot be read, or the disk is full.
        """
        if self._sources:
            (directory / _FOLDER).mkdir()
        for name, source in self._sources.items():
            try:
                tf.io.gfile.copy(source, str(directory / _FOLDER / name))
            except tf.errors.NotFoundError:
                _refuse_missing([name])
