"""Builds a SavedModel from a document and a model: compiling, tracing, writing and publishing."""

from specc.compiler.call_signature import call_signature as call_signature
from specc.compiler.compiled_endpoint import CompiledEndpoint as CompiledEndpoint
from specc.compiler.export_report import EndpointReport as EndpointReport
from specc.compiler.export_report import ExportReport as ExportReport
from specc.compiler.keras_steps import eval_step as eval_step
from specc.compiler.keras_steps import metric_values as metric_values
from specc.compiler.keras_steps import reset_metrics as reset_metrics
from specc.compiler.keras_steps import train_step as train_step
from specc.compiler.merge import MergedReport as MergedReport
from specc.compiler.merge import merge as merge
from specc.compiler.program import Program as Program
from specc.compiler.program import compile as compile  # the name of the stage
