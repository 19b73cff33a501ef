"""The ops that a static check looks for: calls of Python, files, the network, and tables that are read from files."""

from __future__ import annotations

import re
from collections.abc import Iterator

from specc.reader.saved_graph import GraphNode

PYTHON_OPS = frozenset({"EagerPyFunc", "PyFunc", "PyFuncStateless"})
NAMED_FILE_OPS = frozenset(
    {"CacheDataset", "CacheDatasetV2", "InitializeTableFromTextFile", "InitializeTableFromTextFileV2"}
)
"""Ops that use the file that their second input names: an asset, or none where the name is empty."""
CHECKPOINT_OPS = frozenset(
    {"DTensorRestoreV2", "MergeV2Checkpoints", "Restore", "RestoreSlice", "RestoreV2", "Save", "SaveSlices", "SaveV2"}
)
"""Ops that every archive has for its own variables, and no endpoint needs."""
FILE_OPS = frozenset(
    {
        "CSVDataset", "CSVDatasetV2", "CreateSummaryDbWriter", "CreateSummaryFileWriter", "DatasetToTFRecord",
        "DistributedSave", "ExperimentalCSVDataset", "ExperimentalDatasetToTFRecord", "ExperimentalLMDBDataset",
        "ExperimentalMatchingFilesDataset", "ExperimentalSqlDataset", "FileSystemSetConfiguration",
        "FixedLengthRecordDataset", "FixedLengthRecordDatasetV2", "FixedLengthRecordReader",
        "FixedLengthRecordReaderV2", "GenerateVocabRemapping", "ImmutableConst", "LMDBDataset", "LMDBReader",
        "ListSnapshotChunksDataset", "LoadAndRemapMatrix", "LoadDataset", "MatchingFiles", "MatchingFilesDataset",
        "ReadFile", "SaveDataset", "SaveDatasetV2", "Skipgram", "SnapshotChunkDataset", "SnapshotDataset",
        "SnapshotDatasetReader", "SnapshotDatasetV2", "SnapshotNestedDatasetReader", "SqlDataset", "TFRecordDataset",
        "TFRecordDatasetV2", "TFRecordReader", "TFRecordReaderV2", "TextLineDataset", "TextLineReader",
        "TextLineReaderV2", "WholeFileReader", "WholeFileReaderV2", "WriteFile",
    }
)  # fmt: skip
"""TensorFlow's ops that read or write files."""
NETWORK_OPS = frozenset(
    {
        "BigQueryReader", "DataServiceDataset", "DataServiceDatasetV2", "DataServiceDatasetV3", "DataServiceDatasetV4",
        "RegisterDataset", "RegisterDatasetV2", "RemotePredict", "Rpc", "RpcCall", "RpcClient", "RpcServer", "TryRpc",
        "TfServing>RemotePredict",
    }
)  # fmt: skip
"""Ops that connect to another machine, of TensorFlow and of its add-ons."""
STATE_OPS = re.compile(
    r"Assign(?:Add|Sub)?(?:VariableOp)?|AssignVariableXlaConcatND|(?:Resource)?(?:Sparse)?Apply[A-Z]\w*|"
    r"(?:Resource)?Scatter(?:Nd)?(?:Add|Sub|Mul|Div|Min|Max|Update)|ResourceStridedSliceAssign|StridedSliceAssign|"
    r"ResourceCountUpTo|CountUpTo|LookupTable(?:Import|Insert|Remove)(?:V2)?|Rng(?:ReadAnd)?Skip(?:V2)?|"
    r"Stateful(?:Standard|Truncated|Uniform|RandomBinomial)\w*"
)
"""Ops that change a variable or a table, or the state of a random generator, which is a variable."""
XLA_OP = "XlaCallModule"
"""A compiled program, of JAX mostly; its attribute ``platforms`` lists where it can run."""
_FILE_NAMESPACE = "IO>"
"""The namespace of tensorflow_io, whose ops read files, databases and queues."""

LARGE_BYTES = 10 * 2**20
"""A larger constant belongs in a variable or a file."""

_ANYWHERE = re.compile(r"""(?:^|(?<=[_\s"'=(,;]))(?:/(?:[\w.+@~-]+/)+[\w.+@~-]+|[A-Za-z]:[\\/][^\s"']*)""")
_OF_A_MACHINE = re.compile(
    r"""(?:^|(?<=[_\s"'=(,;]))(?:/(?:home|Users|root|tmp|var|mnt|media|opt|usr|srv|private|scratch|workspace|content)/"""
    r"""[^\s"'\0]+|[A-Za-z]:[\\/](?:Users|Windows|Temp|Program Files)[\\/][^"'\0]*)"""
)
_NAMES_OF_FILES = ("file_pattern", "filename", "shared_name")
"""Attributes that hold a file's name: any absolute path in them is one of a machine."""
_COUNTERS = re.compile(r"(?:_-?\d+)+$")
"""What TensorFlow appends to the file of a table to make its ``shared_name``."""
_MAX_SEARCHED = 4096
"""A longer text is data."""


def reaches_out(node: GraphNode) -> bool:
    """Whether a node by itself reads or writes a file, or uses the network."""
    if node.op in FILE_OPS or node.op in NETWORK_OPS or node.op.startswith(_FILE_NAMESPACE):
        return True
    texts = dict(node.texts)
    if node.op == "PrintV2":
        return texts.get("output_stream", b"").startswith(b"file:")
    if "debug_urls" in texts:  # where a debugger's op writes what it sees
        return True
    if node.op in ("DecodeProtoV2", "EncodeProto"):  # the description of the messages may be in a file
        source = texts.get("descriptor_source", b"")
        return source not in (b"", b"local://") and not source.startswith(b"bytes://")
    return False


def machine_paths(node: GraphNode) -> Iterator[str]:
    """The absolute paths of some machine among the texts of a node."""
    for attribute, text in node.texts:
        if len(text) <= _MAX_SEARCHED and (b"/" in text or b":" in text):
            pattern = _ANYWHERE if attribute in _NAMES_OF_FILES else _OF_A_MACHINE
            for path in pattern.findall(text.decode("utf-8", "replace")):
                yield _COUNTERS.sub("", path)


def is_notable(node: GraphNode) -> bool:
    """Whether a check looks at a node of a function."""
    return (
        node.op in PYTHON_OPS
        or node.op == XLA_OP
        or node.op in NAMED_FILE_OPS
        or node.op in CHECKPOINT_OPS
        or (node.op == "Const" and bool(node.texts))  # the file of a table
        or node.largest > LARGE_BYTES
        or reaches_out(node)
        or any(machine_paths(node))
    )
