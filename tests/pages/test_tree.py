"""The tree: its lines as plain text and for a terminal, changes where they belong, and hostile names."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from rest_documents import RANKER
from synthetic_archive import FLOAT, example, info, meta_graph, saved_model, signature, written

from specc.language.load import digest, from_json
from specc.pages.subject import Subject, changes_since, read_subject
from specc.pages.tree import MAX_OPEN, Style, tree
from specc.report.text import terminal_width

TERMINAL = Style(width=100, color=True, boxes=True)


def subject(**fields: Any) -> Subject:
    document = from_json({"specc": 1, **fields})
    return Subject("m.specc.json", document, digest(document))


def spec_file(path: Path, **fields: Any) -> str:
    path.write_text(json.dumps({"specc": 1, "endpoints": {}, **fields}))
    return str(path)


def lines_with(text: str, word: str) -> list[str]:
    return [line for line in text.splitlines() if word in line]


def test_every_line_of_a_spec() -> None:
    endpoints = {
        "score": {
            "description": "How well\nit  fits.",
            "arguments": ["features", "scale"],
            "inputs": [
                {
                    "id": {"kind": "tensor", "dtype": "int64", "shape": ["batch"], "minimum": 0, "maximum": 9},
                    "age": {"kind": "tensor", "dtype": "float32", "shape": ["batch"], "minimum": 0.5},
                    "tags": {"kind": "ragged", "dtype": "string", "shape": ["batch", "?"], "names": {"values": "tag"}},
                },
                {
                    "kind": "tensor",
                    "dtype": "float32",
                    "shape": [],
                    "default": 0.5,
                    "name": "by",
                    "description": "A factor.",
                },
            ],
            "outputs": [
                "float32[batch]",
                {"kind": "tensor", "dtype": "string", "shape": ["batch"], "name": "raw_bytes"},
            ],
            "receivers": {"examples": {"kind": "tf_example"}},
        },
        "step": {"method": "train", "optional": True, "inputs": ["float32[...]"], "outputs": {"loss": "float32[]"}},
    }
    shown = subject(
        name="ranker",
        dims={"batch": {"min": 1, "max": 64}, "time": {"min": 2}, "free": {}, "two": {"min": 2, "max": 2}},
        endpoints=endpoints,
        default="score",
        variable_collections={"kernels": "variables"},
    )
    assert (
        tree(shown)
        == f"""\
ranker: contract {shown.contract_digest[:12]}, 2 endpoints, default score
dims: batch 1..64, free, time >= 2, two 2

score  default; also serving_default, examples:score (tf.train.Example), examples:serving_default
   (same as examples:score)
   How well it fits.
   features.age   float32[batch]           age              >= 0.5
   features.id    int64[batch]             id               0..9
   features.tags  ragged string[batch, ?]
      values      string[?]                tag
      row_splits  int64[?]                 tags_row_splits
   scale          float32[]                by               = 0.5  A factor.
-> outputs[0]     float32[batch]           output_0
-> outputs[1]     string[batch]            raw_bytes        Base64 over REST

step  train; optional
   inputs        float32[...]  inputs
-> outputs.loss  float32[]     loss

variable collections
   kernels
"""
    )


def test_a_terminal_gets_lines_and_colour_and_the_same_words() -> None:
    shown = subject(
        endpoints={
            "f": {
                "inputs": [{"a": {"b": "int8[]", "c": {"kind": "tensor", "dtype": "int8", "shape": [], "name": "d"}}}],
                "outputs": "int8[]",
            }
        }
    )
    assert tree(shown, style=TERMINAL).splitlines()[-3:] == [
        "\x1b[2m├─ \x1b[0minputs.a.b  int8[]  \x1b[2ma_b\x1b[0m",
        "\x1b[2m├─ \x1b[0m\x1b[2minputs.a.\x1b[0mc  int8[]  \x1b[1md\x1b[0m",
        "\x1b[2m└→ \x1b[0moutputs     int8[]  \x1b[2moutput_0\x1b[0m",
    ]
    boxes = tree(shown, style=Style(boxes=True))
    assert boxes.translate({ord(letter): " " for letter in "├─└→"}).split() == tree(shown).replace("->", "").split()


def test_a_receiver_as_the_plain_signature_and_an_endpoint_without_one() -> None:
    point = {"inputs": [{"x": "float32[batch]"}], "outputs": "float32[batch]"}
    shown = subject(
        dims={"batch": {}},
        endpoints={
            "score": {**point, "receivers": {"examples": {"kind": "tf_example"}}, "receiver": "examples"},
            "__call__": point,
        },
        default=None,
    )
    text = tree(shown)
    assert "no default\n" in text
    assert "\n__call__  no signature, since it is the revived object itself\n" in text
    assert "\nscore  signatures score (tf.train.Example), raw:score (its own inputs)\n" in text


def test_more_than_twenty_endpoints_have_one_line_each_and_one_can_be_opened() -> None:
    point = {"inputs": ["int64[]", {"b": "int8[]", "a": "int8[]"}], "arguments": ["x", "y"], "outputs": {"z": "int8[]"}}
    names = [f"e{number:02}" for number in range(MAX_OPEN + 1)]
    shown = subject(endpoints=dict.fromkeys(names, point), default="e03")
    text = tree(shown)
    assert [line.split()[0] for line in text.splitlines()[2:-1]] == names
    assert "e03  int64[], {a, b} -> {z}  default\n" in text
    assert text.endswith("--endpoint NAME\n")
    assert "outputs.z" not in text
    opened = tree(shown, endpoints=["e05"])
    assert "-> outputs.z  int8[]   z\n" in opened
    assert "e06" not in opened


def test_the_lines_of_endpoints_are_aligned_by_the_cells_that_names_take() -> None:
    names = [*(f"e{number:02}" for number in range(MAX_OPEN)), "字字"]
    point = {"inputs": ["int64[]"], "outputs": "int8[]"}
    endpoints = dict.fromkeys(names, point)
    lines = lines_with(tree(subject(endpoints=endpoints, default="e00")), "int64[] ->")
    assert {terminal_width(line.partition("int64[] ->")[0]) for line in lines} == {len("字字") * 2 + 2}
    assert len(lines) == len(names)


def test_changes_stand_below_what_they_are_about(tmp_path: Path) -> None:
    collections = {"kernels": "variables"}
    old = spec_file(tmp_path / "old.specc.json", **RANKER, variable_collections=collections)
    changed = json.loads(json.dumps(RANKER))
    score = changed["endpoints"]["score"]
    del score["examples"]
    score["inputs"][0]["user"]["id"]["dtype"] = "int32"
    score["inputs"][0]["user"]["session"] = "string[batch]"
    del score["inputs"][0]["fresh"]
    score["outputs"]["more"] = "float32[batch]"
    del changed["endpoints"]["embed"]
    shown = read_subject(spec_file(tmp_path / "new.specc.json", **changed))
    against = changes_since(old, shown)
    assert against is not None
    lines = tree(shown, against=against).splitlines()
    assert lines[1].startswith(f"against {old}"[:60])

    def line_above(word: str) -> str:
        (index,) = [index for index, line in enumerate(lines) if word in line]
        return next(line for line in reversed(lines[:index]) if not line.startswith("     "))

    assert "~ input-dtype-changed: 'user_id' is int32[batch], before int64[batch]; breaks wire, rest" in "\n".join(
        lines
    )
    assert line_above("input-dtype-changed").split()[0] == "inputs.user.id"
    assert line_above("+ input-added").split()[0] == "inputs.user.session"
    assert line_above("+ output-added").split()[1] == "outputs.more"
    assert line_above("- input-removed").strip() == "The probability of a click."
    assert line_above("- endpoint-removed").startswith("embed  is in ")
    assert line_above("- collection-removed") == "variable collections"
    signs = [line for line in lines if line.startswith(("   + ", "   - ", "   ~ "))]
    assert len(signs) == len(against.changes) == 6


def test_no_change(tmp_path: Path) -> None:
    file = spec_file(tmp_path / "m.specc.json", **RANKER)
    shown = read_subject(file)
    assert "breaks nothing: no changes of the contract" in " ".join(
        tree(shown, against=changes_since(file, shown)).split()
    )


def test_an_archive_without_a_contract(tmp_path: Path) -> None:
    text = tree(read_subject(str(written(tmp_path / "scorer" / "3", example()))))
    assert text.startswith("scorer: no contract, read from its object graph, 2 endpoints, default score, ")
    assert "\nhelper  no signature\n" in text
    assert "contract " not in text.replace("no contract", "")


@pytest.mark.parametrize(
    "name", ["evil\x1b[31m\nname", "\u202egnp", "n" * 2**20, "\x00\u2028" * 2**19, "wide 字" * 100]
)
def test_hostile_names_are_escaped_and_cut(name: str, tmp_path: Path) -> None:
    signatures = {
        "score": signature({name: info(FLOAT, -1)}, {"y": info(FLOAT, -1)}),
        name: signature({"x": info(FLOAT, -1)}, {name: info(FLOAT, -1)}),
    }
    shown = read_subject(str(written(tmp_path / "a", saved_model(meta_graph(signatures)))))
    start = time.perf_counter()
    text = tree(shown)
    assert time.perf_counter() - start < 1
    assert all(letter.isprintable() for letter in text.replace("\n", ""))
    assert max(map(len, text.splitlines())) < 400
    assert len(lines_with(text, "y  ")) == 1


def test_an_endpoint_of_many_leaves_is_drawn_in_linear_time() -> None:
    shown = subject(endpoints={"f": {"inputs": [{f"k{n}": "int8[]" for n in range(5000)}], "outputs": "int8[]"}})
    start = time.perf_counter()
    assert tree(shown, style=TERMINAL).count("\n") == 5004
    assert time.perf_counter() - start < 2


def test_with_many_endpoints_the_changes_of_one_stand_below_its_line(tmp_path: Path) -> None:
    point = {"inputs": ["int64[]"], "outputs": "int8[]"}
    endpoints = {f"e{number:02}": point for number in range(MAX_OPEN + 2)}
    old = spec_file(tmp_path / "old.specc.json", endpoints=endpoints, default="e00")
    changed = {**endpoints, "e07": {**point, "outputs": "int16[]"}}
    del changed["e09"]
    shown = read_subject(spec_file(tmp_path / "new.specc.json", endpoints=changed, default="e00"))
    lines = tree(shown, against=changes_since(old, shown)).splitlines()
    (index,) = [index for index, line in enumerate(lines) if line.startswith("e07 ")]
    assert lines[index + 1].startswith("   ~ output-dtype-changed: ")
    assert lines[index + 2].startswith(("e08 ", "     "))
    assert lines[-1].startswith(("   - endpoint-removed: the endpoint 'e09' is gone", "     "))


def test_an_archive_whose_graph_takes_too_long_keeps_its_interface(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = written(tmp_path / "a", example())
    monkeypatch.setattr("specc.reader.saved_graph.MAX_STEPS", 0)
    shown = read_subject(str(directory))
    assert shown.contents is None
    assert "its variables and ops are not known: " in shown.notes[-1]
    assert "-> outputs.b[0]" in tree(shown)
