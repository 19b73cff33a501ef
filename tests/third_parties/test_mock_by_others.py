"""The mock as others use it: schemathesis, which tries the OpenAPI document on it, and a typed client in TypeScript."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from rest_documents import ranker

import specc
import specc.testing

NOT_CHECKED = (
    "unsupported_method",  # 405 is what HTTP wants, and 400, "Malformed request", what TensorFlow Serving answers
    "positive_data_acceptance",  # the document says that the check refuses more than a schema can state
)
TUPLES = "response_schema_conformance"
"""schemathesis 4.32.5 makes of ``prefixItems`` what is not a schema of OpenAPI 3.1, and ClassifyResponse has them."""

CLIENT = """
import createClient from "openapi-fetch";
import type { components, paths } from "./ranker";
type S = components["schemas"];
declare const process: { argv: string[] };
const client = createClient<paths>({ baseUrl: process.argv[2] });
const user = { user_id: 7, user_history: [1, 2], country: "de", weight: 0.5, fresh: true };
const rows: S["score.RowRequest"] = { instances: [user, { ...user, user_id: 9 }] };
const scored = await client.POST("/v1/models/ranker:predict", { body: rows });
const predictions = (scored.data as S["score.RowResponse"]).predictions;
const clicks: number[] = predictions.map((row) => row.click[0]);
const columns = await client.POST("/v1/models/ranker:predict", { body: { signature_name: "reset", inputs: {} } });
const done: boolean = (columns.data as S["reset.ColumnResponse"]).outputs;
const labels = await client.POST("/v1/models/ranker:classify", {
  body: { signature_name: "label", examples: [{ text: "a" }, { text: ["b"] }] },
});
const pairs: (string | number)[][] | undefined = labels.data?.results[0];
const refused = await client.POST("/v1/models/ranker:predict", { body: { instances: [{ ...user, user_id: 99 }] } });
const error: string | undefined = refused.error?.error;
const status = await client.GET("/v1/models/ranker");
const state: string | undefined = status.data?.model_version_status[0].state;
console.log(JSON.stringify({ clicks, done, pairs: pairs?.length, error, status: refused.response.status, state }));
"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with specc.testing.mock(ranker()) as served:
        yield served


def tried(url: str, folder: Path, *options: str) -> tuple[int, str]:
    """The exit code and the output of schemathesis, which writes a cache into ``folder``."""
    command = [Path(sys.executable).with_name("schemathesis"), "run", f"{url}/openapi.json", "--no-color"]
    fixed = ["--seed", "1", "--max-examples", "60", "--generation-database", "none"]
    whole = [*command, *fixed, *options]
    done = subprocess.run(whole, cwd=folder, check=False, capture_output=True, text=True, timeout=600)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("where", "not_checked"),
    [
        (("--exclude-path-regex", ":classify$"), NOT_CHECKED),
        (("--include-path-regex", ":classify$"), (*NOT_CHECKED, TUPLES)),
    ],
)
def test_schemathesis_finds_no_status_or_answer_that_is_not_documented(
    url: str, tmp_path: Path, where: tuple[str, str], not_checked: tuple[str, ...]
) -> None:
    code, output = tried(url, tmp_path, *where, "--exclude-checks", ",".join(not_checked))
    assert code == 0, output
    count = re.search(r"(\d+) generated", output)
    assert count is not None, output
    assert int(count[1]) > 50
    print(output[output.rindex("SUMMARY") :])


def test_schemathesis_finds_an_answer_that_is_not_documented(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("specc.mock.model.named_outputs", lambda *_, **__: {"outputs": None})
    code, output = tried(url, tmp_path, "--phases", "examples", "--exclude-checks", ",".join(NOT_CHECKED))
    assert code == 1
    assert "Response violates schema" in output


def test_a_client_in_typescript(url: str, node_modules: Path, tmp_path: Path) -> None:
    (tmp_path / "node_modules").symlink_to(node_modules)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "ranker.openapi.json").write_bytes(specc.emit("openapi", ranker()).data)
    (tmp_path / "client.ts").write_text(CLIENT)
    binaries = node_modules / ".bin"
    compile_ = ["--strict", "--target", "es2022", "--module", "esnext", "--moduleResolution", "bundler"]
    for command in (
        [binaries / "openapi-typescript", "ranker.openapi.json", "-o", "ranker.ts"],
        [binaries / "tsc", *compile_, "--lib", "es2022,dom", "client.ts"],
        ["node", "client.js", url],
    ):
        done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert [type(click) for click in found["clicks"]] == [float, float]
    assert (found["done"] in (True, False), found["pairs"], found["state"]) == (True, 3, "AVAILABLE")
    refusal = "instances[0].user_id: payload-range: 'user_id': 99 is not at most 50"
    assert (found["status"], found["error"]) == (400, refusal)


def test_the_emitted_client_in_python(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ranker_client.py").write_bytes(specc.emit("python", ranker()).data)
    monkeypatch.syspath_prepend(tmp_path)
    module: Any = import_module("ranker_client")
    client = module.Client(url)
    users = {
        "user": {"id": [7, 9], "history": [[1, 2], [3, 0]]},
        "country": ["de", b"fr"],
        "weight": [0.5, 1],
        "fresh": [True, False],
    }
    scored = client.score(users)
    assert scored["click"].tolist() == [[0.25], [0.75]]
    assert scored["trace_bytes"].tolist() == [b"x", b"\xff"]
    first, second = client.rank(
        module.Ragged.of([[1, 2], [3]]), module.Sparse([[0, 3], [1, 0]], [0.5, 1.5], [2, 100]), temperature=1
    )
    assert (first.shape[0], second.dtype.name) == (2, "float32")
    assert client.embed([[[0, 1, 2.5], [0, 0, 0]]]).shape == (1, 8)
    assert client.reset()["done"].dtype.name == "bool"
    with pytest.raises(ValueError, match=r"user.id\[1\]: 51 is out of bounds"):
        client.score({**users, "user": {"id": [7, 51], "history": [[1], [2]]}})
    with pytest.raises(module.ModelError, match="Servable not found") as caught:
        module.Client(url, model="other").score(users)
    assert caught.value.status == 404
