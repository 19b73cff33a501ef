"""The rules about inputs and outputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from specc.change import Change
from specc.compatibility.argument_added import argument_added, argument_removed
from specc.compatibility.argument_renamed import argument_moved, argument_renamed
from specc.compatibility.crossed_names import crossed_names
from specc.compatibility.dim_narrowed import dim_narrowed, dim_widened
from specc.compatibility.endpoint_pair import EndpointPair
from specc.compatibility.input_added import input_added, input_removed
from specc.compatibility.input_kind_changed import input_type_changed
from specc.compatibility.input_made_required import input_default_changed
from specc.compatibility.input_narrowed import input_narrowed, input_widened
from specc.compatibility.input_range_narrowed import input_range_narrowed, output_range_widened
from specc.compatibility.input_renamed import input_renamed
from specc.compatibility.input_structure_changed import (
    input_structure_changed,
    namedtuple_renamed,
    output_structure_changed,
)
from specc.compatibility.inputs_tied import inputs_tied, inputs_untied
from specc.compatibility.not_stated import not_stated
from specc.compatibility.output_added import output_added, output_removed
from specc.compatibility.output_kind_changed import output_type_changed
from specc.compatibility.output_renamed import output_renamed
from specc.compatibility.output_widened import output_narrowed, output_widened
from specc.compatibility.outputs_untied import outputs_tied, outputs_untied
from specc.compatibility.rest_format_changed import rest_format_changed, rest_rows_gained, rest_rows_lost

EndpointRule: TypeAlias = Callable[[EndpointPair], Iterator[Change]]
"""Yields the changes of two endpoints."""

LEAF_RULES: tuple[EndpointRule, ...] = (
    argument_removed,
    argument_added,
    argument_renamed,
    argument_moved,
    input_removed,
    input_added,
    input_renamed,
    input_structure_changed,
    input_type_changed,
    input_narrowed,
    input_widened,
    dim_narrowed,
    dim_widened,
    inputs_tied,
    inputs_untied,
    input_range_narrowed,
    input_default_changed,
    output_removed,
    output_added,
    output_renamed,
    output_structure_changed,
    output_type_changed,
    output_widened,
    output_narrowed,
    outputs_untied,
    outputs_tied,
    output_range_widened,
    rest_format_changed,
    rest_rows_lost,
    rest_rows_gained,
    namedtuple_renamed,
    crossed_names,
    not_stated,
)
