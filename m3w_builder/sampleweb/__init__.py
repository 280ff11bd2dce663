"""A small web with known truth: generated, served, written as WARC, and compared with what a build made of it."""

from m3w_builder.sampleweb.generate import generate
from m3w_builder.sampleweb.serve import Served, serve

__all__ = ["Served", "generate", "serve"]
