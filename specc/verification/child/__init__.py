"""What the child process of ``verify`` does: it loads an archive, or makes a model, and calls the endpoints."""
