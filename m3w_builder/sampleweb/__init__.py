"""A small web with known truth: generated, served, written as WARC, and compared with what a build made of it."""

from m3w_builder.sampleweb.compare import Comparison, compare
from m3w_builder.sampleweb.generate import generate
from m3w_builder.sampleweb.serve import Served, serve
from m3w_builder.sampleweb.warc import write_warc

__all__ = ["Comparison", "Served", "compare", "generate", "serve", "write_warc"]
