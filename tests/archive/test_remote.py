"""Remote stores, which cannot rename: fsspec's own memory, and a local stand-in for S3."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
import tensorflow as tf

import specc
from specc.archive.remote import PROMISE, RemoteDirectory
from specc.errors import TargetError
from specc.reader.digest import archive_digest
from specc.reader.layout import MARKER

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The URL of an empty bucket."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    before = fsspec.config.conf.get("s3")
    fsspec.config.conf["s3"] = {"endpoint_url": f"http://{host}:{port}", "key": "key", "secret": "secret"}
    fsspec.filesystem("s3").mkdir("bucket")
    yield "s3://bucket"
    server.stop()
    fsspec.config.conf.pop("s3")
    if before is not None:
        fsspec.config.conf["s3"] = before


@pytest.fixture(params=["memory", "s3"])
def store(request: Any) -> str:
    """The URL of an empty folder."""
    root = "memory://bucket" if request.param == "memory" else request.getfixturevalue("s3")
    return f"{root}/{uuid.uuid4().hex}"


def program() -> specc.Program:
    endpoint = {"function": None, "inputs": ["float32[?]"], "outputs": "float32[?]"}
    return specc.compile(specc.from_json({"specc": 1, "endpoints": {"triple": endpoint}}))


def export(**where: Any) -> Any:
    weight = tf.Variable(3.0)
    return program().export(None, functions={"triple": lambda x: x * weight}, **where)


def objects(url: str) -> list[str]:
    filesystem, path = fsspec.core.url_to_fs(url)
    filesystem.invalidate_cache()
    start = len(path.strip("/")) + 1
    return sorted(name.strip("/")[start:] for name in filesystem.find(path))


def fetched(url: str, directory: Path) -> Path:
    filesystem, path = fsspec.core.url_to_fs(url)
    for name in objects(url):
        target = directory / name
        target.parent.mkdir(parents=True, exist_ok=True)
        filesystem.get_file(f"{path}/{name}", str(target))
    return directory


def test_an_archive_is_uploaded_whole_and_marked_last(store: str, tmp_path: Path) -> None:
    report = export(filepath=f"{store}/model")
    assert report.path == f"{store}/model"
    assert PROMISE in report.notes
    copy = fetched(report.path, tmp_path / "copy")
    assert (copy / MARKER).read_text().strip() == archive_digest(copy)
    assert tf.saved_model.load(str(copy)).triple(tf.constant([2.0])).numpy().tolist() == [6]
    assert not [name for name in objects(store) if "claim" in name]


def test_nothing_is_overwritten(store: str) -> None:
    export(filepath=f"{store}/model")
    before = objects(store)
    with pytest.raises(TargetError, match="is not empty; choose another target, or remove it first"):
        export(filepath=f"{store}/model")
    assert objects(store) == before


def test_versions(store: str) -> None:
    paths = [export(base=store, keep=2).path for _ in range(3)]
    assert paths == [f"{store}/{number}" for number in (1, 2, 3)]
    assert sorted({name.partition("/")[0] for name in objects(store)}) == ["2", "3"]
    with pytest.raises(TargetError, match="has version 3 already"):
        export(base=store, version=3)


@pytest.mark.parametrize("after", [1, 3])
def test_an_upload_that_fails_leaves_no_model(store: str, tmp_path: Path, monkeypatch: Any, after: int) -> None:
    from specc.archive.store import Folder

    uploads, upload = [], Folder.upload

    def failing(folder: Folder, directory: Path, names: Any) -> None:
        uploads.append(names)
        if len(uploads) > after:
            raise TargetError("the network is down")
        upload(folder, directory, names)

    monkeypatch.setattr(Folder, "upload", failing)
    with pytest.raises(TargetError, match="the network is down"):
        export(filepath=f"{store}/model")
    assert objects(store) == []


def test_a_protocol_without_its_package_is_said() -> None:
    with pytest.raises(specc.UnavailableError, match="pip install gcsfs"):
        RemoteDirectory("gs://bucket/model").check()
