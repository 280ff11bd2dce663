"""The commands that look at a corpus: report, browse, why, compare."""

from __future__ import annotations

import argparse

from m3w_builder.cli.options import Commands, built, command, settings


def add(commands: Commands) -> None:
    """Add these commands to the parser."""
    built(commands, "report", _report, "write the statistics page", "m3w report runs/mine")
    sub = built(
        commands, "browse", _browse, "look at documents, kept and dropped, in the web browser", "m3w browse runs/mine"
    )
    sub.add_argument("--port", type=int, default=8800, help="port on the loopback address; 0 takes a free one")
    sub = built(commands, "why", _why, "tell one URL's way through the stages", "m3w why runs/mine http://example.org/")
    sub.add_argument("url", metavar="URL", help="a page's or a picture's URL")
    sub = command(
        commands,
        "compare",
        _compare,
        "two builds or versions side by side, as text and as a page",
        "m3w compare runs/mine@1 runs/mine",
    )
    sub.add_argument("first", metavar="A", help="a build's folder or URL, or one of its versions as BUILD@NUMBER")
    sub.add_argument("second", metavar="B", help="the other")
    sub.add_argument("--out", default="", help="the page (default: report/compare.html of B)")
    sub.add_argument(
        "--train", action="store_true", help="train a small Flamingo alike on each; which data serve better"
    )
    sub.add_argument("--seeds", type=int, default=3, help="trainings of each with --train (default: %(default)s)")
    for side in ("a", "b"):
        said = f"in which order --train reads {side.upper()}'s pictures: as on the page, or by the build's alignment"
        sub.add_argument(f"--order-{side}", choices=("page", "similarity"), default="page", help=said)
    settings(sub, "steps=500")


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


def _compare(arguments: argparse.Namespace) -> int:
    from m3w_builder import job

    if arguments.train:
        orders = arguments.order_a, arguments.order_b
        print("\n".join(job.contest(arguments.first, arguments.second, arguments.seeds, arguments.settings, orders)))
    else:
        print("\n".join(job.compare(arguments.first, arguments.second, arguments.out)))
    return 0
