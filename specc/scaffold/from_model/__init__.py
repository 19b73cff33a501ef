"""Infers a first spec from a model: its inputs and outputs, from its own record, its calls and its traces."""
