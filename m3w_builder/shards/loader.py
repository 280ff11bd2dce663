"""Shards as batches for training: the paper's sampling, several workers and ranks, resumable at any batch.

    dataset = Interleaved(paths, tokenizer, Resized(224), batch=8)
    for batch in Loader(dataset, workers=4):
        ...
`Loader.state_dict()` after any batch, given to `load_state_dict` of a new one, goes on with the very next batch.
Shape letters: B batch, T tokens, P pictures, C channels, H height, W width.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from m3w_builder import storage
from m3w_builder.classes import dataclass
from m3w_builder.document import Document
from m3w_builder.errors import ConfigError
from m3w_builder.shards import order, read
from m3w_builder.shards.batch import Batch, Drawn, Place, Row, collated
from m3w_builder.shards.opened import Files, spans
from m3w_builder.shards.transform import Transform
from m3w_builder.shards.window import Sampling, Tokenizer, Window, draw, line

__all__ = ["Batch", "Interleaved", "Loader", "Mixture", "Place", "find"]

BAD_PICTURE = "bad_picture"
"""A picture of the window can't be decoded."""
NO_WINDOW = "no_window"
"""The document has no window with a picture and a token to learn."""


def find(build: str, split: str = "train") -> list[str]:
    """The tars of a build's split, in order; raises ConfigError where there is none."""
    folder = storage.join(build, "shards")
    names = [n for n in storage.names(folder) if n.startswith(f"{split}-") and n.endswith(".tar")]
    if not names:
        raise ConfigError(f"{build}: no shard of the split '{split}' lies in its folder `shards`")
    return [storage.join(folder, name) for name in names]


class Interleaved(IterableDataset[Batch]):
    """Endless (or `epochs` long) batches of windows from shards.

    Every rank and worker reads shards of its own; which ones, and in which order, is new each epoch. A sample that
    can't be read, or of which a picture can't be decoded, is left out and counted. A shard without an index is
    scanned once.
    """

    def __init__(
        self,
        shards: Sequence[str],
        tokenizer: Tokenizer,
        transform: Transform,
        *,
        batch: int = 8,
        sampling: Sampling | None = None,
        seed: int = 0,
        buffer: int = 1000,
        epochs: int | None = None,
        rank: int = 0,
        ranks: int = 1,
        drop_last: bool = False,
        packed: bool = False,
    ) -> None:
        """`buffer` samples are mixed (0: neither they nor shards are); one rank of `ranks` reads its share.

        `packed` puts window after window into a row while the next one fits, by its tokens and pictures.
        Raises ConfigError at a shard that is not there.
        """
        super().__init__()
        self.shards = list(shards)
        self.tokenizer, self.transform = tokenizer, transform
        self.batch, self.sampling = batch, sampling or Sampling()
        self.seed, self.buffer, self.epochs = seed, buffer, epochs
        self.rank, self.ranks, self.drop_last, self.packed = rank, ranks, drop_last, packed
        self.places: dict[int, Place] = {}
        """Where each worker begins."""
        self.turn = 0
        """The worker that gives the first batch."""
        self.skipped: Counter[str] = Counter()
        """What this process left out: filled where it reads itself, without a Loader."""
        self.spans = [spans(url, self.skipped) for url in self.shards]
        if not any(self.spans):
            raise ConfigError(f"none of {len(self.shards)} shards has a sample")

    def __len__(self) -> int:
        """Samples of one epoch on all ranks."""
        return sum(len(spans) for spans in self.spans)

    def __iter__(self) -> Iterator[Batch]:
        info = get_worker_info()
        workers = info.num_workers if info else 1
        worker = ((info.id if info else 0) + self.turn) % workers
        place = self.places.get(worker, Place(worker))
        while self.epochs is None or place.epoch < self.epochs:
            given = 0
            for made in self._epoch(place, self.rank * workers + worker, self.ranks * workers):
                given += 1
                self.skipped.update(made.skipped)
                self.places[worker] = made.place
                yield made
            if self.epochs is None and not given and not place.position:
                raise ConfigError(f"no sample of worker {worker}'s shards could be used: {dict(self.skipped)}")
            place = Place(worker, place.epoch + 1)
            self.places[worker] = place

    def _epoch(self, place: Place, reader: int, readers: int) -> Iterator[Batch]:
        """The rest of one reader's epoch behind `place`."""
        rows: list[Row] = []
        row_open: Row = []
        skipped: Counter[str] = Counter()
        units = order.units([len(spans) for spans in self.spans], readers)
        position = 0
        ready: Batch | None = None  # one is held back, to tell what was left out behind the last
        with Files(self.shards, self.spans) as files:
            for shard, row, enters in order.epoch(units, self.seed, place.epoch, reader, readers, self.buffer):
                if enters:
                    files.enter(shard, row, behind=position < place.position)
                    continue
                position += 1
                if position <= place.position:
                    files.leave(shard, row)
                    continue
                made = self._sample(files.take(shard, row, skipped), place.epoch, skipped)
                if made is None:
                    continue
                if row_open and not self._fits(row_open, made):
                    rows.append(row_open)
                    row_open = []
                if len(rows) == self.batch:
                    if ready:
                        yield ready
                    # This sample begins the next row: from it on a reader goes on that was stopped here.
                    ready = self._batch(rows, replace(place, position=position - 1), skipped)
                    rows, skipped = [], Counter()
                row_open.append(made)
        rows += [row_open] if row_open else []
        if len(rows) == self.batch or (rows and not self.drop_last):
            if ready:
                yield ready
            ready, skipped = self._batch(rows, replace(place, position=position), skipped), Counter()
        if ready:
            yield replace(ready, skipped=dict(Counter(ready.skipped) + skipped))
        else:
            self.skipped.update(skipped)

    def _fits(self, row: Row, made: Drawn) -> bool:
        """Whether a window may stand in a row behind those that are there."""
        tokens = sum(len(drawn.tokens_T) for _, drawn, _ in (*row, made))
        pictures = sum(len(found) for _, _, found in (*row, made))
        return self.packed and tokens <= self.sampling.length and pictures <= self.sampling.max_pictures

    def _sample(self, sample: read.Sample | None, epoch: int, skipped: Counter[str]) -> Drawn | None:
        """A document's window of this epoch with its pictures; None where there is none, which is counted."""
        if sample is None:
            return None
        one, parts = sample
        drawn = self._window(one, epoch)
        if drawn is None:
            skipped[NO_WINDOW] += 1
            return None
        images = {image.part: image for image in one.images}
        try:
            pictures = [self.transform(parts[part], images[part]) for part in drawn.parts]
        except Exception:  # whatever a transform raises on one picture must not end a training
            skipped[BAD_PICTURE] += 1
            return None
        return one.key, drawn, pictures

    def _window(self, one: Document, epoch: int) -> Window | None:
        whole = line(one, self.tokenizer, self.sampling.order)
        return draw(whole, self.sampling, f"{self.seed}/{epoch}/{one.key}", self.tokenizer.image)

    def _batch(self, rows: list[Row], place: Place, skipped: Mapping[str, int]) -> Batch:
        return collated(rows, self.sampling.length, self.tokenizer.pad, place, skipped)

    def state_dict(self) -> dict[str, Any]:
        """Where this process stands; `Loader.state_dict` is that of all workers."""
        return _state(self, self.places, self.turn, max(len(self.places), 1))

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there; raises ConfigError where seed, shards, ranks or batch are others than they were."""
        _load(self, state, None)


class Loader:
    """A dataset's batches from several processes, in a fixed order, with a state that can be saved after any."""

    def __init__(self, dataset: Interleaved, workers: int = 0, *, prefetch: int = 2, pin_memory: bool = False) -> None:
        """`prefetch` batches wait ready in each worker."""
        self.dataset, self.workers = dataset, workers
        self.prefetch, self.pin_memory = prefetch, pin_memory
        self.skipped: Counter[str] = Counter()
        """What was left out, by reason, of all workers."""

    def __iter__(self) -> Iterator[Batch]:
        """The rest of the stream: it goes on where the batch before ended."""
        workers = max(self.workers, 1)
        made = DataLoader(
            self.dataset,
            batch_size=None,
            num_workers=self.workers,
            prefetch_factor=self.prefetch if self.workers else None,
            pin_memory=self.pin_memory,
        )
        for batch in made:
            self.dataset.places[batch.place.worker] = batch.place
            self.dataset.turn = (batch.place.worker + 1) % workers
            self.skipped.update(batch.skipped)
            yield batch

    def state_dict(self) -> dict[str, Any]:
        """Plain data: where every worker stands behind the last batch that was given."""
        return _state(self.dataset, self.dataset.places, self.dataset.turn, max(self.workers, 1))

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there; raises ConfigError where workers, seed, shards, ranks or batch are others."""
        _load(self.dataset, state, max(self.workers, 1))


def _state(dataset: Interleaved, places: Mapping[int, Place], turn: int, workers: int) -> dict[str, Any]:
    return {
        "of": _of(dataset),
        "workers": workers,
        "turn": turn,
        "places": [[place.worker, place.epoch, place.position] for _, place in sorted(places.items())],
    }


def _of(dataset: Interleaved) -> dict[str, int]:
    """What must be the same for an order to be the same."""
    names = ("seed", "buffer", "rank", "ranks", "batch", "packed")
    return {**{name: getattr(dataset, name) for name in names}, "shards": len(dataset.shards), "samples": len(dataset)}


def _load(dataset: Interleaved, state: Mapping[str, Any], workers: int | None) -> None:
    now = {**_of(dataset), "workers": workers or state["workers"]}
    then = {**state["of"], "workers": state["workers"]}
    other = [f"{name} {now[name]}, not {then[name]}" for name in now if now[name] != then.get(name)]
    if other:
        raise ConfigError(f"the saved state is of another loader: now {', '.join(other)}")
    dataset.places = {worker: Place(worker, epoch, position) for worker, epoch, position in state["places"]}
    dataset.turn = state["turn"]


@dataclass(slots=True)
class Mixture:
    """Batches of several corpora at each step, each with its weight.

    For gradient accumulation: the paper adds the datasets' weighted gradients before each update, which served better
    than taking them in turn (arXiv 2204.14198, section 2.4 and table 3: 70.7 against 62.9).

        for step in Mixture({"pages": (pages, 1.0), "pairs": (pairs, 0.2)}):
            for name, weight, batch in step: (weight * loss(batch)).backward()
    """

    loaders: Mapping[str, tuple[Any, float]]
    """Each a `Loader`, or what is iterated and keeps its state as one does."""

    def __iter__(self) -> Iterator[list[tuple[str, float, Batch]]]:
        """Ends with the first corpus that ends; endless datasets don't."""
        streams = [(name, weight, iter(loader)) for name, (loader, weight) in self.loaders.items()]
        while True:
            step = []
            for name, weight, stream in streams:
                batch = next(stream, None)
                if batch is None:
                    return
                step.append((name, weight, batch))
            yield step

    def state_dict(self) -> dict[str, Any]:
        return {name: loader.state_dict() for name, (loader, _) in self.loaders.items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        for name, (loader, _) in self.loaders.items():
            loader.load_state_dict(state[name])
