"""TensorFlow Serving's JSON: what its REST API sends and prints of a signature."""
