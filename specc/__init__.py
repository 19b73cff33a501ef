"""A declarative signature-spec compiler for TensorFlow and Keras exports."""
