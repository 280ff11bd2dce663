"""The `m3w` command: parses, calls, prints; no logic."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from m3w_builder import __version__
from m3w_builder.errors import BuildError, ConfigError, M3WError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Exit codes: 0 done; 1 the data or a check failed; 2 wrong use or config; 130 interrupted."""
    arguments = _parser().parse_args(argv)
    os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return int(arguments.run(arguments) or 0)
    except M3WError as error:
        print(f"m3w: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("m3w: interrupted; the same command goes on from here", file=sys.stderr)
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="m3w", description="Builds interleaved text-and-picture corpora from the web."
    )
    parser.add_argument("--version", action="version", version=f"m3w {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, run: Any, help_line: str, example: str, **positional: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=help_line, description=help_line, epilog=f"example: {example}")
        for argument, meaning in positional.items():
            sub.add_argument(argument, metavar=argument.upper(), help=meaning)
        sub.set_defaults(run=run)
        return sub

    built = {"build": "a build's folder or URL"}
    sub = command(
        "build",
        _build,
        "build a corpus, or go on with one",
        "m3w build configs/warc.yaml --out runs/mine",
        config="a YAML file",
    )
    sub.add_argument(
        "--out", default="", help="the build's folder, any fsspec URL; takes the place of the config's `out`"
    )
    sub.add_argument(
        "--set",
        dest="settings",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="change one key: shards.target_mb=64",
    )
    _how_to_tell(sub)
    sub = command(
        "quickstart", _quickstart, "make a small web, build a corpus of it, train on it", "m3w quickstart --pages 600"
    )
    sub.add_argument(
        "--pages", type=int, default=0, help="pages of the sample web (default: what the quickstart's config wants)"
    )
    sub.add_argument("--out", default="runs/quickstart", help="where everything goes (default: %(default)s)")
    _how_to_tell(sub)
    command("verify", _verify, "prove the books, the checksums and every shard", "m3w verify runs/mine", **built)
    command("report", _report, "write the statistics page", "m3w report runs/mine", **built)
    sub = command(
        "browse", _browse, "look at documents, kept and dropped, in the web browser", "m3w browse runs/mine", **built
    )
    sub.add_argument(
        "--port", type=int, default=8800, help="port on the loopback address; 0 takes a free one (default: %(default)s)"
    )
    command(
        "why",
        _why,
        "tell one URL's way through the stages",
        "m3w why runs/mine http://example.org/",
        **built,
        url="a page's or a picture's URL",
    )
    sub = command(
        "validate",
        _validate,
        "train the reference Flamingo on the shards and judge them",
        "m3w validate runs/mine",
        **built,
    )
    sub.add_argument(
        "--set", dest="settings", action="append", default=[], metavar="KEY=VALUE", help="change one key: steps=500"
    )
    sub = command(
        "extract",
        _extract,
        "one page to items, as JSON lines",
        "m3w extract page.html --url http://example.org/",
        file="an HTML file, or - for standard input",
    )
    sub.add_argument("--url", required=True, help="the page's address")
    sub.add_argument("--explain", action="store_true", help="show which elements were kept or dropped, and why")
    sub = command(
        "sampleweb",
        _sampleweb,
        "generate a small web with known truth",
        "m3w sampleweb /tmp/web --pages 200 --serve",
        folder="where it goes",
    )
    sub.add_argument("--pages", type=int, default=200)
    sub.add_argument("--seed", type=int, default=0)
    sub.add_argument("--serve", action="store_true", help="serve it on the loopback address until Ctrl-C")
    return parser


def _how_to_tell(sub: argparse.ArgumentParser) -> None:
    sub.add_argument(
        "--quiet", action="store_const", dest="mode", const="quiet", default="auto", help="only errors and the end"
    )
    sub.add_argument(
        "--json", action="store_const", dest="mode", const="json", help="one JSON line an event, for machines"
    )


def _build(arguments: argparse.Namespace) -> int:
    from m3w_builder import config, job

    loaded = config.load(arguments.config, arguments.settings)
    out = arguments.out or loaded.out
    if not out:
        raise ConfigError("out: say where the build goes: --out FOLDER, or `out:` in the config")
    return job.run(loaded, out, arguments.mode)


def _quickstart(arguments: argparse.Namespace) -> int:
    from m3w_builder import quickstart

    return quickstart.run(arguments.out, arguments.pages, arguments.mode)


def _verify(arguments: argparse.Namespace) -> int:
    from m3w_builder import cluster, verify

    total, faults = verify.verify(arguments.build, cluster.Serial(1))
    for fault in faults:
        print(fault)
    if faults:
        raise BuildError(f"{arguments.build}: {len(faults)} faults")
    print(
        f"{arguments.build}: {total.samples} samples, {total.pictures} pictures; books, checksums and shards are whole"
    )
    return 0


def _report(arguments: argparse.Namespace) -> int:
    from m3w_builder import report

    print(report.write(arguments.build))
    return 0


def _browse(arguments: argparse.Namespace) -> int:
    from m3w_builder.report import browse

    browse.serve(arguments.build, port=arguments.port)
    return 0


def _why(arguments: argparse.Namespace) -> int:
    from m3w_builder.report.why import why

    lines = why(arguments.build, arguments.url)
    print("\n".join(lines) or f"{arguments.build} never met {arguments.url}")
    return 0 if lines else 1


def _validate(arguments: argparse.Namespace) -> int:
    from m3w_builder import job

    return job.validate(arguments.build, arguments.settings)


def _extract(arguments: argparse.Namespace) -> int:
    from m3w_builder import extract

    try:
        html = sys.stdin.buffer.read() if arguments.file == "-" else Path(arguments.file).read_bytes()
    except OSError as error:
        raise ConfigError(f"{arguments.file}: {error.strerror}") from None
    if arguments.explain:
        print("\n".join(extract.explain(html, arguments.url)))
        return 0
    for item in extract.items(html, arguments.url):
        print(json.dumps(item, ensure_ascii=False))
    return 0


def _sampleweb(arguments: argparse.Namespace) -> int:
    from m3w_builder import sampleweb

    truth = sampleweb.generate(arguments.folder, arguments.pages, arguments.seed)
    print(f"{arguments.folder}: {len(truth['pages'])} pages, {len(truth['pictures'])} pictures, truth.json")
    if arguments.serve:
        with sampleweb.serve(arguments.folder) as web:
            print(f"serving {', '.join(web.hosts)} at {web.address}; Ctrl-C ends")
            signal.pause()
    return 0


if __name__ == "__main__":
    sys.exit(main())
