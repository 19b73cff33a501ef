"""The environments of the matrix, and ``make test-matrix``'s first step: ``environments.py`` installs those that it can.

An environment is a virtual one in ``.venv-matrix``. One whose interpreter is missing is left out, and the tests skip it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".venv-matrix"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OLDEST = tuple(requirement.replace(">=", "==") for requirement in PROJECT["dependencies"])
"""The oldest release of each requirement that pyproject.toml allows."""


@dataclass(frozen=True)
class Environment:
    """One combination of versions; without ``tensorflow``, it has only what the half without TensorFlow requires."""

    name: str
    python: str
    tensorflow: str = ""
    keras: str = ""
    pins: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """Where it is."""
        return FOLDER / self.name

    @property
    def interpreter(self) -> Path:
        """Its Python."""
        return self.folder / "bin" / "python"

    @property
    def versions(self) -> str:
        """What it has, for people."""
        packages = (f"TensorFlow {self.tensorflow}, Keras {self.keras}",) if self.tensorflow else self.pins
        return f"Python {self.python}, {', '.join(packages or ('the newest requirements',))}"

    @property
    def constraints(self) -> tuple[str, ...]:
        """The pinned packages; whichever of the two builds of TensorFlow this machine gets has the version."""
        builds = (f"tensorflow=={self.tensorflow}", f"tensorflow-cpu=={self.tensorflow}", f"keras=={self.keras}")
        return (*(builds if self.tensorflow else ()), *self.pins)

    @property
    def missing(self) -> str:
        """Why nothing can run in it, or nothing."""
        return "" if (self.folder / "installed").exists() else f"make test-matrix found no Python {self.python}"

    def run(self, *arguments: str | Path) -> None:
        """Runs its Python in the project's folder.

        Raises:
            AssertionError: it gave another exit code than 0; with what it printed.
        """
        command = [str(self.interpreter), *map(str, arguments)]
        result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert result.returncode == 0, f"{self.name}: {result.stdout[-10_000:]}{result.stderr[-10_000:]}"


ENVIRONMENTS = (
    Environment("tensorflow-2.16", "3.11", tensorflow="2.16.2", keras="3.8.0"),
    Environment("tensorflow-2.18", "3.12", tensorflow="2.18.1", keras="3.10.0"),
    Environment("tensorflow-2.19", "3.12", tensorflow="2.19.1", keras="3.15.1"),
    Environment("tensorflow-2.21", "3.13", tensorflow="2.21.0", keras="3.15.1"),
    Environment("oldest-requirements", "3.11", pins=OLDEST),
    Environment("python-3.14", "3.14"),
)
WRITERS = tuple(each for each in ENVIRONMENTS if each.tensorflow)


def find_python(version: str) -> str | None:
    """A Python of this version that can make an environment: on the PATH, or one of pyenv's."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    found = [shutil.which(f"python{version}"), *sorted(map(str, pyenv.glob(f"{version}.*/bin/python")), reverse=True)]
    test = f"import sys, venv, ensurepip; sys.exit('%d.%d' % sys.version_info[:2] != '{version}')"
    for python in filter(None, found):
        if subprocess.run([python, "-c", test], capture_output=True, check=False).returncode == 0:
            return python
    return None


def install(environment: Environment) -> str:
    """Makes the environment unless it is as it has to be; returns what was done.

    Raises:
        CalledProcessError: a package cannot be installed; pip has said why.
    """
    extra = "tensorflow-cpu,matrix" if environment.tensorflow else "matrix"
    wanted = "\n".join(
        (*environment.constraints, *PROJECT["dependencies"], *PROJECT["optional-dependencies"]["matrix"], extra)
    )
    stamp = environment.folder / "installed"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return "is there"
    python = find_python(environment.python)
    shutil.rmtree(environment.folder, ignore_errors=True)
    if python is None:
        return f"is skipped: {environment.missing}"
    subprocess.run([python, "-m", "venv", environment.folder], check=True)
    constraints = environment.folder / "constraints.txt"
    constraints.write_text("\n".join(environment.constraints), encoding="utf-8")
    pip = [environment.interpreter, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "-c", constraints, "-e", f".[{extra}]"], cwd=ROOT, check=True)
    stamp.write_text(wanted, encoding="utf-8")
    return "was installed"


if __name__ == "__main__":
    for each in ENVIRONMENTS:
        print(f"{each.name} {install(each)}", file=sys.stderr)
