"""The seal: the alias, the contract, the fingerprint, and the same bytes every time."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

import specc
from specc.language.contract import read_contract

pytestmark = pytest.mark.tensorflow

ENDPOINT = {"inputs": ["float32[batch, 3]"], "outputs": "float32[batch, 3]"}


class Double(tf.Module):
    def __call__(self, x: Any) -> Any:
        return x * 2.0


def signatures_of(path: Path) -> dict[str, Any]:
    with tf.compat.v1.Session(graph=tf.Graph()) as session:
        graph = tf.compat.v1.saved_model.load(session, ["serve"], str(path))
        return {key: value for key, value in graph.signature_def.items() if not key.startswith("__")}


@pytest.mark.parametrize(
    ("endpoints", "default", "names"),
    [
        (("one",), "one", ["one", "serving_default"]),
        (("one", "two"), "two", ["one", "serving_default", "two"]),
        (("one", "two"), None, ["one", "two"]),
        (("serving_default",), "serving_default", ["serving_default"]),
    ],
)
def test_the_default_is_published_twice(endpoints: Any, default: str | None, names: list[str], export: Any) -> None:
    revived, report = export(Double(), dict.fromkeys(endpoints, ENDPOINT), default=default)
    assert sorted(revived.signatures) == names
    signatures = signatures_of(report.path)
    assert sorted(signatures) == names
    if default is not None:
        assert signatures["serving_default"] == signatures[default]


def test_the_contract_is_the_document(export: Any, tmp_path: Path) -> None:
    data = {
        "specc": 1,
        "$schema": "elsewhere.json",
        "name": "doubler",
        "dims": {"batch": {"max": 8}},
        "endpoints": {"serve": {**ENDPOINT, "description": "Doubles."}},
    }
    document = specc.from_json(data)
    report = specc.compile(document).export(Double(), tmp_path / "archive")
    text = (report.path / "assets.extra" / "specc.json").read_bytes()
    assert read_contract(text).document == document
    contract = json.loads(text)
    assert contract["digest"] == specc.digest(document)
    assert contract["wire_names"] == {"serve": {"inputs[0]": ["inputs"], "outputs": ["output_0"]}}


def test_the_fingerprint_is_that_of_the_sealed_file(export: Any) -> None:
    # TensorFlow has no public way to make a fingerprint; its public reader and its own writer must agree with specc's.
    from tensorflow.core.protobuf import fingerprint_pb2
    from tensorflow.python.saved_model.pywrap_saved_model import fingerprinting

    _, report = export(Double(), {"one": ENDPOINT, "two": ENDPOINT})
    written = fingerprint_pb2.FingerprintDef.FromString((report.path / "fingerprint.pb").read_bytes())
    made = fingerprint_pb2.FingerprintDef.FromString(fingerprinting.CreateFingerprintDef(str(report.path)))
    if "uuid" in made.DESCRIPTOR.fields_by_name:  # TensorFlow 2.16 has none
        made.uuid = written.uuid
    assert written == made
    read = tf.saved_model.experimental.read_fingerprint(str(report.path))
    assert read.saved_model_checksum == written.saved_model_checksum
    assert read.signature_def_hash == written.signature_def_hash


BUILD = """
import sys, keras, tensorflow as tf, specc
keras.utils.set_random_seed(1)
class Model(keras.Model):
    def __init__(self):
        super().__init__(name="m")
        self.lookup = keras.layers.StringLookup(vocabulary=["a", "b"])
        self.embed = keras.layers.Embedding(3, 2)
        self.dense = keras.layers.Dense(2, activation="swish")
        self.dropout = keras.layers.Dropout(0.5, seed=1)
    def call(self, x, training=False):
        return {"y": self.dropout(self.dense(self.embed(self.lookup(x))), training=training)}
model = Model()
model(tf.constant(["a"]))
endpoint = {"inputs": ["string[batch]"], "outputs": {"y": "float32[batch, 2]"}}
def broken(model, x):
    raise ValueError(f"{object()} of {sys.argv[1]} is no head")
sys.modules["heads"] = type(sys)("heads")
sys.modules["heads"].broken = broken
optional = {**endpoint, "function": "heads:broken", "optional": True}
document = specc.from_json({
    "specc": 1, "dims": {"batch": {}}, "default": "serve",
    "endpoints": {"serve": endpoint, "train": {**endpoint, "kwargs": {"training": True}}, "optional": optional},
})
report = specc.compile(document).export(model, sys.argv[1])
print(report.excluded["optional"])
"""


def test_two_processes_in_two_directories_write_the_same_bytes(tmp_path: Path) -> None:
    digests, reasons = [], []
    for index in range(2):
        directory = tmp_path / f"run{index}" / ("deeper" * index)
        directory.mkdir(parents=True)
        archive = directory / "archive"
        command = [sys.executable, "-c", BUILD, str(archive)]
        done = subprocess.run(command, check=True, cwd=directory, capture_output=True, text=True)
        reasons.append(done.stdout)
        files = sorted(path for path in archive.rglob("*") if path.is_file())
        digests.append(
            {str(path.relative_to(archive)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
        )
    assert digests[0] == digests[1]
    assert len(digests[0]) == 5
    assert reasons[0] != reasons[1]  # the report has the whole text, the archive what is the same every time
