"""Published versions, opened for reading: which ones there are, locally and in a store."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from declared_archives import declared_archive
from git_projects import document

from specc.cli import main
from specc.errors import TargetError, UsageError
from specc.publishing.published import PublishedVersion, published_versions
from specc.publishing.store import open_folder
from specc.reader import inspect_archive
from specc.reader.archive_files import MARKER


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """Versions 2 and 10, beside what is not one."""
    base = tmp_path / "ranker"
    declared_archive(base / "2", document("int32", "more"))
    declared_archive(base / "0010", document("int32"))
    (base / "11").mkdir()
    (base / "12").write_text("")
    declared_archive(base / "latest", document())
    return base


@pytest.fixture
def store(base: Path, tmp_path: Path) -> str:
    """The same versions in a store; version 20 lacks the marker."""
    pytest.importorskip("fsspec")
    url = f"memory://{tmp_path.name}/ranker"
    for name, version in (("2", "2"), ("0010", "10"), ("2", "20")):
        folder = open_folder(f"{url}/{version}")
        marker = base / name / MARKER
        marker.write_text("digest\n")
        (base / name / "variables").mkdir(exist_ok=True)
        (base / name / "variables" / "variables.index").write_text("not downloaded")
        names = [path.relative_to(base / name).as_posix() for path in (base / name).rglob("*") if path.is_file()]
        folder.upload(base / name, [each for each in names if each != MARKER or version != "20"])
    return url


def numbers(versions: list[PublishedVersion]) -> list[int]:
    return [version.number for version in versions]


@pytest.mark.parametrize("where", ["base", "store"])
def test_the_versions(where: str, request: pytest.FixtureRequest) -> None:
    base = str(request.getfixturevalue(where))
    assert numbers(published_versions(base)) == [10]
    assert numbers(published_versions(base, ["all"])) == [2, 10]
    assert numbers(published_versions(base, ["2"])) == [2]
    assert numbers(published_versions(base, ["10", "2", "2"])) == [2, 10]
    with pytest.raises(TargetError, match="has no version 3; there are 2, 10"):
        published_versions(base, ["3"])
    with pytest.raises(UsageError, match="'newest' is not a version: expected all or an integer"):
        published_versions(base, ["newest"])
    (newest,) = published_versions(base)
    with newest.opened() as directory:
        assert sorted(inspect_archive(directory).document.endpoints) == ["score"]
        assert (where == "base") or not Path(directory, "variables").exists()
    assert Path(directory).exists() == (where == "base")


def test_the_newest_version_is_compared_with_the_spec(
    base: Path, tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    spec = tmp_path / "ranker.specc.json"
    spec.write_text(json.dumps(document("int64")))
    assert main(["diff", "ranker.specc.json", "--base", "ranker", "--quiet"]) == 1
    assert capsys.readouterr().out.count("\n") == 1
    assert main(["diff", "ranker.specc.json", "--base", "ranker", "--version", "all", "--quiet"]) == 1
    assert [line.split(": ")[2] for line in capsys.readouterr().out.splitlines()] == [
        "endpoint-removed",
        "input-dtype-changed",
    ]
    main(["diff", "ranker.specc.json", "--base", "ranker", "--version", "all"])
    out = capsys.readouterr().out
    assert ("  against 2\n" in out, "  against 2, 10\n" in out) == (True, True)


def test_several_specs_have_a_base_each(base: Path, tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.chdir(tmp_path)
    declared_archive(tmp_path / "other" / "1", document("int32"))
    for name in ("ranker", "other"):
        (tmp_path / f"{name}.specc.json").write_text(json.dumps(document("int64")))
    assert main(["diff", "ranker.specc.json", "other.specc.json", "--base", ".", "--quiet"]) == 1
    assert [line.partition(":")[0] for line in capsys.readouterr().out.splitlines()] == [
        "ranker.specc.json",
        "other.specc.json",
    ]


def test_a_store_is_compared_without_its_weights(store: str, tmp_path: Path, capsys: Any) -> None:
    spec = tmp_path / "a.specc.json"
    spec.write_text(json.dumps(document("int64")))
    assert main(["diff", str(spec), "--base", store, "--quiet"]) == 1
    assert "input-dtype-changed" in capsys.readouterr().out
