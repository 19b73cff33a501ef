"""What ``show`` and ``inspect`` print: a tree for the terminal, and an HTML page; no TensorFlow."""
