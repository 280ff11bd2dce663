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
    parser = _parser()
    if "_ARGCOMPLETE" in os.environ:
        import argcomplete

        argcomplete.autocomplete(parser)  # answers the shell and ends the process
    arguments = parser.parse_args(argv)
    os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return int(arguments.run(arguments) or 0)
    except M3WError as error:
        from m3w_builder.storage import hidden

        print(f"m3w: {hidden(str(error))}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("m3w: interrupted; the same command goes on from here", file=sys.stderr)
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0


START = """start here:
  m3w quickstart                                    a small web, a corpus of it, training on it
  m3w build configs/warc.yaml --out runs/mine       a corpus of your own archives
  m3w browse runs/mine                              look at it
  m3w COMMAND --help                                what a command takes, with an example
"""


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="m3w",
        description="Builds interleaved text-and-picture corpora from the web.",
        epilog=START,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"m3w {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, run: Any, help_line: str, example: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(
            name,
            help=help_line,
            description=f"{help_line[0].upper()}{help_line[1:]}.",
            epilog=f"example:\n  {example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        sub.set_defaults(run=run)
        return sub

    def built(name: str, run: Any, help_line: str, example: str) -> argparse.ArgumentParser:
        sub = command(name, run, help_line, example)
        sub.add_argument("build", metavar="BUILD", help="a build's folder or URL")
        return sub

    sub = command("build", _build, "build a corpus, or go on with one", "m3w build configs/warc.yaml --out runs/mine")
    sub.add_argument("config", metavar="CONFIG", help="a YAML file")
    sub.add_argument("--out", default="", help="the build's folder, any fsspec URL; takes the place of `out`")
    sub.add_argument("--retry-failed", action="store_true", help="ask again for pictures whose links gave nothing")
    _settings(sub, "shards.target_mb=64")
    _how_to_tell(sub)
    sub = command(
        "quickstart", _quickstart, "a small web, a corpus of it, training on it", "m3w quickstart --pages 600"
    )
    sub.add_argument("--pages", type=int, default=0, help="pages of the sample web")
    sub.add_argument("--out", default="runs/quickstart", help="where everything goes (default: %(default)s)")
    _how_to_tell(sub)
    built("verify", _verify, "prove the books, the checksums and every shard", "m3w verify runs/mine")
    built("report", _report, "write the statistics page", "m3w report runs/mine")
    sub = built("browse", _browse, "look at documents, kept and dropped, in the web browser", "m3w browse runs/mine")
    sub.add_argument("--port", type=int, default=8800, help="port on the loopback address; 0 takes a free one")
    sub = built("why", _why, "tell one URL's way through the stages", "m3w why runs/mine http://example.org/")
    sub.add_argument("url", metavar="URL", help="a page's or a picture's URL")
    sub = built(
        "validate", _validate, "train the reference Flamingo on the shards and judge them", "m3w validate runs/mine"
    )
    _settings(sub, "steps=500")
    sub = built("train", _train, "train a Flamingo on a build", "m3w train runs/mine --set steps=500")
    _settings(sub, "steps=500")
    sub = built("pretrain", _pretrain, "train a vision tower on a build's own pairs", "m3w pretrain runs/mine")
    _settings(sub, "model=coca")
    sub = command("evaluate", _evaluate, "few-shot evaluation", "m3w evaluate runs/mine/validate/model rendered:colour")
    sub.add_argument("checkpoint", metavar="CHECKPOINT", help="a checkpoint's folder")
    sub.add_argument("tasks", nargs="+", metavar="TASK", help="rendered:colour, :shape, :ground, :count, or a folder")
    _settings(sub, "shots=[0,4]")
    sub = command("criticise", _criticise, "what is said against Flamingo, measured", "m3w criticise --json table.json")
    sub.add_argument("--json", default="", metavar="FILE", help="write all figures to a file")
    _settings(sub, "steps=400")
    sub = command("chat", _chat, "talk with a checkpoint about pictures", "m3w chat runs/mine/validate/model")
    sub.add_argument("checkpoint", metavar="CHECKPOINT", help="a checkpoint's folder")
    sub.add_argument("--web", action="store_true", help="as a page on the loopback address instead of the terminal")
    sub.add_argument("--port", type=int, default=8801, help="its port; 0 takes a free one (default: %(default)s)")
    sub = built("export", _export, "other projects' layouts", "m3w export runs/mine --format obelics --out there")
    sub.add_argument(
        "--format", required=True, help="obelics, mmc4, open_flamingo, omnicorpus, energon, parquet or img2dataset"
    )
    sub.add_argument("--out", required=True, help="the folder to write to")
    sub = built(
        "takedown", _takedown, "remove pages or pictures for good", "m3w takedown runs/mine --host a.org --dry-run"
    )
    sub.add_argument("--url", action="append", default=[], help="a page's URL; may be given again, as the next two")
    sub.add_argument("--host", action="append", default=[], help="a host, with all below it")
    sub.add_argument("--image", action="append", default=[], help="a picture's URL, sha256, perceptual hash, or a file")
    sub.add_argument("--list", action="append", default=[], metavar="FILE", help="lines of url, host or image and what")
    sub.add_argument("--distance", type=int, default=0, help="near copies: bits by which a perceptual hash may differ")
    sub.add_argument("--dry-run", action="store_true", help="only tell what would go")
    built("versions", _versions, "list what each run of a build made and reused", "m3w versions runs/mine")
    sub = command(
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
    _settings(sub, "steps=500")
    sub = command(
        "decontaminate-index",
        _index,
        "hash list of an evaluation set",
        "m3w decontaminate-index coco.tar --out coco.json",
    )
    sub.add_argument("source", metavar="SOURCE", help="a folder or tar of pictures and texts")
    sub.add_argument("--out", required=True, help="the file to write")
    sub.add_argument("--model", default="", help="an open_clip model, for the pictures' embeddings too")
    sub.add_argument("--weights", default="", help="its pretrained tag, or a file")
    sub = command(
        "extract", _extract, "one page to items, as JSON lines", "m3w extract page.html --url http://example.org/"
    )
    sub.add_argument("file", metavar="FILE", help="an HTML file, or - for standard input")
    sub.add_argument("--url", required=True, help="the page's address")
    sub.add_argument("--explain", action="store_true", help="show which elements were kept or dropped, and why")
    sub = command("sampleweb", _sampleweb, "generate a small web with known truth", "m3w sampleweb /tmp/web --serve")
    sub.add_argument("folder", metavar="FOLDER", help="where it goes")
    sub.add_argument("--pages", type=int, default=200, help="article pages (default: %(default)s)")
    sub.add_argument("--seed", type=int, default=0, help="another seed makes another web (default: %(default)s)")
    sub.add_argument("--warc", default="", metavar="WHERE", help="also write it as WARC files into this folder")
    sub.add_argument("--serve", action="store_true", help="serve it on the loopback address until Ctrl-C")
    sub = command(
        "completion", _completion, "what a shell needs to complete m3w's commands", 'eval "$(m3w completion bash)"'
    )
    sub.add_argument("shell", choices=("bash", "zsh", "fish"), help="the shell; its start-up file can hold the example")
    return parser


def _settings(sub: argparse.ArgumentParser, example: str) -> None:
    meaning = f"change one key of the config, as {example}; may be given again"
    sub.add_argument("--set", dest="settings", action="append", default=[], metavar="KEY=VALUE", help=meaning)


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
    return job.run(loaded, out, arguments.mode, arguments.retry_failed)


def _quickstart(arguments: argparse.Namespace) -> int:
    from m3w_builder import quickstart

    return quickstart.run(arguments.out, arguments.pages, arguments.mode)


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


def _train(arguments: argparse.Namespace) -> int:
    from m3w_builder import job

    print(job.train(arguments.build, arguments.settings))
    return 0


def _pretrain(arguments: argparse.Namespace) -> int:
    from m3w_builder import job

    print(job.pretrain(arguments.build, arguments.settings))
    return 0


def _evaluate(arguments: argparse.Namespace) -> int:
    from m3w_builder import job

    print("\n".join(job.evaluate(arguments.checkpoint, arguments.tasks, arguments.settings)))
    return 0


def _criticise(arguments: argparse.Namespace) -> int:
    from m3w_builder import job

    print(job.criticise(arguments.json, arguments.settings))
    return 0


def _chat(arguments: argparse.Namespace) -> int:
    from m3w_builder.flamingo import chat, chat_page

    if arguments.web:
        chat_page.serve(arguments.checkpoint, arguments.port)
        return 0
    chat.chat(arguments.checkpoint, sys.stdin, lambda text: print(text, end="", flush=True))
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


def _compare(arguments: argparse.Namespace) -> int:
    from m3w_builder import job

    if arguments.train:
        print("\n".join(job.contest(arguments.first, arguments.second, arguments.seeds, arguments.settings)))
    else:
        print("\n".join(job.compare(arguments.first, arguments.second, arguments.out)))
    return 0


def _index(arguments: argparse.Namespace) -> int:
    from m3w_builder import decontaminate
    from m3w_builder.pictures import Embedding

    embedding = Embedding(arguments.model, arguments.weights) if arguments.model else None
    pictures, texts = decontaminate.index(arguments.source, arguments.out, embedding)
    print(f"{arguments.out}: {pictures} pictures, {texts} runs of words")
    return 0


def _extract(arguments: argparse.Namespace) -> int:
    from m3w_builder import extract
    from m3w_builder.document import item_to_json
    from m3w_builder.stage import Drop

    try:
        html = sys.stdin.buffer.read() if arguments.file == "-" else Path(arguments.file).read_bytes()
    except OSError as error:
        raise ConfigError(f"{arguments.file}: {error.strerror}") from None
    if arguments.explain:
        print("\n".join(extract.explain(html, arguments.url)))
        return 0
    answer = extract.told(html, arguments.url)
    if isinstance(answer, Drop):
        print(f"m3w: {arguments.file}: no document: {answer.reason}: {extract.REASONS[answer.reason]}", file=sys.stderr)
        return 1
    for item in answer.items:
        print(json.dumps(item_to_json(item), ensure_ascii=False))
    return 0


def _sampleweb(arguments: argparse.Namespace) -> int:
    from m3w_builder import sampleweb

    truth = sampleweb.generate(arguments.folder, arguments.pages, arguments.seed)
    print(f"{arguments.folder}: {len(truth['pages'])} pages, {len(truth['pictures'])} pictures, truth.json")
    if arguments.warc:
        print("\n".join(sampleweb.write_warc(arguments.folder, arguments.warc)))
    if arguments.serve:
        with sampleweb.serve(arguments.folder) as web:
            print(f"serving {', '.join(web.hosts)} at {web.address}; Ctrl-C ends")
            signal.pause()
    return 0


def _completion(arguments: argparse.Namespace) -> int:
    from argcomplete import shell_integration

    print(shell_integration.shellcode(["m3w"], shell=arguments.shell))
    return 0


if __name__ == "__main__":
    sys.exit(main())
