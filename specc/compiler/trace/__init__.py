"""Traces a model's functions to cores, endpoints and receivers."""
