"""Turns measured CPU and bytes a page into core-hours, storage and egress for one Common Crawl month.

    python tools/cost_model.py [--build FOLDER] [--json FILE] [--pages 2.4e9] [--kept 0.01] …

CPU seconds and bytes a page come from the receipts of a finished build (`--build`), else from a small one of a sample
web made here. Every other number is an assumption that stands in the output and may be changed: pages a month and
the size of their archives (a Common Crawl month of 2024 or 2025), the share of pages that a month's filters keep
against the build's, the price of a core-hour, of a GB stored for a month, and of a GB that leaves the cloud.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

import bench
from m3w_builder.passes import receipt

ASSUMED = {
    "pages": (2.4e9, "pages of one month's crawl"),
    "archive_tb": (80.0, "TB of its WARC files, compressed, read once"),
    "kept": (1.0, "share of documents kept there against the build measured: 0.1 where a tenth as many survive"),
    "core_hour": (0.04, "price of a core-hour"),
    "gb_month": (0.023, "price of a GB stored for a month"),
    "gb_out": (0.0, "price of a GB read across the cloud's border; 0 where workers stand beside the archive"),
}


def measured(build: str) -> dict[str, float]:
    """CPU seconds by pass and bytes, each a page read, from the receipts of a build."""
    cpu, outputs, pages, fetched = {"pages": 0.0, "pictures": 0.0, "joined": 0.0, "shards": 0.0}, dict[str, int](), 0, 0
    for name in cpu:
        for number in receipt.numbers(build, name):
            one = receipt.read(build, name, number)
            assert one is not None
            cpu[name] += one.cpu_seconds
            outputs[name] = outputs.get(name, 0) + sum(output["bytes"] for output in one.outputs.values())
            if name == "pages":
                pages += one.ledger["read"].pages.taken
            if name == "pictures":
                fetched += one.ledger["fetch"].pictures.kept
    return {
        **{f"cpu_s_{name}": spent / pages for name, spent in cpu.items()},
        **{f"bytes_{name}": size / pages for name, size in outputs.items()},
        "pictures_in": fetched / pages,
        "pages_measured": float(pages),
    }


def model(one: dict[str, float], assumed: dict[str, float]) -> dict[str, float]:
    """Core-hours, TB and prices of the month."""
    later = one["cpu_s_pictures"] + one["cpu_s_joined"] + one["cpu_s_shards"]
    hours = assumed["pages"] * (one["cpu_s_pages"] + assumed["kept"] * later) / 3600
    between = (
        assumed["pages"] * (one["bytes_pages"] + assumed["kept"] * (one["bytes_pictures"] + one["bytes_joined"])) / 1e12
    )
    corpus = assumed["pages"] * assumed["kept"] * one["bytes_shards"] / 1e12
    came = assumed["pages"] * assumed["kept"] * one["bytes_pictures"] / 1e12
    return {
        "core_hours": hours,
        "days_on_1000_cores": hours / 1000 / 24,
        "intermediate_tb": between,
        "corpus_tb": corpus,
        "archive_read_tb": assumed["archive_tb"],
        "pictures_fetched_tb_at_least": came,
        "price_cores": hours * assumed["core_hour"],
        "price_storage_a_month": (between + corpus) * 1000 * assumed["gb_month"],
        "price_egress": assumed["archive_tb"] * 1000 * assumed["gb_out"],
    }


def sample(folder: Path) -> str:
    from m3w_builder import sampleweb

    sampleweb.generate(folder / "web", 150, 0)
    paths = sampleweb.write_warc(folder / "web", folder / "warc")
    config = {"source": {"warc": {"paths": paths}}, "fetch": {"resolve": {"*": "127.0.0.1:9"}, "retries": 0}}
    (folder / "config.yaml").write_text(yaml.safe_dump({**config, "cluster": {"kind": "serial"}}))
    command = [sys.executable, "-m", "m3w_builder.cli", "build", str(folder / "config.yaml"), "--quiet"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    subprocess.run([*command, "--out", str(folder / "build")], check=True, stdout=subprocess.DEVNULL, env=environment)
    return str(folder / "build")


def main() -> int:
    parser = bench.options(__doc__, quick="as without: the small build takes half a minute")
    parser.add_argument("--build", default="", help="a finished build; without it a small one is made")
    for name, (value, meaning) in ASSUMED.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=float, default=value, help=f"{meaning} ({value:g})")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="m3w-cost-") as folder:
        one = measured(arguments.build or sample(Path(folder)))
    assumed = {name: getattr(arguments, name) for name in ASSUMED}
    result = model(one, assumed)
    for title, figures in (("measured, a page", one), ("assumed", assumed), ("one month", result)):
        print(title)
        for name, value in figures.items():
            print(f"  {name:30} {value:,.4g}" + (f"   {ASSUMED[name][1]}" if name in ASSUMED else ""))
    bench.write(arguments.json, {"measured": one, "assumed": assumed, "month": result})
    return 0


if __name__ == "__main__":
    sys.exit(main())
