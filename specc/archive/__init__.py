"""From a document and a model to a SavedModel: the only code of specc that imports TensorFlow or Keras."""

from specc.archive.compiled import CompiledEndpoint as CompiledEndpoint
from specc.archive.program import Program as Program
from specc.archive.program import compile as compile  # the name of the stage
from specc.archive.report import EndpointReport as EndpointReport
from specc.archive.report import ExportReport as ExportReport
