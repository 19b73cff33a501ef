"""From a document and a model to a SavedModel: the only code of specc that imports TensorFlow or Keras."""

from specc.archive.call_signature import call_signature as call_signature
from specc.archive.compiled import CompiledEndpoint as CompiledEndpoint
from specc.archive.infer.infer_spec import infer_spec as infer_spec
from specc.archive.merge import MergedReport as MergedReport
from specc.archive.merge import merge as merge
from specc.archive.program import Program as Program
from specc.archive.program import compile as compile  # the name of the stage
from specc.archive.report import EndpointReport as EndpointReport
from specc.archive.report import ExportReport as ExportReport
from specc.archive.steps import eval_step as eval_step
from specc.archive.steps import metric_values as metric_values
from specc.archive.steps import reset_metrics as reset_metrics
from specc.archive.steps import train_step as train_step
