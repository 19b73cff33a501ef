"""Runs the code blocks of one page in order, in one directory and one process, as a reader would."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
import sys
import tomllib
from pathlib import Path
from typing import Any

import yaml
from pages import ROOT, Block, Page

from specc.cli import main

_ENDPOINT = {"inputs": ["float32[batch, 3]"], "outputs": "float32[batch]"}
_DOCUMENT: dict[str, Any] = {"specc": 1, "dims": {"batch": {}}, "endpoints": {"score": _ENDPOINT}}


def whole(part: Any, of: str) -> dict[str, Any]:
    """The document that a fragment is part of."""
    match of:
        case "a document":
            return {**_DOCUMENT, **part}
        case "an endpoint":
            return {**_DOCUMENT, "endpoints": {"score": {**_ENDPOINT, **part}}}
        case "variable_collections":
            return {**_DOCUMENT, "variable_collections": part}
        case "inputs":
            return {**_DOCUMENT, "endpoints": {"score": {**_ENDPOINT, "inputs": [part]}}}
    raise ValueError(f"there is no whole called {of!r}")


class PageRun:
    """One page in the working directory, which starts empty or with the files of the page that it follows."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {"__name__": "__main__"}
        self.run_blocks = 0

    def run(self, page: Page) -> None:
        """Runs every block that can be run; raises AssertionError where one is not what the page says."""
        if page.start:
            self._prepare(Page(page.start))
        for block in page.blocks:
            self._run(block)

    def _prepare(self, page: Page) -> None:
        for block in page.blocks:
            self._write(block)

    def _write(self, block: Block) -> Path | None:
        if not block.file:
            return None
        path = Path(block.file)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, encoding="utf-8")
        return path

    def _run(self, block: Block) -> None:
        if block.language == "text" or block.said("not run:"):
            return
        self.run_blocks += 1
        path = self._write(block)
        match block.language:
            case "json":
                self._check_json(block, path)
            case "python" if path:
                compile(block.text, str(block), "exec")
            case "python":
                exec(compile("\n" * block.line + block.text, block.page, "exec"), self.names)
            case "console":
                run_console(block)
            case "toml":
                tomllib.loads(block.text)
            case "yaml":
                assert isinstance(yaml.safe_load(block.text), dict), block
            case language:
                raise AssertionError(f"{block}: no test knows what to do with {language!r}")

    def _check_json(self, block: Block, path: Path | None) -> None:
        of = block.said("part of")
        text = block.text if block.text.lstrip().startswith("{") or not of else f"{{{block.text}}}"
        try:
            data = json.loads(text)
        except ValueError as error:
            raise AssertionError(f"{block}: {error}") from None
        if path is not None and not path.name.endswith(".specc.json"):
            return
        spec = path or Path("block.specc.json")
        if path is None:
            spec.write_text(json.dumps(whole(data, of)) if of else text, encoding="utf-8")
        code, said = command(["validate", "--strict", "--quiet", str(spec)])
        if block.said("wrong file"):
            assert code == 1, f"{block} is right"
            return
        assert (code, said) == (0, ""), f"{block}: {said}"
        if not of:
            code, said = command(["fmt", "--diff", str(spec)])
            assert code == 0, f"{block} is not canonical:\n{said}"


def run_console(block: Block) -> None:
    """Runs the commands of a console, each a line with ``$``, and compares what is below it with what they print.

    ``...`` stands for any text in a line, and in a line of its own for any lines; sizes in bytes and seconds are not
    compared. A command without lines below it may print anything.
    """
    steps = re.split(r"^\$ ", block.text, flags=re.MULTILINE)
    assert steps[0] == "", f"{block}: a console starts with a command after $"
    for number, step in enumerate(steps[1:], start=1):
        line, _, expected = step.partition("\n")
        words = shlex.split(line, comments=True)
        wanted = int(block.said("exit") or 0) if number == len(steps) - 1 else 0
        if words[0] == "make":
            targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
            assert words[1] in targets, f"{block}: {line}"
            continue
        assert words[0] == "specc", f"{block}: only commands of specc and make can be run: {line}"
        code, said = command(words[1:])
        assert code == wanted, f"{block}: {line}: exit code {code}\n{said}"
        if expected.strip():
            assert matches(expected, said), f"{block}: {line}\nexpected:\n{expected}\nfound:\n{said}"


def command(words: list[str]) -> tuple[int, str]:
    """The exit code of a command, and what it says on both streams, in the order of a terminal."""
    stream = io.StringIO()
    with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
        code = main(words)
    return code, stream.getvalue()


def matches(expected: str, found: str) -> bool:
    """Whether an output is what a page shows of it."""
    lines = _masked(expected).strip("\n").splitlines()
    any_lines, in_a_line = r"(?:.*\n)*", re.escape("...")
    pattern = "".join(
        any_lines if line == "..." else re.escape(line).replace(in_a_line, ".*?") + r"\n" for line in lines
    )
    return re.fullmatch(pattern, _masked(found).strip("\n") + "\n") is not None


def _masked(text: str) -> str:
    """``text`` without the numbers that differ from run to run: sizes and times."""
    return re.sub(r"\b\d+\.\d\d\b", "0.00", re.sub(r"[\d,]+ (?=bytes|of variables)", "0 ", text))


def forget_modules(directory: Path) -> None:
    """Takes the modules out of Python that were imported from ``directory``."""
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None) or "").startswith(str(directory)):
            del sys.modules[name]
