"""What all tests share."""

import os

from hypothesis import settings

# Machines are noisy: an example that takes long once is no failure. The examples are the same in every run, so that a
# change is judged by what it changed; `HYPOTHESIS_PROFILE=search` looks for new ones.
settings.register_profile("m3w", deadline=None, max_examples=50, derandomize=True)
settings.register_profile("search", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "m3w"))
