"""Writers that are killed, race, or meet a full disk: never a partial, mixed, overwritten or lost version.

The archives are real ones, copied through the code that publishes every export. ``-s`` shows the figures.
"""

from __future__ import annotations

import collections
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import tensorflow as tf

import specc
from specc.errors import TargetError
from specc.publishing.publish import Destination
from specc.publishing.replace import Replacement
from specc.publishing.versions import Version
from specc.reader.digest import archive_digest

pytestmark = pytest.mark.tensorflow

KILLS = 120
WRITERS = 12
VERSIONS = 4
"""The number of archives with different contents."""


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Real archives, each of which returns its own number."""
    built = []
    for number in range(VERSIONS):
        endpoint = {"function": None, "inputs": ["float32[?]"], "outputs": "float32[?]"}
        program = specc.compile(specc.from_json({"specc": 1, "endpoints": {"answer": endpoint}}))
        weight = tf.Variable(tf.fill([2_000], float(number)))

        def answer(x: tf.Tensor, weight: tf.Variable = weight) -> tf.Tensor:
            return x * 0 + weight[7]

        path = tmp_path_factory.mktemp("archives") / str(number)
        built.append(Path(program.export(None, path, functions={"answer": answer}).path))
    return built


def publish(archive: Path, destination: Destination, pause: Callable[[], None] = lambda: None) -> Path:
    """Publishes a copy of ``archive``, file by file."""
    with destination.staged() as stage:
        for path in sorted(archive.rglob("*")):
            pause()
            target = stage.directory / path.relative_to(archive)
            target.mkdir() if path.is_dir() else shutil.copyfile(path, target)
    return Path(stage.published)


def forked(work: Callable[[], object]) -> int:
    """A child process that does ``work``; its exit code is whether it succeeded."""
    child = os.fork()
    if child:
        return child
    try:
        work()
    except BaseException:  # noqa: BLE001  # a child of a test must never go on as a test
        os._exit(1)
    os._exit(0)


def published(base: Path) -> list[Path]:
    return sorted((path for path in base.iterdir() if path.name.isdigit()), key=lambda path: int(path.name))


def digests(archives: list[Path]) -> dict[str, int]:
    return {archive_digest(archive): number for number, archive in enumerate(archives)}


def test_a_writer_killed_at_any_moment_leaves_whole_versions(archives: list[Path], tmp_path: Path) -> None:
    base, known, dice = tmp_path / "base", digests(archives), random.Random(5)
    seen: dict[str, str] = {}
    outcomes: collections.Counter[str] = collections.Counter()
    span = 0.02
    while outcomes["killed"] < KILLS:
        archive = archives[dice.randrange(VERSIONS)]
        started = time.perf_counter()
        child = forked(lambda archive=archive: publish(archive, Version(base), lambda: time.sleep(0.0005)))
        time.sleep(dice.random() * span)
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        outcomes["killed" if os.WIFSIGNALED(status) else "finished"] += 1
        span = span * 0.9 if not os.WIFSIGNALED(status) else min(0.2, (time.perf_counter() - started) * 0.2 + span)
        for version in published(base) if base.exists() else ():
            found = archive_digest(version)
            assert found in known, f"{version} is no whole archive"
            assert seen.setdefault(version.name, found) == found, f"{version} was overwritten"
        assert set(seen) <= {version.name for version in published(base)} if base.exists() else not seen
    left = [path.name for path in base.iterdir() if not path.name.isdigit()]
    published_by_killed = len(seen) - outcomes["finished"]
    print(f"\n{outcomes['killed']} kills, {outcomes['finished']} writers finished before; {len(seen)} whole versions "
          f"({published_by_killed} of them by writers killed after the rename), {len(left)} stages left behind")  # fmt: skip
    publish(archives[0], Version(base))
    assert [path.name for path in base.iterdir() if not path.name.isdigit()] == []


@pytest.mark.parametrize("version", ["next", "timestamp"])
def test_twelve_writers_at_once_publish_twelve_versions(archives: list[Path], tmp_path: Path, version: str) -> None:
    base, known = tmp_path / "base", digests(archives)
    children = [
        forked(lambda index=index: publish(archives[index % VERSIONS], Version(base, version)))  # type: ignore[arg-type]
        for index in range(WRITERS)
    ]
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * WRITERS
    found = collections.Counter(known[archive_digest(path)] for path in published(base))
    assert found == dict.fromkeys(range(VERSIONS), WRITERS // VERSIONS)
    assert len(list(base.iterdir())) == WRITERS


def test_one_of_twelve_writers_gets_an_explicit_version(archives: list[Path], tmp_path: Path) -> None:
    base = tmp_path / "base"
    children = [forked(lambda: publish(archives[0], Version(base, 7))) for _ in range(WRITERS)]
    codes = sorted(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children)
    assert codes == [0] + [1] * (WRITERS - 1)
    assert [path.name for path in base.iterdir()] == ["7"]
    assert archive_digest(base / "7") == archive_digest(archives[0])


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Callable[[], tuple[int, str]]]:
    """A process that loads the newest version repeatedly until it is stopped."""
    base = tmp_path / "base"
    base.mkdir()
    child = subprocess.Popen(
        [sys.executable, "-c", READER, str(base)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert child.stdout
    while "ready" not in child.stdout.readline():  # TensorFlow logs first
        assert child.poll() is None

    def stop() -> tuple[int, str]:
        said, _ = child.communicate("\n", timeout=120)
        return child.returncode, said

    yield stop
    child.kill()
    child.wait()


READER = """
import os, select, sys, time
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import tensorflow as tf
print("ready", flush=True)
loads = 0
while loads == 0 or not select.select([sys.stdin], [], [], 0)[0]:
    versions = [name for name in os.listdir(sys.argv[1]) if name.isdigit()]
    if not versions:
        time.sleep(0.01)
        continue
    path = os.path.join(sys.argv[1], max(versions, key=int))
    revived = tf.saved_model.load(path)
    answer = revived.answer(tf.constant([0.0])).numpy()
    number = open(os.path.join(path, "assets.extra", "number")).read()
    assert answer.tolist() == [float(number)], (path, answer, number)
    loads += 1
print(loads)
"""


def test_a_loader_reads_whole_versions_all_the_while(
    archives: list[Path], tmp_path: Path, reader: Callable[[], tuple[int, str]]
) -> None:
    base, dice = tmp_path / "base", random.Random(6)
    numbered = []
    for number, archive in enumerate(archives):
        copy = tmp_path / f"numbered{number}"
        shutil.copytree(archive, copy)
        (copy / "assets.extra" / "number").write_text(str(number))
        numbered.append(copy)
    written = killed = 0
    end = time.monotonic() + 8
    while time.monotonic() < end:
        number = dice.randrange(VERSIONS)
        child = forked(lambda number=number: publish(numbered[number], Version(base), lambda: time.sleep(0.002)))
        if dice.random() < 0.5:
            time.sleep(dice.random() * 0.05)
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        killed += os.WIFSIGNALED(status)
        written += not os.WIFSIGNALED(status)
    code, loads = reader()
    print(f"\n{loads.split()[-1]} loads while {written} versions were written and {killed} writers killed")
    assert code == 0, loads
    assert int(loads.split()[-1]) > 0


def test_a_replaced_archive_is_the_old_one_or_the_new_one(archives: list[Path], tmp_path: Path) -> None:
    target, known, dice = tmp_path / "archive", digests(archives), random.Random(7)
    publish(archives[0], Replacement(target))
    kills = 0
    while kills < 40:
        number = dice.randrange(VERSIONS)
        child = forked(lambda number=number: publish(archives[number], Replacement(target)))
        time.sleep(dice.random() * 0.03)
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        kills += os.WIFSIGNALED(status)
        assert archive_digest(target) in known
    children = [
        forked(lambda number=number: publish(archives[number % VERSIONS], Replacement(target)))
        for number in range(WRITERS)
    ]
    assert {os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children} <= {0, 1}
    assert archive_digest(target) in known
    publish(archives[1], Replacement(target))
    assert archive_digest(target) == archive_digest(archives[1])
    assert [path.name for path in tmp_path.iterdir()] == ["archive"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system too small for a second archive."""
    mounted = tmp_path / "small"
    mounted.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(mounted)]
    if not shutil.which("mount") or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small file system needs root")
    yield mounted
    subprocess.run(["umount", str(mounted)], check=True)


def test_a_full_disk_leaves_the_versions_that_were_there(archives: list[Path], small_disk: Path) -> None:
    publish(archives[0], Version(small_disk / "base"))
    filler = small_disk / "filler"
    free = shutil.disk_usage(small_disk).free
    filler.write_bytes(bytes(max(0, free - 12_288)))
    with pytest.raises(TargetError, match="No space left on device"):
        publish(archives[1], Version(small_disk / "base"))
    with pytest.raises(TargetError, match="No space left on device"):
        publish(archives[1], Replacement(small_disk / "base" / "1"))
    assert [path.name for path in (small_disk / "base").iterdir()] == ["1"]
    assert archive_digest(small_disk / "base" / "1") == archive_digest(archives[0])
    filler.unlink()
    assert publish(archives[1], Version(small_disk / "base")).name == "2"
