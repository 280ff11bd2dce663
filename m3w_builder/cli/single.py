"""The commands without a build: extract, decontaminate-index, sampleweb, completion."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from pathlib import Path

from m3w_builder.cli.options import Commands, command
from m3w_builder.errors import ConfigError


def add(commands: Commands) -> None:
    """Add these commands to the parser."""
    sub = command(
        commands,
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
        commands,
        "extract",
        _extract,
        "one page to items, as JSON lines",
        "m3w extract page.html --url http://example.org/",
    )
    sub.add_argument("file", metavar="FILE", help="an HTML file, or - for standard input")
    sub.add_argument("--url", required=True, help="the page's address")
    sub.add_argument("--explain", action="store_true", help="show which elements were kept or dropped, and why")
    sub = command(
        commands, "sampleweb", _sampleweb, "generate a small web with known truth", "m3w sampleweb /tmp/web --serve"
    )
    sub.add_argument("folder", metavar="FOLDER", help="where it goes")
    sub.add_argument("--pages", type=int, default=200, help="article pages (default: %(default)s)")
    sub.add_argument("--seed", type=int, default=0, help="another seed makes another web (default: %(default)s)")
    sub.add_argument("--warc", default="", metavar="WHERE", help="also write it as WARC files into this folder")
    sub.add_argument("--serve", action="store_true", help="serve it on the loopback address until Ctrl-C")
    sub = command(
        commands,
        "completion",
        _completion,
        "what a shell needs to complete m3w's commands",
        'eval "$(m3w completion bash)"',
    )
    sub.add_argument("shell", choices=("bash", "zsh", "fish"), help="the shell; its start-up file can hold the example")


def _index(arguments: argparse.Namespace) -> int:
    from m3w_builder import decontaminate
    from m3w_builder.pictures.scores import Embedding

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
