"""A first spec from a model: what it takes and gives, found out from its own record, its calls and its traces."""
