"""Settings for the whole suite: how long property tests search, and from where."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

settings.register_profile("usual", max_examples=200, derandomize=True, deadline=None)
settings.register_profile(
    "deep", max_examples=20_000, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)  # `make fuzz`
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "usual"))
