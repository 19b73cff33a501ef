"""Installs @tensorflow/tfjs-node with its addon built from source against the libraries of the TensorFlow wheel.

Its own install script downloads libtensorflow. Here the package's ``deps`` has links to the wheel's headers and
libraries, and node-gyp takes node's headers from the installation where they are.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import tensorflow as tf

ROOM = Path(__file__).resolve().parents[1] / "consumers"
PROGRAM = ROOM / "session_runs.cjs"
_PACKAGE = ROOM / "node_modules" / "@tensorflow" / "tfjs-node"
_LIBRARIES = {"libtensorflow_cc.so.2": "libtensorflow.so", "libtensorflow_framework.so.2": "libtensorflow_framework.so"}
"""The wheel's libraries, with the names for which the addon is linked."""


def missing_tool() -> str:
    """The first tool that is missing, or empty."""
    return next((tool for tool in ("node", "npm", "make", "c++") if shutil.which(tool) is None), "")


def install_packages() -> Path:
    """The folder of the packages of ``package.json``, which are installed, without scripts, if they are not there."""
    folder, lock = ROOM / "node_modules", ROOM / "node_modules" / ".package-lock.json"
    if not lock.exists() or lock.stat().st_mtime < (ROOM / "package.json").stat().st_mtime:
        install = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--silent"]
        subprocess.run(install, cwd=ROOM, check=True, timeout=300)
    return folder


def build_addon() -> None:
    """Builds the addon, unless one is there that was built against these libraries."""
    install_packages()
    libraries, deps = Path(tf.sysconfig.get_lib()), _PACKAGE / "deps"
    links = {deps / "include": Path(tf.sysconfig.get_include())}
    for file, name in _LIBRARIES.items():
        links |= {deps / "lib" / name: libraries / file, deps / "lib" / file: libraries / file}
    if all(link.is_symlink() and link.readlink() == target for link, target in links.items()) and any(
        _PACKAGE.glob("lib/*/tfjs_binding.node")
    ):
        return
    shutil.rmtree(deps, ignore_errors=True)
    (deps / "lib").mkdir(parents=True)
    for link, target in links.items():
        link.symlink_to(target)
    build = ["npx", "--no-install", "node-pre-gyp", "install", "--build-from-source"]
    done = subprocess.run(
        build,
        cwd=_PACKAGE,
        env={**os.environ, **_node_headers()},
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-4000:]


def _node_headers() -> dict[str, str]:
    """Where node-gyp finds node's headers; without them it downloads some."""
    node = shutil.which("node")
    assert node is not None
    prefix = Path(node).resolve().parent.parent
    return {"npm_config_nodedir": str(prefix)} if (prefix / "include" / "node" / "node_api.h").exists() else {}
