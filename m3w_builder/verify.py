"""`m3w verify`: proves that a build's books balance, its files are what was written, and its shards can be read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field

from m3w_builder import shards, spool, storage
from m3w_builder.classes import dataclass
from m3w_builder.engine import Engine
from m3w_builder.errors import BuildError
from m3w_builder.ledger import Ledger
from m3w_builder.passes import joined, receipt
from m3w_builder.passes.receipt import Receipt

PASSES = ("pages", "pictures", joined.NAME, "shards")


@dataclass(frozen=True, slots=True)
class CheckTask:
    """One receipt to check; `validation` is the build's share of hosts in that split, None where it is not known."""

    build: str
    pass_name: str
    number: int
    validation: float | None = None


@dataclass(slots=True)
class Checked:
    """What the check of one receipt found."""

    faults: list[str] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)
    samples: int = 0
    pictures: int = 0


def verify(build: str, engine: Engine) -> tuple[Checked, list[str]]:
    """Check every receipt on the engine, then the books as a whole; raises BuildError where there is no build.

    Returns the sums, and the list of faults: empty when all is well.
    """
    if not storage.exists(storage.join(build, "ledger.json")):
        raise BuildError(f"{build}: no finished build lies there (no ledger.json); run `m3w build` first")
    total = Checked()
    by_pass: dict[str, Checked] = {name: Checked() for name in PASSES}
    share = _validation(build)
    tasks = (CheckTask(build, name, number, share) for name in PASSES for number in receipt.numbers(build, name))
    for outcome in engine.map(check, tasks):
        if outcome.result is None:
            total.faults.append(
                f"{outcome.task.pass_name} {outcome.task.number}: {outcome.error.strip().splitlines()[-1]}"
            )
            continue
        mine = by_pass[outcome.task.pass_name]
        mine.ledger.add(outcome.result.ledger)
        mine.faults += outcome.result.faults
        mine.samples += outcome.result.samples
        mine.pictures += outcome.result.pictures
    for name in PASSES:  # in the order of the passes, whatever order the checks ended in
        total.ledger.add(by_pass[name].ledger)
        total.faults += by_pass[name].faults
        total.samples += by_pass[name].samples
        total.pictures += by_pass[name].pictures
    total.faults += _books(build, total)
    return total, total.faults


def _books(build: str, total: Checked) -> Iterator[str]:
    """Faults of the build's books as a whole."""
    try:
        written = Ledger.from_json(storage.read_json(storage.join(build, "ledger.json")))
    except (ValueError, KeyError) as error:
        yield f"ledger.json: {error}"
        return
    for fault in written.faults():
        yield f"ledger.json: {fault}"
    lost = {
        (s, u): getattr(e, u).dropped.get("quarantined", 0)
        for s, e in written.entries.items()
        for u in ("pages", "pictures")
    }
    for stage, entry in written.entries.items():
        for unit in ("pages", "pictures"):
            said = getattr(entry, unit).taken - lost[stage, unit]
            found = getattr(total.ledger[stage], unit).taken
            if said != found:
                yield f"ledger.json: {stage} took {said} {unit}, its receipts say {found}"
    end = written["write"]
    if (end.pages.kept, end.pictures.kept) != (total.samples, total.pictures):
        yield (
            f"ledger.json: {end.pages.kept} documents and {end.pictures.kept} pictures were written, "
            f"but the shards hold {total.samples} and {total.pictures}"
        )


def check(task: CheckTask) -> Checked:
    """Check one receipt: its books, its files' checksums, its dropped rows, and its shards sample by sample."""
    mine = receipt.read(task.build, task.pass_name, task.number)
    name = f"{task.pass_name}/{task.number:06d}.json"
    if mine is None:
        return Checked([f"{name}: cannot be read as a receipt"])
    result = Checked(ledger=mine.ledger)
    result.faults += [f"{name}: {fault}" for fault in mine.ledger.faults()]
    checked = {output: _file(task.build, output, expected) for output, expected in mine.outputs.items()}
    spoilt = {output: fault for output, fault in checked.items() if fault}
    result.faults += spoilt.values()
    if not result.faults:
        result.faults += _dropped(task, mine)
    originals = _originals(task.build, mine) if any(output.endswith(".tar") for output in mine.outputs) else None
    for output in mine.outputs:
        if output.endswith(".tar") and "missing" not in spoilt.get(output, ""):
            found = shards.check(storage.join(task.build, output), task.validation, originals)
            result.faults += [f"{output}: {fault}" for fault in found.faults]
            result.samples += found.samples
            result.pictures += found.pictures
    return result


def _validation(build: str) -> float | None:
    """The share of hosts in the validation split, from the build's config."""
    import yaml

    try:
        return float(yaml.safe_load(storage.read_bytes(storage.join(build, "config.yaml")))["shards"]["validation"])
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError):
        return None


def _originals(build: str, mine: Receipt) -> dict[str, shards.Shape] | None:
    """The documents of the bundle's partitions as they were extracted; None where they can't be read."""
    try:
        return {
            one.key: shards.shape(one)
            for partition in mine.stats["partitions"]
            for one in spool.read(storage.join(build, f"pages/{partition:06d}"))
        }
    except (OSError, ValueError, KeyError):
        return None  # what is wrong with them is told of their own receipt


def _file(build: str, name: str, expected: dict[str, object]) -> str:
    """What is wrong with a file of the build; empty when nothing is."""
    url = storage.join(build, name)
    if not storage.exists(url):
        return f"{name}: missing"
    if storage.size(url) != expected["bytes"]:
        return f"{name}: {storage.size(url)} bytes, {expected['bytes']} were written"
    if storage.sha256(url) != expected["sha256"]:
        return f"{name}: its bytes are not those that were written (sha256)"
    return ""


def _dropped(task: CheckTask, mine: Receipt) -> Iterator[str]:
    """The dropped rows must be as many as the books say."""
    name = f"{task.pass_name}/{task.number:06d}.dropped.parquet"
    rows = storage.read_table(storage.join(task.build, name), ["unit"])["unit"].to_pylist()
    # The books of pass 3 are told by the bundle alone, so that nothing is counted twice.
    books = Ledger.from_json(mine.stats["ledger"]) if task.pass_name == joined.NAME else mine.ledger
    for unit, singular in (("pages", "page"), ("pictures", "picture")):
        said = sum(sum(getattr(entry, unit).dropped.values()) for entry in books.entries.values())
        if rows.count(singular) != said:
            yield f"{name}: {rows.count(singular)} rows of dropped {unit}, the books say {said}"
