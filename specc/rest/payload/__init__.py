"""Payload check: the findings about a request in TensorFlow Serving's JSON, without a server."""

from specc.rest.payload.check import check_request as check_request
