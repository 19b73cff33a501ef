"""Artefacts: what serving and client teams need of a contract, each rendered as one file."""

from specc.artefacts.artefact import Artefact as Artefact
from specc.artefacts.artefact import Kind as Kind
from specc.artefacts.table import KINDS as KINDS
from specc.artefacts.table import emit as emit
from specc.artefacts.table import kind_called as kind_called
