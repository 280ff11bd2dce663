"""M3W builder: makes interleaved text-and-picture corpora from the web, and proves them."""

__version__ = "0.1.0"
