"""Texts of earlier revisions of specs, read with git, without another working tree.

Every path that git gives or takes here leads from the root of the repository, with forward slashes.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from specc.errors import UnreadableError
from specc.source.limits import MAX_BYTES

SUFFIX = ".specc.json"
_SPECS = f":(top,glob)**/*{SUFFIX}"
_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
"""The full id of a commit."""
_FETCH = "git fetch --unshallow --tags origin '+refs/heads/*:refs/remotes/origin/*'"


@dataclass(frozen=True)
class ChangedFile:
    """A spec at a revision and in the working tree; None where it does not exist."""

    old: str | None
    new: str | None


@dataclass(frozen=True)
class Repository:
    """A git repository with a working tree, whose root is ``root``."""

    root: Path

    def commit(self, revision: str) -> str:
        """The full id of the commit that ``revision`` names.

        Raises:
            UnreadableError: there is no such commit here; in a shallow clone with the command that fetches it.
        """
        found = self.find_commit(revision)
        if found is None:
            raise UnreadableError(self._missing(revision))
        return found

    def find_commit(self, revision: str) -> str | None:
        """The full id of the commit that ``revision`` names, or None."""
        if not revision or revision.startswith("-"):  # which git would take for an option
            return None
        done = _run(self.root, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        found = done.stdout.decode().strip()
        return found if done.returncode == 0 and found.isalnum() else None  # "^main" is "^" and an id

    def merge_base(self, revision: str) -> str:
        """The commit at which the current branch left ``revision``.

        Raises:
            UnreadableError: there is no such revision, or no common commit.
        """
        other = self.commit(revision)
        done = _run(self.root, "merge-base", other, self.commit("HEAD"))
        if done.returncode == 0:
            return done.stdout.decode().strip()
        if self.is_shallow():
            missing = f"this clone is shallow and lacks the commit at which HEAD left {revision!r}"
            raise UnreadableError(f"{missing}; fetch it with: {_FETCH}")
        raise UnreadableError(f"{revision!r} and HEAD have no commit in common")

    def text(self, revision: str, path: str) -> bytes:
        """The content of a file at a revision, at most one byte more than the size limit.

        Raises:
            UnreadableError: there is no such revision, or it has no such file.
        """
        commit = revision if _ID.fullmatch(revision) else self.commit(revision)
        content = self._blob(commit, path)
        if content is None:
            self.commit(revision)
            raise UnreadableError(f"cannot read {revision}:{path}: {self._why_missing(commit, revision, path)}")
        return content

    def has(self, commit: str, path: str) -> bool:
        """Whether a commit has a file at ``path``."""
        return _run(self.root, "cat-file", "-e", f"{commit}:{path}").returncode == 0

    def paths_at(self, commit: str) -> frozenset[str]:
        """The paths of all files of a commit."""
        return frozenset(self._listed("ls-tree", "-r", "-z", "--name-only", "--full-tree", commit))

    def _blob(self, commit: str, path: str) -> bytes | None:
        with _started(self.root, "cat-file", "blob", f"{commit}:{path}") as process:
            assert process.stdout is not None
            content = process.stdout.read(MAX_BYTES + 1)
            if len(content) > MAX_BYTES:
                process.kill()
                return content
            process.stdout.close()
        return content if process.returncode == 0 else None

    def _why_missing(self, commit: str, revision: str, path: str) -> str:
        kind = _run(self.root, "cat-file", "-t", f"{commit}:{path}").stdout.decode().strip()
        if kind == "tree":
            return "it is a directory; an archive at a revision cannot be read"
        beside = self._from_here(path)
        if beside and self.has(commit, beside):
            return f"there is no such file; paths lead from the repository's root: did you mean {revision}:{beside}?"
        return "there is no such file"

    def _from_here(self, path: str) -> str:
        """``path`` taken from the working directory instead of the root, or nothing outside the repository."""
        try:
            return self.path_of(path)
        except UnreadableError:
            return ""

    def path_of(self, file: str) -> str:
        """The path in the repository of a file in its working tree, which need not exist.

        Raises:
            UnreadableError: it is outside the repository.
        """
        parent, name = os.path.split(os.path.abspath(file))  # noqa: PTH100  # of a link, not what it leads to
        path = os.path.join(os.path.realpath(parent), name)  # noqa: PTH118
        inside = os.path.relpath(path, self.root)
        if inside == os.pardir or inside.startswith(os.pardir + os.sep):
            raise UnreadableError(f"{file} is outside the repository {self.root}")
        return inside.replace(os.sep, "/")

    def file_at(self, path: str) -> str:
        """The name of a file of the working tree, seen from the working directory."""
        return os.path.relpath(self.root / path)

    def changed_specs(self, commit: str) -> list[ChangedFile]:
        """The specs that differ between a commit and the working tree, in the order of their paths.

        A renamed spec is one that git takes for renamed. Files that git neither tracks nor ignores are new ones.
        """
        options = ("--name-status", "-z", "--no-relative", "--no-ext-diff", "--find-renames", "-l1000")
        words = iter(self._listed("diff", *options, commit, "--", _SPECS))
        changed: dict[str, ChangedFile] = {}
        for status in words:
            old: str | None = next(words)
            new = next(words) if status[0] in "RC" else old
            match status[0]:
                case "D":
                    new = None
                case "A" | "C":
                    old = None
            changed[new or old or ""] = ChangedFile(old, new)
        for path in self._listed("ls-files", "-z", "--full-name", "--others", "--exclude-standard", "--", _SPECS):
            known = changed.get(path)  # one that is only gone from the index is there all the same
            changed[path] = ChangedFile(known.old if known else None, path)
        return [changed[path] for path in sorted(changed)]

    def tags(self, glob: str) -> list[str]:
        """The tags that match ``glob``, oldest version first.

        Raises:
            UnreadableError: there is none.
        """
        found = self._listed("tag", "--list", "--sort=version:refname", "--format=%(refname:short)%00", "--", glob)
        tags = [tag.strip("\n") for tag in found if tag.strip("\n")]
        if not tags:
            raise UnreadableError(f"there is no tag {glob!r} in {self.root}; a clone may lack them: git fetch --tags")
        return tags

    def _listed(self, *arguments: str) -> list[str]:
        done = _run(self.root, *arguments)
        if done.returncode:
            raise UnreadableError(f"git {arguments[0]} failed in {self.root}: {_said(done.stderr)}")
        return [os.fsdecode(word) for word in done.stdout.split(b"\0")[:-1]]

    def is_shallow(self) -> bool:
        """Whether earlier commits are missing here."""
        return _run(self.root, "rev-parse", "--is-shallow-repository").stdout.strip() == b"true"

    def _missing(self, revision: str) -> str:
        message = f"there is no revision {revision!r} in {self.root}"
        if self.find_commit(f"origin/{revision}"):
            return f"{message}; did you mean 'origin/{revision}'?"
        if self.is_shallow():
            return f"{message}, which is a shallow clone; fetch its history with: {_FETCH}"
        return message


def repository_of(directory: str | os.PathLike[str] = ".") -> Repository:
    """The repository that ``directory`` is in.

    Raises:
        UnreadableError: git is not installed, or the directory is in no working tree of a repository.
    """
    place = Path(directory).absolute()
    while not place.is_dir() and place != place.parent:  # that of a deleted spec may be gone too
        place = place.parent
    done = _run(place, "rev-parse", "--show-toplevel")
    if done.returncode:
        said = _said(done.stderr)
        reason = "it is not in a git repository" if "not a git repository" in said else said
        raise UnreadableError(f"cannot read revisions in {place}: {reason}")
    return Repository(Path(os.fsdecode(done.stdout.removesuffix(b"\n"))))


def _run(directory: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    with _started(directory, *arguments) as process:
        stdout, stderr = process.communicate()
    return subprocess.CompletedProcess(arguments, process.returncode, stdout, stderr)


def _started(directory: Path, *arguments: str) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            ["git", *arguments],
            cwd=directory,
            env=_environment(os.environ.items()),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    except FileNotFoundError:
        missing = (
            "git, which is not installed" if directory.is_dir() else f"the directory {directory}, which is missing"
        )
        raise UnreadableError(f"reading a revision needs {missing}") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in a name
        reason = getattr(error, "strerror", None) or error
        raise UnreadableError(f"cannot run git in {directory}: {reason}") from None


def _environment(variables: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The environment without what a hook of git sets for its own repository, so that the directory decides."""
    kept = {name: value for name, value in variables if name not in _OF_A_HOOK}
    return kept | {"LC_ALL": "C"}


_OF_A_HOOK = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_LITERAL_PATHSPECS"})


def _said(stderr: bytes) -> str:
    """The first line of what git wrote to its standard error."""
    lines = stderr.decode("utf-8", "replace").strip().splitlines()
    return lines[0].removeprefix("fatal: ") if lines else "it gave no reason"
