"""Protobuf without TensorFlow: the wire format, TensorFlow's messages, tensors and structured values."""
