"""Reads the archives of the examples in the environment that runs this: ``read_archives.py FOLDER REPORT``.

REPORT is a JSON object: for each archive, what each check found wrong, or "" if it found nothing; and under ``text`` what
``specc inspect`` printed. Without TensorFlow, only those checks are made that need none.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import traceback
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "support")]
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import specc  # noqa: E402  # found by the path above
from specc.cli import OK, main  # noqa: E402
from specc.language.calls.read import read_examples  # noqa: E402
from specc.language.signatures import published_signatures, tags_of  # noqa: E402
from specc.language.wire_names import output_leaves  # noqa: E402

CASES = 1
"""Generated calls of each endpoint, after its examples."""
IN_A_PROCESS = "two_tower"
"""The archive that the command itself verifies: a child process for each would take longer than all the rest."""


def inspect(spec: Path, archive: Path) -> str:
    """What the command prints is the spec again: the same contract."""
    text = _command("inspect", "--json", str(archive))
    assert specc.digest(specc.loads(text)) == specc.digest(specc.load(spec)), "inspect gives another contract"
    return text


def static(spec: Path, archive: Path) -> None:
    """``specc verify --static`` finds nothing in the archive's files."""
    _command("verify", "--static", "--strict", str(spec), str(archive))


def load(spec: Path, archive: Path) -> None:
    """``tf.saved_model.load`` gives each endpoint and signature, and as many variables as the checkpoint has."""
    import tensorflow as tf

    revived = tf.saved_model.load(str(archive))
    document = specc.load(spec)
    assert sorted(revived.signatures) == sorted(each.key for each in published_signatures(document))
    assert [name for name in document.endpoints if not callable(getattr(revived, name, None))] == []
    stored = tf.train.list_variables(str(archive / "variables" / "variables"))
    assert sum(key.startswith("variables/") for key, _ in stored) == len(revived.variables)


def session(spec: Path, archive: Path) -> None:
    """A TensorFlow 1 Session, loaded anew for each recorded example, gives the recorded answer."""
    import numpy as np
    from emitted_clients import numpy_array
    from tagged_session import TaggedSession

    document = specc.load(spec)
    keys = {each.endpoint: each.key for each in published_signatures(document) if not (each.receiver or each.alias_of)}
    for endpoint, key in keys.items():
        names = {part.wire_name for leaf in output_leaves(document.endpoints[endpoint]) for part in leaf.components}
        for name, call in read_examples(document, endpoint).items():
            sent = {each: numpy_array(call.inputs[each]) for each in call.inputs if each not in call.left_out}
            where = f"{endpoint}, example {name}"
            if call.error is not None:
                _refused(lambda sent=sent, key=key: TaggedSession(archive, tags_of(document)).ask(key, **sent), where)
                continue
            found = TaggedSession(archive, tags_of(document)).ask(key, **sent)
            assert set(found) == names, where
            for output, expected in call.expected.items():
                value, array = numpy_array(expected), found[output]
                array = array.astype(object) if array.dtype.kind == "S" else array  # a Session gives a string as bytes
                assert (array.dtype, array.shape) == (value.dtype, value.shape), f"{where}: {output}"
                if value.dtype.kind in "fc":
                    np.testing.assert_allclose(array, value, rtol=1e-4, atol=1e-6, err_msg=f"{where}: {output}")
                else:
                    np.testing.assert_array_equal(array, value, err_msg=f"{where}: {output}")


def verify(spec: Path, archive: Path) -> None:
    """``specc verify`` runs every endpoint in each way, and finds nothing."""
    from running_here import verify_here

    document = specc.load(spec)
    verification = verify_here(document, archive, cases=CASES)
    assert (verification.findings, verification.notes) == ((), ()), verification.text()
    assert sorted(each.name for each in verification.endpoints) == sorted(document.endpoints)
    assert all("ok" in each.ways.values() for each in verification.endpoints), verification.text()
    if archive.name == IN_A_PROCESS:
        command = [sys.executable, "-m", "specc", "verify", "--strict", "--cases", "0", str(spec), str(archive)]
        result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert result.returncode == OK, result.stdout + result.stderr


def _refused(call: Callable[[], Any], where: str) -> None:
    import tensorflow as tf

    try:
        call()
    except (tf.errors.OpError, ValueError):
        return
    raise AssertionError(f"{where}: is not refused")


def _command(*arguments: str) -> str:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(list(arguments))
    assert code == OK, f"specc {' '.join(arguments)} gives {code}: {out.getvalue()}{err.getvalue()}"
    return out.getvalue()


CHECKS: tuple[Callable[[Path, Path], str | None], ...] = (inspect, static)
if find_spec("tensorflow") is not None:
    CHECKS += (load, session, verify)


def read(spec: Path, archive: Path) -> dict[str, Any]:
    """What each check found wrong with one archive, and the text of ``inspect``."""
    found: dict[str, Any] = {}
    text = ""
    for check in CHECKS:
        try:
            text = check(spec, archive) or text
            found[check.__name__] = ""
        except Exception:  # noqa: BLE001  # of TensorFlow's own kinds, too; it is reported with the others
            found[check.__name__] = traceback.format_exc()
    return {"checks": found, "text": text}


if __name__ == "__main__":
    specs = sorted((ROOT / "examples").glob("**/*.specc.json"))
    folder, report = map(Path, sys.argv[1:])
    names = {spec: spec.name.removesuffix(".specc.json") for spec in specs}
    report.write_text(json.dumps({name: read(spec, folder / name) for spec, name in names.items()}), encoding="utf-8")
