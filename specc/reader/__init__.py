"""SavedModel to Document, from protobuf alone: TensorFlow need not be installed."""

from specc.reader.archive_reader import Inspection as Inspection
from specc.reader.archive_reader import inspect as inspect
from specc.reader.archive_reader import inspect_archive as inspect_archive
