"""Shards in other projects' layouts: `export(build, format, out)`."""

from m3w_builder.shards.formats.export import FORMATS, export

__all__ = ["FORMATS", "export"]
