"""The commands that train, measure and talk: validate, train, pretrain, evaluate, criticise, chat."""

from __future__ import annotations

import argparse
import functools
import sys

from m3w_builder.cli.options import Commands, built, command, settings


def add(commands: Commands) -> None:
    """Add these commands to the parser."""
    sub = built(
        commands,
        "validate",
        _validate,
        "train the reference Flamingo on the shards and judge them",
        "m3w validate runs/mine",
    )
    sub.add_argument("--budget", type=float, default=1.0, help="times the default steps and documents")
    settings(sub, "steps=500")
    sub = built(commands, "train", _train, "train a Flamingo on a build", "m3w train runs/mine --set steps=500")
    settings(sub, "steps=500")
    sub = built(
        commands, "pretrain", _pretrain, "train a vision tower on a build's own pairs", "m3w pretrain runs/mine"
    )
    settings(sub, "model=coca")
    sub = command(
        commands, "evaluate", _evaluate, "few-shot evaluation", "m3w evaluate runs/mine/validate/model rendered:colour"
    )
    sub.add_argument("checkpoint", metavar="CHECKPOINT", help="a checkpoint's folder")
    sub.add_argument("tasks", nargs="+", metavar="TASK", help="rendered:colour, :shape, :ground, :count, or a folder")
    sub.add_argument("--json", default="", metavar="FILE", help="write the curve to a file")
    settings(sub, "shots=[0,4]")
    sub = command(
        commands, "criticise", _criticise, "what is said against Flamingo, measured", "m3w criticise --json table.json"
    )
    sub.add_argument("--json", default="", metavar="FILE", help="write all figures to a file")
    settings(sub, "steps=400")
    sub = command(commands, "chat", _chat, "talk with a checkpoint about pictures", "m3w chat runs/mine/validate/model")
    sub.add_argument("checkpoint", metavar="CHECKPOINT", help="a checkpoint's folder")
    sub.add_argument("--web", action="store_true", help="as a page on the loopback address instead of the terminal")
    sub.add_argument("--allow-private", action="store_true", help="let URLs lead to the own machine and network")
    sub.add_argument("--port", type=int, default=8801, help="its port; 0 takes a free one (default: %(default)s)")


def _validate(arguments: argparse.Namespace) -> int:
    from m3w_builder import job

    budget = [f"budget={arguments.budget:g}"] if arguments.budget != 1.0 else []
    return job.validate(arguments.build, [*budget, *arguments.settings])


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

    print(job.evaluate(arguments.checkpoint, arguments.tasks, arguments.json, arguments.settings))
    return 0


def _criticise(arguments: argparse.Namespace) -> int:
    from m3w_builder import job

    print(job.criticise(arguments.json, arguments.settings))
    return 0


def _chat(arguments: argparse.Namespace) -> int:
    from m3w_builder.flamingo import chat, chat_page

    if arguments.web:
        chat_page.serve(arguments.checkpoint, arguments.port, arguments.allow_private)
        return 0
    say = functools.partial(print, end="", flush=True)
    chat.chat(arguments.checkpoint, sys.stdin, say, private=arguments.allow_private)
    return 0
