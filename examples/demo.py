"""Builds an archive from a spec, reads it back, revives it, and verifies that it still gives the model's numbers.

    make demo

Each run writes a new numbered directory under build/demo. The exit code is 1 where anything does not match.
"""

from __future__ import annotations

import argparse
import math
import pickle
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo_terminal import Story, quiet_unless_it_fails, run

import specc
from specc.language.tensor_string import format_tensor
from specc.language.trees import Dict, List, Tree, children
from specc.language.wire_names import input_leaves, output_leaves

ROOT = Path(__file__).resolve().parents[1]
SPEC = ROOT / "examples" / "two_tower" / "two_tower.specc.json"
CLIENT = ROOT / "examples" / "demo_client.py"
SURFACES = ("revived", "signature", "session")
TOLERANCE = 1e-6  # The model runs op by op, the archive as a graph that fuses some; float32 has about 7 digits.

Answers = Mapping[str, Mapping[str, Any]]
"""Endpoint to wire name to array."""


@dataclass(frozen=True)
class Built:
    """The archive, the requests that it will be asked, and what the model itself answers."""

    archive: Path
    program: specc.Program
    requests: dict[str, tuple[Any, dict[str, Any]]]
    expected: Answers


def show_spec(story: Story) -> specc.Document:
    start = time.perf_counter()
    document = specc.load(SPEC)
    seconds = time.perf_counter() - start
    lines = len(SPEC.read_text(encoding="utf-8").splitlines())
    story.chapter("The spec", f"{_relative(SPEC)}, {lines} lines of JSON beside the model's code")
    for name, endpoint in document.endpoints.items():
        story.line(f"{name}: {endpoint.description}{_default(document, name)}")
        for argument, tree in zip(endpoint.arguments, endpoint.inputs, strict=True):
            story.line(f"   {argument:<9} {_short(tree)}")
        story.line(f"   {'->':<9} {_short(endpoint.outputs)}")
    story.line(f"Read and checked in {seconds * 1000:.0f} ms; TensorFlow is not imported yet.")
    return document


def build(story: Story, document: specc.Document, archive: Path) -> Built:
    story.chapter("The archive", _relative(archive))
    start = time.perf_counter()
    with quiet_unless_it_fails():
        import keras  # noqa: PLC0415  # late, so that the import can be timed and silenced
        import tensorflow as tf  # noqa: PLC0415

        from specc.compiler.load_model import load_model  # noqa: PLC0415

        seconds = time.perf_counter() - start
        story.line(f"TensorFlow {tf.__version__} and Keras {keras.__version__} imported in {seconds:.1f} s.")
        start = time.perf_counter()
        sys.path.insert(0, str(SPEC.parent))
        model = load_model(str(document.model), SPEC.parent, seed=0)
        story.line(f"{document.model} built a {type(model).__name__} in {time.perf_counter() - start:.1f} s.")
        program = specc.compile(document)
        report = program.export(model, archive)
        features, context = sys.modules["two_tower_ranker"].example_request()
        user = features["user"]
        arguments = {"score": (features, context), "embed_user": (user["id"], user["history"])}
        answers = {"score": model(features, context), "embed_user": model.embed_user(user["id"], user["history"])}
    seconds = sum(report.seconds.values())
    story.line(f"{len(report.endpoints)} endpoints exported in {seconds:.2f} s, each function traced once:")
    notes = {
        "assets/titles.txt": "the lookup's vocabulary, found by itself",
        "assets.extra/specc.json": "the contract: this spec, and a digest",
        "variables/variables.data-00000-of-00001": "every weight once, the optimizer's too",
    }
    for file, size in report.files.items():
        story.line(f"   {size:>9,}  {file}{f'  ({notes[file]})' if file in notes else ''}")
    plain = {name: _to_arrays(nested) for name, nested in arguments.items()}
    requests = {name: (nested, _flat(program[name].input_components, nested)) for name, nested in plain.items()}
    expected = {name: _flat(program[name].output_components, _to_arrays(answer)) for name, answer in answers.items()}
    return Built(archive, program, requests, expected)


def read_back(story: Story, document: specc.Document, archive: Path) -> bool:
    story.chapter("Read back without TensorFlow", f"specc inspect {_relative(archive)}")
    start = time.perf_counter()
    text = run([sys.executable, "-m", "specc", "inspect", "--json", str(archive)], ROOT)
    seconds = time.perf_counter() - start
    found = specc.loads(text)
    for name, endpoint in found.endpoints.items():
        story.line(f"{name:<11} {_wire_names(input_leaves(endpoint))} -> {_wire_names(output_leaves(endpoint))}")
    same = specc.digest(found) == specc.digest(document)
    is_or_not = "is" if same else "is NOT"
    story.line(f"What the archive says of itself {is_or_not} the spec. The whole process took {seconds:.2f} s.")
    return same


def revive(story: Story, built: Built) -> bool:
    story.chapter("Revived in a fresh process", "which knows neither specc nor the model's code")
    start = time.perf_counter()
    output = run([sys.executable, str(CLIENT), str(built.archive)], ROOT, pickle.dumps(built.requests))
    seconds = time.perf_counter() - start
    answers, loading = pickle.loads(output)
    components = {name: endpoint.output_components for name, endpoint in built.program.items()}
    answers["revived"] = {name: _flat(components[name], nested) for name, nested in answers["revived"].items()}
    titles = [title.decode() for title in built.requests["score"][1]["item_title"]]
    story.line(f"{'score of':<22}{'the model':>11}{''.join(f'{surface:>11}' for surface in SURFACES)}")
    for row, title in enumerate(titles):
        numbers = [built.expected, *(answers[surface] for surface in SURFACES)]
        cells = [f"{float(number['score']['score'][row, 0]):>11.6f}" for number in numbers]
        story.line(f"{title:<22}{''.join(cells)}")
    count = sum(array.size for arrays in built.expected.values() for array in arrays.values())
    worst = max(largest_difference(built.expected, answers[surface]) for surface in SURFACES)
    how_far = f"differ from the model's by {worst:.0e} at most" if worst else "are the model's to the last bit"
    story.line(f"All {count} numbers of both endpoints, on all three surfaces, {how_far}.")
    story.line(f"Loading took {loading:.1f} s, the whole process {seconds:.1f} s.")
    return worst <= TOLERANCE


def largest_difference(expected: Answers, found: Answers) -> float:
    """Between any two numbers in the same place; infinite where the names, the shapes or a NaN differ."""
    differences = [0.0]
    for endpoint, arrays in expected.items():
        others = found.get(endpoint, {})
        if arrays.keys() != others.keys():
            return math.inf
        for name, array in arrays.items():
            if array.shape != others[name].shape:
                return math.inf
            differences.append(float(abs(array - others[name]).max()))
    return math.inf if any(map(math.isnan, differences)) else max(differences)


def _to_arrays(nested: Any) -> Any:
    import tensorflow as tf  # noqa: PLC0415

    return tf.nest.map_structure(lambda tensor: tensor.numpy(), nested)


def _flat(components: Any, nested: Any) -> dict[str, Any]:
    """Nested arrays by wire name, in TensorFlow's order."""
    import tensorflow as tf  # noqa: PLC0415

    return {part.wire_name: leaf for part, leaf in zip(components, tf.nest.flatten(nested), strict=True)}


def _short(tree: Tree) -> str:
    """A tree in one line."""
    match tree:
        case Dict():
            return f"{{{', '.join(f'{key}: {_short(child)}' for key, child in children(tree))}}}"
        case List():
            return f"[{', '.join(_short(child) for _, child in children(tree))}]"
        case _:
            return format_tensor(tree.dtype, tree.shape)  # this spec has no other containers


def _wire_names(leaves: Any) -> str:
    return ", ".join(component.wire_name for leaf in leaves for component in leaf.components)


def verify(story: Story, archive: Path) -> bool:
    """Whether the archive answers the spec's examples, and generated calls, as the model does on every way."""
    story.chapter("Verified", f"specc verify {_relative(SPEC)} {_relative(archive)} --model")
    command = [sys.executable, "-m", "specc", "verify", str(SPEC), str(archive), "--model"]
    finished = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    for line in finished.stdout.splitlines()[1:]:
        story.line(line)
    if finished.returncode:
        sys.stderr.write(finished.stderr)
    return finished.returncode == 0


def _default(document: specc.Document, name: str) -> str:
    return " (serving_default)" if name == document.default else ""


def _relative(path: Path) -> str:
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


def _next_directory(parent: Path) -> Path:
    numbers = [int(path.name) for path in parent.glob("*") if path.name.isdecimal()]
    return parent / str(max(numbers, default=0) + 1)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "demo", help="where numbered archives go")
    options = parser.parse_args()
    start = time.perf_counter()
    story = Story()
    document = show_spec(story)
    built = build(story, document, _next_directory(options.out))
    same_document = read_back(story, document, built.archive)
    same_numbers = revive(story, built)
    verified = verify(story, built.archive)
    good = same_document and same_numbers and verified
    text = "The archive is what the spec says, and gives the model's numbers." if good else "SOMETHING DOES NOT MATCH."
    story.verdict(good, f"{text} {time.perf_counter() - start:.1f} s altogether.")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
