"""What the commands do from end to end: a build with its progress, report and closing words; a validation."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from m3w_builder import __version__, cluster, plan, report, storage, versions
from m3w_builder import config as configs
from m3w_builder.build import Summary, build
from m3w_builder.config import Config
from m3w_builder.engine import Engine
from m3w_builder.errors import BuildError
from m3w_builder.lock import locked
from m3w_builder.passes import receipt
from m3w_builder.progress import Progress
from m3w_builder.report import figures
from m3w_builder.report.sketches import Histogram
from m3w_builder.shards import cards

if TYPE_CHECKING:
    from m3w_builder.flamingo.corpus import Order
    from m3w_builder.verify import Checked


def run(config: Config, out: str, mode: str = "auto", retry_failed: bool = False) -> int:
    """Build, write the report, say what came out. Raises BuildError where partitions were quarantined."""
    with Progress(mode) as progress:
        summary = build(config, out, progress, retry_failed)
        progress.start("report", None)
        page = finish(out, config, "retry" if retry_failed else "build", summary.passes)
        progress.finish(closing(summary, page))
    if summary.quarantined:
        names = ", ".join(f"{label} ({line})" for _, label, line in summary.quarantined[:5])
        raise BuildError(
            f"{len(summary.quarantined)} tasks failed and are quarantined: {names}; run again to retry them"
        )
    return 0


def finish(out: str, config: Config, cause: str, passes: Mapping[str, Mapping[str, int]]) -> str:
    """Write what a build says of itself: report, manifest, cards, and its version; the report's path.

    `passes` are the tasks of each pass and how many of them were used again.
    """
    found = figures.gather(out)
    page = report.write(out, found)
    splits = cards.totals(out) if found["shards"] else {}
    about = {
        "name": config.name,
        "code": code_version(),
        "cause": cause,
        "passes": {name: dict(counts) for name, counts in passes.items()},
        "sources": {"config": plan.plain(config.source), "partitions": plan.count(out)},
        "config": plan.plain(config),
        "ledger": found["ledger"],
    }
    if splits:
        date = config.card.date or datetime.now(UTC).date().isoformat()
        cards.manifest(out, about)
        cards.croissant(out, config.name, config.card, date)
        most = Histogram(found["histograms"]["pictures_a_document"]).most
        counters = {name: dict(found["counters"][name]) for name in ("languages", "formats")}
        cards.dataset_card(out, config.name, config.card, counters["languages"], most, counters["formats"])
    versions.record(out, about, splits, found)
    return page


def code_version() -> str:
    """The package's version, and the digest of its code."""
    folders = sorted(path.name for path in Path(__file__).parent.iterdir() if path.suffix == ".py" or path.is_dir())
    return f"{__version__}+{receipt.code(*folders)}"


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


def pretrain(build_url: str, settings: Sequence[str] = ()) -> str:
    """Train a vision tower by contrast on a build; its folder."""
    from m3w_builder.flamingo import contrastive
    from m3w_builder.flamingo.config import ContrastConfig

    return contrastive.pretrain(build_url, configs.section(ContrastConfig, settings))


def evaluate(checkpoint: str, tasks: Sequence[str], out: str = "", settings: Sequence[str] = ()) -> str:
    """A line for each task and number of shots; the same figures in the file `out` where one is named."""
    from m3w_builder.flamingo import evaluate as evaluation
    from m3w_builder.flamingo.config import EvaluateConfig

    results = evaluation.run(checkpoint, tasks, configs.section(EvaluateConfig, settings))
    if out:
        storage.write_json(out, evaluation.as_json(results))
    return evaluation.table(results)


def takedown(asked: Namespace) -> list[str]:
    """Take pages and pictures down, and bring reports and cards to what is left; what went, a line each."""
    from m3w_builder import takedown as taking

    config = config_of(asked.build)
    known = taking.look(config.pictures)
    stones = taking.of_options(asked.url, asked.host, asked.image, asked.list, asked.distance, known)
    with locked(asked.build), engine_of(asked.build, config) as engine:
        least = config.assemble.min_pictures
        went = taking.takedown(asked.build, stones, engine, min_pictures=least, dry_run=asked.dry_run)
        if went.shards and not asked.dry_run:
            finish(asked.build, config, "takedown", {})
    would = "would go" if asked.dry_run else "went"
    lines = [f"page {url} {would}" for url in went.pages]
    lines += [f"picture {url} on {page} {would}" for url, page in went.pictures]
    pages, pictures, shards = len(went.pages), len(went.pictures), len(went.shards)
    return [*lines, f"{pages} pages and {pictures} pictures {would}; {shards} shards are concerned"]


def criticise(out: str = "", settings: Sequence[str] = ()) -> str:
    """Measure the criticisms; the table, and all figures in the file `out` where one is named."""
    from m3w_builder.flamingo import criticism
    from m3w_builder.flamingo.config import CriticismConfig

    config = configs.section(CriticismConfig, settings)
    rows = criticism.run(config, lambda line: print(line, file=sys.stderr))
    if out:
        storage.write_json(out, criticism.as_json(rows, config))
    return criticism.table(rows)


def contest(
    first: str, second: str, seeds: int, settings: Sequence[str] = (), orders: tuple[Order, Order] = ("page", "page")
) -> list[str]:
    """Two builds, or one read in two orders, trained on alike; which data serve better, with an interval."""
    from m3w_builder.flamingo import contest as contests
    from m3w_builder.flamingo.config import ValidateConfig

    config = configs.section(ValidateConfig, settings)
    found = contests.compare(first, second, config, range(seeds), lambda line: print(line, file=sys.stderr), orders)
    told = [f"{side}: {build}, order by {way}" for side, build, way in zip("AB", (first, second), orders, strict=True)]
    return [*told, *found.lines]


def compare(first: str, second: str, out: str = "") -> list[str]:
    """Two builds, or versions as BUILD@NUMBER, side by side; the lines, and the page written to `out`."""
    from m3w_builder.report import compare as comparison

    names = (first, second)
    one, two = (versions.load(name) for name in names)
    page = out or storage.join(versions.folder(second), "report", "compare.html")
    comparison.write(names, one, two, page)
    return [*comparison.lines(names, one, two), "", f"side by side: {page}"]


def verify(build_url: str) -> tuple[Checked, list[str]]:
    """Check a build; its sums, and a line for each fault."""
    from m3w_builder import verify as verifying

    with engine_of(build_url, config_of(build_url)) as engine:
        return verifying.verify(build_url, engine)


def config_of(build_url: str) -> Config:
    """The config with which a build was made; raises BuildError where there is none."""
    url = storage.join(build_url, "config.yaml")
    if not storage.exists(url):
        raise BuildError(f"{build_url}: no build lies there (no config.yaml)")
    return configs.load(url)


SERIAL = 32
"""Bundles of shards up to which a command looks at them in its own process: workers take seconds to start."""


@contextmanager
def engine_of(build_url: str, config: Config) -> Iterator[Engine]:
    """The engine on which a command goes through a build's shards: the build's own where there are many."""
    if len(receipt.numbers(build_url, "shards")) <= SERIAL:
        yield cluster.Serial(1)
        return
    with cluster.start(config.cluster) as engine:
        yield engine
