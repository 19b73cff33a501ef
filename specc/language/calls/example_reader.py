"""ExampleReader: one example, followed along the trees of its endpoint and into its files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

from specc.diagnostics import SpecPath, did_you_mean, finding, shorten
from specc.errors import SpecError
from specc.language.calls.array_files import (
    NPY,
    NPZ,
    ArrayFiles,
    BadFileError,
    MissingFileError,
    StoredArray,
    path_problem,
)
from specc.language.calls.array_names import ArrayNames, clashing, from_arrays, numbers
from specc.language.calls.call import Call
from specc.language.calls.descent import Descent, LeafValue
from specc.language.calls.findings import EnoughError, Findings, Found
from specc.language.calls.flat_tensor import FlatTensor, tensor_of
from specc.language.calls.leaf_checks import check_bounds, check_leaf
from specc.language.calls.leaf_values import Index, read_leaf
from specc.language.calls.sizes import NamedSizes, leaf_shape
from specc.language.document import Document
from specc.language.examples import Example
from specc.language.tensor_bytes import NoElementError, from_json
from specc.language.tolerance import allowance
from specc.language.trees import Dict, NamedTuple, Tensor, children
from specc.language.values import scalars
from specc.language.wire_names import BoundLeaf, input_leaves, output_leaves

_MAX_SHOWN = 100
"""How many names a hint considers: a hostile file has thousands."""


class ExampleReader:
    """Reads one example: ``findings`` has what is wrong with it, else it is a ``call``.

    ``unread`` are the paths of the files that were not looked for, since the document has no directory.
    """

    def __init__(self, document: Document, name: str, example: Example, at: SpecPath, files: ArrayFiles | None) -> None:
        self._name = name
        self._endpoint = document.endpoints[name]
        self._example = example
        self._at = at
        self._files = files
        self._names = ArrayNames(self._endpoint)
        self._leaves = {"inputs": input_leaves(self._endpoint), "outputs": output_leaves(self._endpoint)}
        self._found: dict[str, dict[str, Found]] = {"inputs": {}, "outputs": {}}
        self._left_out: list[BoundLeaf] = []
        self.findings = Findings()
        self.unread: list[SpecPath] = []
        self._sizes = NamedSizes(document.dims, self.findings)

    def read(self) -> None:
        """Reads both sides, and the files that they name."""
        try:
            for side, value in (("inputs", self._example.inputs), ("outputs", self._example.outputs)):
                path = (*self._at, side)
                if side == "outputs" and value is None:
                    continue
                file = _file_name(value)
                if file is None or self._is_member(side, file):
                    self._nested(side, value, path)
                else:
                    self._whole(side, file, (*path, "file"))
        except EnoughError:
            pass

    def _is_member(self, side: str, file: str) -> bool:
        """Whether ``{"file": FILE}`` is a part of the outputs: the value of their key "file", or of their one leaf."""
        tree = self._endpoint.outputs
        if side == "inputs":
            return False
        if isinstance(tree, (Dict, NamedTuple)):
            return any(key == "file" for key, _ in children(tree))
        return isinstance(tree, Tensor) and file.endswith(NPY)

    def _nested(self, side: str, value: Any, path: SpecPath) -> None:
        descent = Descent(self._leaves[side], self.findings)
        if side == "inputs":
            placed = descent.arguments(self._endpoint, value, path)
        else:
            placed = descent.below(self._endpoint.outputs, value, ("outputs",), path, is_input=False)
        for each in placed:
            self._leaf(side, each)
        self._left_out += descent.left_out

    def _leaf(self, side: str, each: LeafValue) -> None:
        bound, path = each.bound, each.path
        file = _file_name(each.value)
        if file is None:
            found = read_leaf(bound, each.value, path, self.findings)
            if found is not None:
                self._take(side, bound, found, path, lambda index: (*path, *index))
            return
        path = (*path, "file")
        if not isinstance(bound.leaf, Tensor) or bound.leaf.dtype == "string" or not file.endswith(NPY):
            hint = f"files are {NPY} for one dense tensor of numbers, {NPZ} for all inputs or outputs"
            self.findings.add(
                path, f"{shorten(file)!r} cannot be the value of this leaf", hint, rule="bad-example-file"
            )
            return
        arrays = self._arrays(file, path)
        if arrays is not None:
            try:
                found = {bound.components[0].wire_name: numbers(bound.leaf.dtype, file, arrays[""])}
            except BadFileError as error:
                self.findings.add(path, str(error), rule="bad-example-file")
            else:
                self._take(side, bound, found, path, lambda _: path)

    def _whole(self, side: str, file: str, path: SpecPath) -> None:
        """All leaves of one side, from one file."""
        if not file.endswith(NPZ):
            hint = f'name a file like "ranker.examples/night{NPZ}"'
            self.findings.add(
                path, f"all {side} are in an {NPZ} file, not in {shorten(file)!r}", hint, rule="bad-example-file"
            )
            return
        arrays = self._arrays(file, path)
        if arrays is None:
            return
        known = list(self._names.all())
        twice = clashing(known)
        if twice:
            message = f"the endpoint has two arrays called {shorten(twice)!r}, so a file cannot hold both"
            self.findings.add(path, message, "write the values here", rule="bad-example-file")
            return
        for name in sorted(arrays.keys() - set(known)):
            hint = did_you_mean(name, islice(known, _MAX_SHOWN)) or f"the arrays are {', '.join(known[:20])}"
            message = f"the array {shorten(name)!r} is none of the endpoint's"
            self.findings.add(path, message, hint, rule="bad-example-file")
        for bound in self._leaves[side]:
            self._leaf_of_file(side, bound, arrays, path)

    def _leaf_of_file(self, side: str, bound: BoundLeaf, arrays: Mapping[str, StoredArray], path: SpecPath) -> None:
        found, missing = dict[str, Found](), list[str]()
        for component in bound.components:
            name = self._names.of(side, component.wire_name)
            try:
                tensor = from_arrays(component, name, arrays)
            except BadFileError as error:
                self.findings.add(path, str(error), rule="bad-example-file")
                return
            if tensor is None:
                missing.append(name)
            else:
                found[component.wire_name] = tensor
        if not missing:
            self._take(side, bound, found, path, lambda _: path)
        elif not found and isinstance(bound.leaf, Tensor) and bound.leaf.default is not None:
            self._left_out.append(bound)
        elif found or side == "inputs":
            self.findings.add(path, f"the array {shorten(missing[0])!r} is missing", rule="bad-example-file")

    def _take(
        self, side: str, bound: BoundLeaf, found: dict[str, Found], path: SpecPath, at: Callable[[Index], SpecPath]
    ) -> None:
        """Checks the tensors of a leaf, and keeps them. The element at an index is at a path."""
        if not check_leaf(bound, found, path, self.findings):
            return
        is_call = self._example.error is None
        self._sizes.see(bound.leaf.shape, leaf_shape(bound, found), path, bounded=is_call)
        if is_call:
            slack = 0.0
            if side == "outputs":
                slack = allowance(self._endpoint.tolerance, bound.name, bound.leaf.dtype, "elsewhere").rtol
            check_bounds(bound, found, at, self.findings, slack=slack)
        self._found[side] |= found

    def _arrays(self, file: str, path: SpecPath) -> Mapping[str, StoredArray] | None:
        if problem := path_problem(file):
            self.findings.add(path, f"{shorten(file)!r} {problem}", rule="bad-example-file")
            return None
        if self._files is None:
            self.unread.append(path)
            return None
        try:
            return self._files.arrays(file)
        except MissingFileError as error:
            self.findings.add(
                path, str(error), "files are found from the spec's directory", rule="missing-example-file"
            )
        except BadFileError as error:
            self.findings.add(path, str(error), rule="bad-example-file")
        return None

    def call(self) -> Call:
        """The Call of an example without findings, whose files were read.

        Raises:
            SpecError: two tensors have the same wire name, or a default is beyond its dtype.
        """
        for leaves in self._leaves.values():
            if twice := clashing(part.wire_name for leaf in leaves for part in leaf.components):
                message = f"two tensors have the wire name {shorten(twice)!r}"
                raise SpecError([finding("name-clash", ("endpoints", self._name), message)])
        inputs, _ = self._finished("inputs")
        for bound in self._left_out:
            inputs[bound.name] = default_of(bound, ("endpoints", self._name))
        expected, open_axes = self._finished("outputs")
        ordered = {
            part.wire_name: inputs[part.wire_name] for leaf in self._leaves["inputs"] for part in leaf.components
        }
        left_out = frozenset(bound.name for bound in self._left_out)
        return Call(ordered, left_out, expected, open_axes, self._example.error)

    def _finished(self, side: str) -> tuple[dict[str, FlatTensor], dict[str, tuple[int, ...]]]:
        """The tensors of one side, with the sizes that JSON does not show, and the axes for which there is none."""
        tensors, open_axes = dict[str, FlatTensor](), dict[str, tuple[int, ...]]()
        for bound in self._leaves[side]:
            for component in bound.components:
                found = self._found[side].get(component.wire_name)
                if found is None or found.values is None:
                    continue
                sizes: list[int | None] = list(found.shape)
                for axis, dim in enumerate(component.shape or ()):
                    if sizes[axis] is None:
                        sizes[axis] = self._sizes.resolve(dim, is_input=side == "inputs")
                unknown = tuple(axis for axis, size in enumerate(sizes) if size is None)
                if unknown:
                    open_axes[component.wire_name] = unknown
                shape = tuple(size or 0 for size in sizes)
                tensors[component.wire_name] = FlatTensor(component.dtype, shape, found.values)
        return tensors, open_axes


def default_of(bound: BoundLeaf, at: SpecPath) -> FlatTensor:
    """The tensor of the default of an input leaf of the endpoint at ``at``.

    Raises:
        SpecError: its dtype cannot represent it.
    """
    leaf = bound.leaf
    assert isinstance(leaf, Tensor)
    shape = [dim for dim in leaf.shape or () if isinstance(dim, int)]
    try:
        return tensor_of(leaf.dtype, shape, [from_json(value, leaf.dtype) for value in scalars(leaf.default)])
    except NoElementError:
        message = f"the default is beyond what {leaf.dtype} can represent"
        raise SpecError([finding("bad-default", (*at, *bound.path, "default"), message)]) from None


def _file_name(value: Any) -> str | None:
    """The name in ``{"file": NAME}``, or None for any other value."""
    match value:
        case {"file": str(name), **rest} if not rest:
            return name
    return None
