"""Mock: a server that answers TensorFlow Serving's REST API as a contract says, without a model or TensorFlow."""
