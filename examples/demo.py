"""Builds an archive from a spec, reads it back, revives it, and says whether it still gives the model's numbers.

    make demo

Each run writes a new numbered directory under build/demo. The exit code is 1 where anything does not match.
"""

from __future__ import annotations

import argparse
import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import specc
from specc.language.names import input_leaves, output_leaves
from specc.language.tensor_string import format_tensor
from specc.language.trees import Dict, List, Tree, children

ROOT = Path(__file__).resolve().parents[1]
SPEC = ROOT / "examples" / "two_tower" / "two_tower.specc.json"
CLIENT = ROOT / "examples" / "demo_client.py"
SURFACES = ("revived", "signature", "session")
TOLERANCE = 1e-6  # The model runs op by op, the archive as a graph that fuses some; float32 has about 7 digits.

Answers = Mapping[str, Mapping[str, Any]]
"""Endpoint to wire name to array."""


class Story:
    """Tells what happens, in colour where a terminal shows it."""

    def __init__(self) -> None:
        self._colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        self._step = 0

    def chapter(self, title: str, where: str = "") -> None:
        self._step += 1
        print(f"\n{self._paint('1;36', f'{self._step}  {title}')}{self._paint('2', f'   {where}' if where else '')}")

    def line(self, text: str = "") -> None:
        print(f"   {text}".rstrip(), flush=True)

    def verdict(self, good: bool, text: str) -> None:
        print(f"\n{self._paint('1;32' if good else '1;31', text)}", flush=True)

    def _paint(self, code: str, text: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self._colour else text


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
    with _quiet_unless_it_fails():
        import tensorflow as tf  # noqa: PLC0415  # late, so that its import can be timed and silenced

        from specc.archive.model import load_model  # noqa: PLC0415

        story.line(f"TensorFlow {tf.__version__} imported in {time.perf_counter() - start:.1f} s.")
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
    text = _run([sys.executable, "-m", "specc", "inspect", "--json", str(archive)])
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
    output = _run([sys.executable, str(CLIENT), str(built.archive)], pickle.dumps(built.requests))
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
    story.line(f"All {count} numbers of both endpoints: they differ from the model's by {worst:.0e} at most.")
    story.line(f"Loading took {loading:.1f} s, the whole process {seconds:.1f} s.")
    return worst <= TOLERANCE


def largest_difference(expected: Answers, found: Answers) -> float:
    """Between any two numbers in the same place; infinite where the names, the shapes or a NaN differ."""
    differences = [0.0]
    for endpoint, arrays in expected.items():
        others = found.get(endpoint, {})
        if arrays.keys() != others.keys():
            return float("inf")
        for name, array in arrays.items():
            if array.shape != others[name].shape:
                return float("inf")
            differences.append(float(abs(array - others[name]).max()))
    return max(differences) if all(difference == difference for difference in differences) else float("inf")


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
            return format_tensor(tree.dtype, tree.shape)  # type: ignore[union-attr]  # this spec has no other nodes


def _wire_names(leaves: Any) -> str:
    return ", ".join(component.wire_name for leaf in leaves for component in leaf.components)


def _default(document: specc.Document, name: str) -> str:
    return " (serving_default)" if name == document.default else ""


def _relative(path: Path) -> str:
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


def _run(command: list[str], stdin: bytes = b"") -> bytes:
    """What ``command`` prints; its standard error is shown only where it fails."""
    finished = subprocess.run(command, input=stdin, capture_output=True, cwd=ROOT, check=False)
    if finished.returncode:
        sys.stderr.buffer.write(finished.stderr)
        sys.exit(f"{' '.join(command)} failed with exit code {finished.returncode}")
    return finished.stdout


@contextmanager
def _quiet_unless_it_fails() -> Iterator[None]:
    """TensorFlow's C++ half writes to file descriptor 2, whatever Python does to sys.stderr."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    with tempfile.TemporaryFile() as said:
        saved = os.dup(2)
        os.dup2(said.fileno(), 2)
        try:
            yield
        except BaseException:
            said.seek(0)
            os.write(saved, said.read())
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)


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
    good = same_document and same_numbers
    text = "The archive is what the spec says, and gives the model's numbers." if good else "SOMETHING DOES NOT MATCH."
    story.verdict(good, f"{text} {time.perf_counter() - start:.1f} s altogether.")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
