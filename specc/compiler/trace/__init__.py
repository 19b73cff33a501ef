"""From a model's functions to traced cores, endpoints and receivers."""
