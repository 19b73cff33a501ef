"""Variables of a strategy whose copies differ: the archive has TensorFlow's own results, on two devices."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

# Only a strategy with parameter servers makes one publicly, and it needs a cluster.
from tensorflow.python.distribute.sharded_variable import ShardedVariable

import specc
from specc.compiler.write.writers import WRITER

pytestmark = pytest.mark.tensorflow

RUN = """
import sys, keras, numpy as np, tensorflow as tf, specc
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
directory, aggregation, synchronization = sys.argv[1], sys.argv[2], sys.argv[3]

def made():
    with strategy.scope():
        model = tf.Module()
        model.count = tf.Variable(
            3.0, trainable=False, aggregation=tf.VariableAggregation[aggregation],
            synchronization=tf.VariableSynchronization[synchronization],
        )
        model.weight = tf.Variable(2.0)
    model.run = tf.function(lambda x: x * model.weight + model.count, input_signature=[tf.TensorSpec((None,))])
    if synchronization == "ON_READ":  # 4 on the first device, 14 on the second
        strategy.run(
            lambda: model.count.assign_add(
                tf.cast(tf.distribute.get_replica_context().replica_id_in_sync_group, tf.float32) * 10.0 + 1.0
            )
        )
    return model

model = made()
endpoint = {"function": "run", "arguments": ["x"], "inputs": ["float32[batch]"], "outputs": "float32[batch]"}
more = {"add": {**endpoint, "arguments": ["y"], "outputs": {"z": "float32[batch]"}, "postprocess": "__main__:named"}}
def named(x):
    return {"z": x}
document = specc.from_json({
    "specc": 1, "dims": {"batch": {}}, "endpoints": {"run": endpoint, **more}, "default": "run",
    "variable_collections": {"counts": "count"},
})
ours, merged, theirs = directory + "/ours", directory + "/merged", directory + "/theirs"
report = specc.compile(document).export(model, ours)
assert not report.notes, report.notes
specc.merge([document], model, merged)
tf.saved_model.save(model, theirs)
archive = specc.ExportArchive()
archive.track(model)
archive.add_endpoint("run", model.run, [tf.TensorSpec((None,))])
archive.write_out(directory + "/drop_in", verbose=False)
x = tf.constant([1.0])
loaded = [tf.saved_model.load(directory + "/" + name) for name in ("ours", "theirs", "drop_in")]
values = [each.run(x).numpy().tolist() for each in loaded]
for path in (ours, merged):
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        graph = tf.compat.v1.saved_model.load(session, ["serve"], path)
        for key in ("run", "add"):
            (given,), (output,) = (
                list(side.values()) for side in (graph.signature_def[key].inputs, graph.signature_def[key].outputs)
            )
            values.append(session.run(output.name, {given.name: [1.0]}).tolist())
revived = tf.saved_model.load(ours)
values.append((2.0 + revived.counts[0].numpy()).reshape(1).tolist())
print(values, sorted(v.numpy().tolist() for v in revived.variables), model.run(x).numpy().tolist())
"""


@pytest.mark.parametrize(
    ("aggregation", "synchronization", "count"),
    [
        ("SUM", "ON_READ", 18.0),
        ("MEAN", "ON_READ", 9.0),
        ("ONLY_FIRST_REPLICA", "ON_READ", 4.0),
        ("SUM", "ON_WRITE", 3.0),
        ("MEAN", "AUTO", 3.0),
    ],
)
def test_the_copies_of_a_variable_are_one_number(
    aggregation: str, synchronization: str, count: float, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", RUN, str(tmp_path), aggregation, synchronization]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    result = [2.0 + count]
    assert done.stdout.splitlines()[-1] == f"{[result] * 8} {sorted([2.0, count])} {result}"


TRACED = (
    RUN.partition("endpoint = ")[0]
    + """
model.run.get_concrete_function()
archive = specc.ExportArchive()
archive.track(model)
archive.add_endpoint("run", model.run)
try:
    archive.write_out(directory + "/drop_in", verbose=False)
except specc.SpecError as error:
    print(*error.diagnostics, sep="\\n")
"""
)


def test_a_trace_that_cannot_be_saved_is_refused_with_the_whole_reason(tmp_path: Path) -> None:
    command = [sys.executable, "-c", TRACED, str(tmp_path), "SUM", "ON_READ"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert re.sub(r"b'.*?'", "...", done.stdout) == (
        "endpoints: save-failed: TensorFlow cannot save the archive: ValueError: Unable to save function ... for the "
        "following reason(s): ConcreteFunction that uses distributed variables in certain way cannot be saved. If you're "
        "saving with; tf.saved_model.save(..., signatures=f.get_concrete_function()); do; "
        "@tf.function(input_signature=...); def f_with_input_signature(): ... tf.saved_model.save(..., "
        "signatures=f_with_input_signature)`; instead.; it was already traced; track the owner of the variables, and give the function an input_signature\n"
    )
    assert list(tmp_path.iterdir()) == []


class Sharded(tf.Module):
    """A table of which a strategy with parameter servers would keep each part on another one."""

    def __init__(self) -> None:
        super().__init__()
        rows = [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0], [6.0, 7.0]]
        parts = [tf.Variable(rows[:2], name="part_0"), tf.Variable(rows[2:], name="part_1")]
        self.table = ShardedVariable(parts, name="table")

    def look_up(self, ids: Any) -> Any:
        return tf.nn.embedding_lookup(self.table, ids)


@pytest.mark.parametrize("writer", ["specc", "tensorflow"])
def test_the_parts_of_a_sharded_variable(writer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WRITER, writer)
    endpoint = {"function": "look_up", "inputs": ["int64[batch]"], "outputs": "float32[batch, 2]"}
    document = {"specc": 1, "dims": {"batch": {}}, "endpoints": {"look_up": endpoint}}
    report = specc.compile(specc.from_json(document)).export(Sharded(), tmp_path / "archive")
    assert (report.notes == ()) == (writer == "specc")
    revived = tf.saved_model.load(str(tmp_path / "archive"))
    assert revived.look_up(tf.constant([3, 0], tf.int64)).numpy().tolist() == [[6.0, 7.0], [0.0, 1.0]]
    assert [(each.name, each.shape.as_list()) for each in revived.variables] == [
        ("part_0:0", [2, 2]), ("part_1:0", [2, 2]),
    ]  # fmt: skip
