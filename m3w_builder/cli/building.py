"""The commands that build a corpus, prove it and change it: build, quickstart, verify, takedown, versions, export."""

from __future__ import annotations

import argparse

from m3w_builder.cli.options import Commands, built, command, how_to_tell, settings
from m3w_builder.errors import BuildError, ConfigError


def add(commands: Commands) -> None:
    """Add these commands to the parser."""
    sub = command(
        commands, "build", _build, "build a corpus, or go on with one", "m3w build configs/warc.yaml --out runs/mine"
    )
    sub.add_argument("config", metavar="CONFIG", help="a YAML file")
    sub.add_argument("--out", default="", help="the build's folder, any fsspec URL; takes the place of `out`")
    sub.add_argument("--retry-failed", action="store_true", help="ask again for pictures whose links gave nothing")
    settings(sub, "shards.target_mb=64")
    how_to_tell(sub)
    sub = command(
        commands, "quickstart", _quickstart, "a small web, a corpus of it, training on it", "m3w quickstart --pages 600"
    )
    sub.add_argument("--pages", type=int, default=0, help="pages of the sample web")
    sub.add_argument("--out", default="runs/quickstart", help="where everything goes (default: %(default)s)")
    settings(sub, "validate.steps=500")
    how_to_tell(sub)
    built(commands, "verify", _verify, "prove the books, the checksums and every shard", "m3w verify runs/mine")
    sub = built(
        commands, "export", _export, "other projects' layouts", "m3w export runs/mine --format obelics --out there"
    )
    sub.add_argument(
        "--format", required=True, help="obelics, mmc4, open_flamingo, omnicorpus, energon, parquet or img2dataset"
    )
    sub.add_argument("--out", required=True, help="the folder to write to")
    sub = built(
        commands,
        "takedown",
        _takedown,
        "remove pages or pictures for good",
        "m3w takedown runs/mine --host a.org --dry-run",
    )
    sub.add_argument("--url", action="append", default=[], help="a page's URL; may be given again, as the next two")
    sub.add_argument("--host", action="append", default=[], help="a host, with all below it")
    sub.add_argument("--image", action="append", default=[], help="a picture's URL, sha256, perceptual hash, or a file")
    sub.add_argument("--list", action="append", default=[], metavar="FILE", help="lines of url, host or image and what")
    sub.add_argument("--distance", type=int, default=0, help="near copies: bits by which a perceptual hash may differ")
    sub.add_argument("--dry-run", action="store_true", help="only tell what would go")
    built(commands, "versions", _versions, "list what each run of a build made and reused", "m3w versions runs/mine")


def _build(arguments: argparse.Namespace) -> int:
    from m3w_builder import config, job, lean

    lean.settle()
    loaded = config.load(arguments.config, arguments.settings)
    out = arguments.out or loaded.out
    if not out:
        raise ConfigError("out: say where the build goes: --out FOLDER, or `out:` in the config")
    return job.run(loaded, out, arguments.mode, arguments.retry_failed)


def _quickstart(arguments: argparse.Namespace) -> int:
    from m3w_builder import quickstart

    return quickstart.run(arguments.out, arguments.pages, arguments.mode, arguments.settings)


def _verify(arguments: argparse.Namespace) -> int:
    from m3w_builder import job

    total, faults = job.verify(arguments.build)
    for fault in faults:
        print(fault)
    if faults:
        raise BuildError(f"{arguments.build}: {len(faults)} faults")
    print(
        f"{arguments.build}: {total.samples} samples, {total.pictures} pictures; books, checksums and shards are whole"
    )
    return 0


def _export(arguments: argparse.Namespace) -> int:
    from m3w_builder.shards.formats.export import export

    print("\n".join(export(arguments.build, arguments.format, arguments.out)))
    return 0


def _takedown(arguments: argparse.Namespace) -> int:
    from m3w_builder import job

    print("\n".join(job.takedown(arguments)))
    return 0


def _versions(arguments: argparse.Namespace) -> int:
    from m3w_builder import versions

    print("\n".join(versions.listing(arguments.build)))
    return 0
