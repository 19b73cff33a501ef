"""``specc init MODEL``: writes a first spec, and lists the guesses in it."""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from specc.checks import Settings, run_checks
from specc.cli import OK, note
from specc.cli.findings import add_options
from specc.cli.importing import add_import_option, import_tensorflow, modules_of
from specc.errors import SpecError, UnreadableError
from specc.language.document import DEFAULT_ARGUMENTS
from specc.language.load import dump, from_json
from specc.language.pretty_json import lay_out
from specc.language.scalars import DOTTED, MODEL_FILES
from specc.publishing.single_file import require_absent, write_new
from specc.report.writer import write

if TYPE_CHECKING:
    from specc.language.document import Document
    from specc.scaffold.inferred_spec import Guess, InferredSpec

_GENERIC_WORDS = frozenset(
    ("a", "build", "create", "export", "get", "load", "main", "make", "model", "my", "net", "network", "new", "the")
)
"""A function whose name consists of these words does not name its model."""
_IMPORTED = re.compile(f"{DOTTED}:{DOTTED}")


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument(
        "model", metavar="MODEL", help="module:attribute, a .keras or .h5 file, or the directory of a SavedModel"
    )
    add_import_option(parser, "import it before the model, and list it in the spec; may be repeated")
    parser.add_argument("--name", metavar="NAME", help="the model's name; by default its own, or that of its file")
    parser.add_argument("--out", metavar="FILE", help="where to write the spec, NAME.specc.json; must not exist")
    add_options(parser)


def run(options: argparse.Namespace) -> int:
    """Prints the spec, or writes it to a new file; prints each guess to standard error."""
    out = None if options.out is None else Path(options.out)
    if out is not None:
        require_absent(out)  # checked first, since loading may take minutes
    directory = Path.cwd() if out is None else out.absolute().parent
    imports = list(dict.fromkeys(options.imports))
    inferred, model, given = _infer(options, directory, imports)
    data = inferred.document.to_json()
    if imports and "imports" not in data:
        data["imports"] = imports
    name = options.name or given or _attribute_name(options.model) or data.get("name") or _default_name(options.model)
    document = from_json({**data, **({"name": name} if name else {}), **({"model": model} if model else {})})
    _write_spec(document, out)
    for guess in (*inferred.guesses, *_further_warnings(document, inferred.guesses)):
        note(f"guess: {guess}")
    if out is not None:
        note(f"wrote {out}; check it with: specc validate {out}")
    return OK


def _further_warnings(document: Document, guesses: Sequence[Guess]) -> Iterator[Guess]:
    """A guess for each finding of ``specc validate`` about a place of which there is no guess yet."""
    from specc.scaffold.inferred_spec import Guess, text_with_hint

    places = {guess.path for guess in guesses}
    for each in run_checks(document, Settings()):
        if each.path not in places:
            yield Guess(each.path, text_with_hint(each))


def _infer(
    options: argparse.Namespace, directory: Path, imports: list[str]
) -> tuple[InferredSpec, str | None, str | None]:
    """The spec, the model's path in a document in ``directory``, and the name that a person gave to the model.

    The path is None if the spec has it already.
    """
    target = options.model
    path = Path(target)
    if path.is_dir():
        from specc.scaffold.from_archive import infer_archive_spec

        inferred = infer_archive_spec(path, model=f"{_path_in_spec(path, directory)}/", imports=imports)
        return inferred, None, inferred.document.name
    if path.suffix in MODEL_FILES and (path.exists() or _IMPORTED.fullmatch(target) is None):
        if not path.exists():
            raise UnreadableError(f"cannot read {target}: there is no such file")
        named = _path_in_spec(path, directory)
    elif _IMPORTED.fullmatch(target):
        named = target
    else:
        what = "it is not a .keras or .h5 file" if path.exists() else "there is no such file or directory"
        kinds = "expected module:attribute, a .keras or .h5 file or the directory of a SavedModel"
        raise UnreadableError(f"cannot read {target}: {what}; {kinds}")
    import_tensorflow("init")
    from specc.cli.build_jobs import SEED
    from specc.compiler.load_model import load_model
    from specc.compiler.user_code import run_user_code
    from specc.scaffold.from_model.call_recorder import record_first_calls
    from specc.scaffold.from_model.infer_spec import given_name, infer_spec
    from specc.scaffold.from_model.skeleton import skeleton_of

    here = Path.cwd()
    note(f"loading {target}")
    # Standard output holds the spec, whatever the model prints.
    with modules_of(here, (here,)), _findings_name_target(target), contextlib.redirect_stdout(sys.stderr):
        with record_first_calls() as call_of:
            model = load_model(target, here, seed=SEED, imports=imports)
        note("tracing")

        def infer() -> InferredSpec:
            return infer_spec(model, example=call_of(model))

        # An error in a method that the model overrides must not become a traceback.
        try:
            return run_user_code(infer, "bad-model", ("model",), "describing it failed"), named, given_name(model)
        except SpecError as error:
            skeleton = run_user_code(
                partial(skeleton_of, model, error.diagnostics), "bad-model", ("model",), "describing it failed"
            )
            if skeleton is not None:
                name = options.name or _attribute_name(target) or _default_name(target)
                _write_skeleton(skeleton.to_json(name=name, model=named, imports=imports), options.out)
            raise


def _path_in_spec(path: Path, directory: Path) -> str:
    """The path of a file or directory as written in a spec in ``directory``."""
    named = Path(os.path.relpath(path.absolute(), directory)).as_posix()
    return f"./{named}" if ":" in named and "/" not in named else named  # else it would be read as module:attribute


@contextlib.contextmanager
def _findings_name_target(target: str) -> Iterator[None]:
    try:
        yield
    except SpecError as error:
        raise SpecError(
            finding.at(()).in_file("--import") if finding.path[:1] == ("imports",) else finding.in_file(target)
            for finding in error.diagnostics
        ) from error


def _attribute_name(target: str) -> str:
    """The name of the attribute that ``module:attribute`` names, or "" if it is private or generic."""
    name = target.rpartition(":")[2].rpartition(".")[2] if _is_imported(target) else ""
    words = set(name.lower().split("_"))
    return "" if name.startswith("_") or words <= _GENERIC_WORDS else name


def _default_name(target: str) -> str:
    """The default name of a model: that of its file, its module, or the directory above a numbered version."""
    if _is_imported(target):
        return target.partition(":")[0].rpartition(".")[2]
    path = Path(target).absolute()
    return path.parent.name if path.name.isdigit() and path.is_dir() else path.stem


def _is_imported(target: str) -> bool:
    """Whether ``target`` is ``module:attribute``, and not a path that looks so."""
    return _IMPORTED.fullmatch(target) is not None and not Path(target).exists()


def _write_skeleton(data: dict[str, Any], out: str | None) -> None:
    """Writes a spec with blanks to a new file; never to standard output, which holds a spec that builds or findings."""
    if out is None:
        note("nothing can be inferred; with --out FILE, init writes a skeleton with blanks to fill in")
        return
    write_new(Path(out), _encoded(lay_out(data)))
    for name, endpoint in data["endpoints"].items():
        arguments = ", ".join(endpoint.get("arguments", DEFAULT_ARGUMENTS))
        note(f"fill in: endpoints.{name}: the dtype and sizes of {arguments} and of the result")
    note(f"wrote {out}, a skeleton: replace each DTYPE and SIZES, then check it with: specc validate {out}")


def _write_spec(document: Document, out: Path | None) -> None:
    """Writes the canonical text to standard output, or atomically to a new file."""
    text = _encoded(dump(document))
    if out is None:
        write(text.decode("utf-8"))
        sys.stdout.flush()
        return
    write_new(out, text)


def _encoded(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise UnreadableError("the model's path is not valid text, so a spec cannot name it") from None
