"""What the commands do from end to end: a build with its progress, report and closing words; a validation."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence

from m3w_builder import config as configs
from m3w_builder import report, storage
from m3w_builder.build import Summary, build
from m3w_builder.config import Config
from m3w_builder.errors import BuildError
from m3w_builder.lock import locked
from m3w_builder.progress import Progress


def run(config: Config, out: str, mode: str = "auto") -> int:
    """Build, write the report, say what came out. Raises BuildError where partitions were quarantined."""
    with Progress(mode) as progress:
        summary = build(config, out, progress)
        page = report.write(out)
        progress.finish(closing(summary, page))
    if summary.quarantined:
        names = ", ".join(f"{label} ({line})" for _, label, line in summary.quarantined[:5])
        raise BuildError(
            f"{len(summary.quarantined)} tasks failed and are quarantined: {names}; run again to retry them"
        )
    return 0


def closing(summary: Summary, page: str) -> dict[str, object]:
    """The figures of a finished build, and where to look."""
    ledger = summary.ledger
    return {
        "build": summary.build,
        "pages": ledger["read"].pages.taken,
        "documents": ledger["write"].pages.kept,
        "picture_references": ledger["extract"].pictures.taken,
        "pictures": ledger["write"].pictures.kept,
        "seconds": round(summary.seconds, 1),
        "cpu_seconds": round(summary.cpu_seconds, 1),
        "peak_mb": round(summary.peak_mb),
        "tasks": summary.tasks,
        "reused": summary.reused,
        "quarantined": len(summary.quarantined),
        "ledger": ledger.to_json(),
        "report": page,
    }


def validate(build_url: str, settings: Sequence[str] = (), say: bool = True) -> int:
    """Train the reference Flamingo on a build's shards and print the verdict; 1 where it is not good."""
    from m3w_builder import flamingo

    url = storage.join(build_url, "config.yaml")
    if not storage.exists(url):
        raise BuildError(f"{build_url}: no build lies there (no config.yaml)")
    config = configs.load(url, [f"validate.{setting}" for setting in settings])
    verdict = flamingo.validate(build_url, config.validate, lambda line: print(line, file=sys.stderr) if say else None)
    print(verdict.text)
    return 0 if verdict.ok else 1


def train(build_url: str, settings: Sequence[str] = ()) -> str:
    """Train a Flamingo on a build; the checkpoint's folder."""
    from m3w_builder.flamingo import small
    from m3w_builder.flamingo.config import TrainConfig

    return small.train(build_url, configs.section(TrainConfig, settings))


def evaluate(checkpoint: str, tasks: Sequence[str], settings: Sequence[str] = ()) -> list[str]:
    """A line for each task and number of shots."""
    from m3w_builder.flamingo import evaluate as evaluation
    from m3w_builder.flamingo.config import EvaluateConfig

    results = evaluation.run(checkpoint, tasks, configs.section(EvaluateConfig, settings))
    return [
        f"{one.task:24} {one.shots:3} shots  {one.metric} {one.value:.3f} [{one.low:.3f}, {one.high:.3f}]"
        f"  {one.tokens:.0f} tokens, {one.seconds:.2f} s a question"
        for one in results
    ]


def takedown(asked: Namespace) -> list[str]:
    """Take pages and pictures down; what went, a line each."""
    from m3w_builder.shards.takedown import takedown as take

    with locked(asked.build):
        went = take(asked.build, asked.url, asked.host, asked.image, distance=asked.distance, dry_run=asked.dry_run)
    would = "would go" if asked.dry_run else "went"
    lines = [f"page {url} {would}" for url in went.pages]
    lines += [f"picture {url} on {page} {would}" for url, page in went.pictures]
    pages, pictures, shards = len(went.pages), len(went.pictures), len(went.shards)
    return [*lines, f"{pages} pages and {pictures} pictures {would}; {shards} shards are concerned"]
