"""The digest of an archive: only names and contents are hashed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from specc.errors import ArchiveError
from specc.reader.archive_files import MARKER
from specc.reader.digest import archive_digest


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    root = tmp_path / "archive"
    (root / "variables").mkdir(parents=True)
    (root / "saved_model.pb").write_bytes(b"graph")
    (root / "variables" / "variables.index").write_bytes(b"index")
    (root / "odd\nname").write_bytes(b"")
    return root


def test_it_is_what_the_shell_gives(archive: Path) -> None:
    command = "find . -type f -printf '%P\\0' | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum"
    found = subprocess.run(command, shell=True, cwd=archive, capture_output=True, text=True, check=True)
    assert found.stdout.split()[0] == archive_digest(archive)


def test_times_modes_and_the_marker_do_not_count(archive: Path) -> None:
    before = archive_digest(archive)
    os.utime(archive / "saved_model.pb", (0, 0))
    (archive / "saved_model.pb").chmod(0o600)
    (archive / "empty").mkdir()
    (archive / MARKER).parent.mkdir()
    (archive / MARKER).write_text(before)
    assert archive_digest(archive) == before


def test_every_name_and_byte_counts(archive: Path) -> None:
    digests = {archive_digest(archive)}
    (archive / "saved_model.pb").write_bytes(b"grapi")
    digests.add(archive_digest(archive))
    (archive / "variables" / "variables.index").rename(archive / "variables" / "variables.indey")
    digests.add(archive_digest(archive))
    (archive / "added").write_bytes(b"")
    digests.add(archive_digest(archive))
    assert len(digests) == 4


def test_what_is_no_archive_is_refused(archive: Path, tmp_path: Path) -> None:
    for path, reason in ((tmp_path, "has no saved_model.pb"), (tmp_path / "none", "there is no such directory")):
        with pytest.raises(ArchiveError, match=reason):
            archive_digest(path)
    (archive / "link").symlink_to("saved_model.pb")
    with pytest.raises(ArchiveError, match="is a link; a digest covers only regular files"):
        archive_digest(archive)
    (archive / "link").unlink()
    os.mkfifo(archive / "pipe")
    with pytest.raises(ArchiveError, match="is not a file; a digest covers only regular files"):
        archive_digest(archive)
