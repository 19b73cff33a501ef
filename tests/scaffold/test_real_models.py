"""First specs of real models: what ``specc init`` prints is the golden spec, which can be committed as it is."""

import pytest
from real_specs import FAMILIES, GOLDEN, first_spec, golden_guesses, golden_specs, models

pytestmark = pytest.mark.tensorflow
