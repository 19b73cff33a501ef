"""Reads a SavedModel into a Document, from its protobuf only: TensorFlow need not be installed."""

from specc.reader.inspection import Inspection as Inspection
from specc.reader.inspection import inspect as inspect
from specc.reader.inspection import inspect_archive as inspect_archive
