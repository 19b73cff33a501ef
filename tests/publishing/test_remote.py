"""Remote stores, which cannot rename: fsspec's own memory, and a local stand-in for S3."""

from __future__ import annotations

import collections
import os
import subprocess
import sys
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
import tensorflow as tf

import specc
from specc.errors import TargetError
from specc.publishing import claims, remote
from specc.publishing.publish import Destination
from specc.publishing.remote import PARTIAL_ARCHIVE_NOTE, RemoteDirectory, RemoteVersion
from specc.publishing.store import Folder
from specc.publishing.versions import VersionChoice
from specc.reader.archive_files import MARKER
from specc.reader.digest import archive_digest

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
    assert PARTIAL_ARCHIVE_NOTE in report.notes
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
    with pytest.raises(TargetError, match="already has version 3"):
        export(base=store, version=3)


@pytest.mark.parametrize("after", [1, 3])
def test_an_upload_that_fails_leaves_no_model(store: str, tmp_path: Path, monkeypatch: Any, after: int) -> None:
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


def put(destination: Destination, text: str, meanwhile: Callable[[], object] = lambda: None) -> str:
    """Publishes two small files that contain ``text``; ``meanwhile`` is called before the upload."""
    with destination.staged() as stage:
        (stage.directory / "variables").mkdir()
        for name in ("saved_model.pb", "variables/index"):
            (stage.directory / name).write_text(text)
        meanwhile()
    return str(stage.published)


WHOLE = [MARKER, "saved_model.pb", "variables/index"]


def texts(url: str) -> dict[str, str]:
    """The contents of the objects of an archive, without its marker."""
    filesystem, path = fsspec.core.url_to_fs(url)
    return {name: filesystem.cat_file(f"{path}/{name}").decode() for name in objects(url) if name != MARKER}


def write(url: str, text: str = "theirs") -> None:
    filesystem, path = fsspec.core.url_to_fs(url)
    filesystem.pipe_file(path, text.encode())


def delete(url: str) -> None:
    filesystem, path = fsspec.core.url_to_fs(url)
    filesystem.rm_file(path)


WRITERS = 12


def race(destination: Callable[[], Destination]) -> dict[str, str]:
    """Uploads from twelve threads at once: where each text was published, or the error of its writer."""
    barrier, outcomes = threading.Barrier(WRITERS), {}

    def work(text: str) -> None:
        try:
            outcomes[text] = put(destination(), text, barrier.wait)
        except TargetError as error:
            outcomes[text] = f"error: {error}"

    threads = [threading.Thread(target=work, args=(f"{number:02d}",)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


@pytest.mark.parametrize("version", ["next", "timestamp"])
def test_twelve_writers_at_once_publish_twelve_versions(store: str, version: VersionChoice) -> None:
    outcomes = race(lambda: RemoteVersion(store, version))
    assert len(set(outcomes.values())) == WRITERS
    for text, url in outcomes.items():
        assert objects(url) == WHOLE
        assert texts(url) == dict.fromkeys(WHOLE[1:], text)
    assert len(objects(store)) == WRITERS * len(WHOLE)


@pytest.mark.parametrize("place", ["directory", "version"])
def test_one_of_twelve_writers_gets_a_place(store: str, place: str) -> None:
    url = f"{store}/7"
    outcomes = race(lambda: RemoteDirectory(url) if place == "directory" else RemoteVersion(store, 7))
    found = collections.Counter(outcome.partition(":")[0] for outcome in outcomes.values())
    assert found == {"error": WRITERS - 1, url.partition(":")[0]: 1}
    (winner,) = (text for text, outcome in outcomes.items() if outcome == url)
    assert objects(url) == WHOLE
    assert texts(url) == dict.fromkeys(WHOLE[1:], winner)


@pytest.fixture
def during(monkeypatch: Any) -> Callable[[str, Callable[[], object]], list[list[str]]]:
    """Runs a callback right before an object of this name is uploaded; returns the uploads, call by call."""

    def run(name: str, what: Callable[[], object]) -> list[list[str]]:
        uploads, upload = [], Folder.upload

        def watched(folder: Folder, directory: Path, names: Any) -> None:
            if any(each.startswith(name) for each in names):
                what()
            uploads.append(list(names))
            upload(folder, directory, names)

        monkeypatch.setattr(Folder, "upload", watched)
        return uploads

    return run


def test_what_makes_it_a_model_is_uploaded_after_the_rest_and_the_marker_last(store: str, during: Any) -> None:
    uploads = during("no object", lambda: None)
    put(RemoteDirectory(f"{store}/model"), "mine")
    assert uploads == [[uploads[0][0]], ["variables/index"], ["saved_model.pb"], [MARKER]]
    assert uploads[0][0].startswith(claims.CLAIM)


@pytest.mark.parametrize("claim", [f"{claims.CLAIM}{0:020d}-old", f"{claims.CLAIM}z-young"])
def test_a_claim_that_comes_late_does_not_stop_whoever_has_the_folder(store: str, during: Any, claim: str) -> None:
    url = f"{store}/model"
    during("saved_model.pb", lambda: write(f"{url}/{claim}"))
    assert put(RemoteDirectory(url), "mine") == url
    assert objects(url) == sorted([*WHOLE, claim])


@pytest.mark.parametrize(("name", "left"), [("variables/index", []), ("variables/other", ["variables/other"])])
def test_what_somebody_else_writes_meanwhile_is_seen_before_the_marker(
    store: str, during: Any, name: str, left: list[str]
) -> None:
    url = f"{store}/model"
    uploads = during("saved_model.pb", lambda: write(f"{url}/{name}", "theirs"))
    with pytest.raises(TargetError, match=f"^{url} does not hold what was uploaded: another process writes there"):
        put(RemoteDirectory(url), "mine")
    assert uploads[-1] == ["saved_model.pb"]
    assert objects(url) == left


@pytest.mark.parametrize("claim", [f"{claims.CLAIM}{0:020d}-old", f"{claims.CLAIM}z-young"])
def test_a_claim_that_goes_away_is_waited_for(store: str, claim: str) -> None:
    url = f"{store}/model"
    timer = threading.Timer(0.5, lambda: delete(f"{url}/{claim}"))

    def meanwhile() -> None:
        write(f"{url}/{claim}")
        timer.start()

    assert put(RemoteDirectory(url), "mine", meanwhile) == url
    timer.join()
    assert objects(url) == WHOLE


@pytest.mark.parametrize("claim", [f"{claims.CLAIM}{0:020d}-old", f"{claims.CLAIM}z-young"])
def test_a_claim_of_a_build_that_is_dead_is_said(store: str, claim: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(remote, "_MAX_WAIT", 0.3)
    monkeypatch.setattr(claims, "_MAX_WAIT", 0.3)
    url = f"{store}/model"
    with pytest.raises(TargetError) as caught:
        put(RemoteDirectory(url), "mine", lambda: write(f"{url}/{claim}"))
    assert str(caught.value) == (
        f"other builds keep claiming {url}; nothing was published; if no build is running, remove the objects named "
        f"{claims.CLAIM}*"
    )
    assert objects(url) == [claim]
    with pytest.raises(TargetError, match=r"holds an incomplete upload \(assets.extra/specc.published is miss"):
        RemoteDirectory(url).check()
    # A version uses the next number.
    assert put(RemoteVersion(store), "mine", lambda: write(f"{store}/1/{claim}")) == f"{store}/2"
    assert put(RemoteVersion(store, keep=1), "mine") == f"{store}/3"
    assert {name.partition("/")[0] for name in objects(store)} == {"1", "3", "model"}


def test_a_listing_from_before_the_claim_proves_nothing(store: str, monkeypatch: Any) -> None:
    url, listings, sizes = f"{store}/model", [], Folder.sizes

    def stale(folder: Folder) -> dict[str, int]:
        listings.append(folder.url)
        return {} if len(listings) < 3 else sizes(folder)

    def meanwhile() -> None:
        write(f"{url}/theirs")
        monkeypatch.setattr(Folder, "sizes", stale)

    with pytest.raises(TargetError, match="was written by another process in the meantime; nothing was overwritten"):
        put(RemoteDirectory(url), "mine", meanwhile)
    assert objects(url) == ["theirs"]


UPLOADS = """
import itertools, os, signal, sys
from specc.publishing.remote import RemoteVersion
from specc.publishing.store import Folder

def killed(moment):
    calls, upload, remove = itertools.count(), Folder.upload, Folder.remove
    def dying(function):
        def call(*args):
            if next(calls) == moment:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*args)
        return call
    Folder.upload, Folder.remove = dying(upload), dying(remove)
    with RemoteVersion(f"{sys.argv[1]}/{moment}").staged() as stage:
        (stage.directory / "variables").mkdir()
        for name in ("saved_model.pb", "variables/index"):
            (stage.directory / name).write_text("dead")

for moment in range(5):
    child = os.fork()
    if child == 0:
        killed(moment)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_killed_upload_is_no_archive_and_the_next_build_goes_on(s3: str, tmp_path: Path, monkeypatch: Any) -> None:
    store, temporary = f"{s3}/{uuid.uuid4().hex}", tmp_path / "temporary"
    temporary.mkdir()
    settings = {f"FSSPEC_S3_{key.upper()}": value for key, value in fsspec.config.conf["s3"].items()}
    environment = {**os.environ, **settings, "TMPDIR": str(temporary)}
    done = subprocess.run(
        [sys.executable, "-c", UPLOADS, store], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["-9"] * 5
    left = [[name for name in objects(f"{store}/{moment}/1") if claims.CLAIM not in name] for moment in range(5)]
    assert left == [[], [], ["variables/index"], ["saved_model.pb", "variables/index"], WHOLE]
    assert len(list(temporary.iterdir())) == 1  # each removed that of the one before
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    for moment in range(5):
        published = put(RemoteVersion(f"{store}/{moment}", keep=1), "alive")
        assert published == f"{store}/{moment}/{1 if moment == 0 else 2}"
        # An incomplete upload is never taken for an old version.
        assert bool(objects(f"{store}/{moment}/1")) == (moment < 4)
    assert list(temporary.iterdir()) == []


def test_the_local_stage_is_private(store: str, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    modes = []
    put(
        RemoteDirectory(f"{store}/model"),
        "mine",
        lambda: modes.extend(path.stat().st_mode for path in tmp_path.iterdir()),
    )
    assert [mode & 0o777 for mode in modes] == [0o700]
    assert list(tmp_path.iterdir()) == []


def test_a_base_that_is_an_archive_is_refused(store: str) -> None:
    put(RemoteVersion(store), "mine")
    for version in ("next", 1):
        with pytest.raises(TargetError, match=f"^{store}/1 is itself a SavedModel; the base must be a directory"):
            RemoteVersion(f"{store}/1", version).check()


def test_an_object_that_is_called_like_a_version_is_one(store: str) -> None:
    write(f"{store}/5")
    assert put(RemoteVersion(store), "mine") == f"{store}/6"
    with pytest.raises(TargetError, match="already has version 5"):
        put(RemoteVersion(store, 5), "mine")


def test_a_store_may_be_one_archive_or_a_base_itself() -> None:
    filesystem = fsspec.filesystem("memory")
    before = (dict(filesystem.store), list(filesystem.pseudo_dirs))
    try:
        filesystem.store.clear()
        filesystem.pseudo_dirs[:] = [""]
        assert put(RemoteDirectory("memory://"), "mine") == "memory://"
        assert sorted(name.strip("/") for name in filesystem.find("")) == WHOLE
        with pytest.raises(TargetError, match=r"^memory:// is not empty; choose another target"):
            put(RemoteDirectory("memory://"), "mine")
        filesystem.store.clear()
        assert [put(RemoteVersion("memory://"), "mine") for _ in range(2)] == ["memory://1", "memory://2"]
    finally:
        filesystem.store.clear()
        filesystem.store.update(before[0])
        filesystem.pseudo_dirs[:] = before[1]
