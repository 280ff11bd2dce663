"""What all tests share."""

from hypothesis import settings

# Machines are noisy: an example that takes long once is no failure.
settings.register_profile("m3w", deadline=None, max_examples=50)
settings.load_profile("m3w")
