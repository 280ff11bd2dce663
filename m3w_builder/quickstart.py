"""`m3w quickstart`: serves a sample web, builds a corpus of it, compares that with the truth, and trains on it."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path

from m3w_builder import config as configs
from m3w_builder import job, sampleweb
from m3w_builder.errors import ConfigError

CONFIG = Path(__file__).parents[1] / "configs" / "quickstart.yaml"
PAGES = 2500
"""Enough for the small Flamingo to learn from, few enough for two cores and some minutes."""
SEED = 1
MOST_UNLIKE = 0.01
"""Share of the planted pages that may come out otherwise: what is content is a judgement, and none is always right."""


def run(out: str, pages: int = 0, mode: str = "auto", changes: Sequence[str] = ()) -> int:
    """The whole of it into the local folder `out`, the config with `changes`; 1 where verdict or comparison is bad."""
    if not CONFIG.exists():
        raise ConfigError(f"{CONFIG}: not there; run the quickstart from a checkout of the project")
    started = time.monotonic()
    web, build = Path(out) / "web", str(Path(out) / "build")
    _generate(web, pages or PAGES)
    with sampleweb.serve(str(web)) as server:
        settings = [
            f"source.crawl.seeds={json.dumps([f'http://{host}/' for host in server.hosts])}",
            f'fetch.resolve={{"*.sample.test": "{server.address}"}}',
            *changes,
        ]
        job.run(configs.load(str(CONFIG), settings), build, mode)
    comparison = sampleweb.compare(str(web), build)
    code = job.validate(build)
    print(f"\n{comparison.text}")
    print(f"all of it took {time.monotonic() - started:.0f} s. Where to look:")
    print(f"  {build}/report/report.html       the statistics page")
    print(f"  .venv/bin/m3w browse {build}     documents, kept and dropped")
    print(f"  .venv/bin/m3w verify {build}     proof of books and checksums")
    return code or (0 if comparison.bad_pages <= MOST_UNLIKE * comparison.pages else 1)


def _generate(web: Path, pages: int) -> None:
    """Generate the sample web, unless this very one lies there."""
    mark = web / "made.json"
    wanted = {"pages": pages, "seed": SEED}
    if mark.exists() and json.loads(mark.read_text()) == wanted:
        return
    print(f"generating a small web of {pages} pages in {web} …", flush=True)
    mark.unlink(missing_ok=True)
    sampleweb.generate(str(web), pages, SEED)
    mark.write_text(json.dumps(wanted))
