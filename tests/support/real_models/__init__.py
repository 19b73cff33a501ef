"""Models of the kinds that people export, small and with random weights: one module for each kind."""
