"""The checks that a picture goes through once its bytes are there: rights, header, decoding, filters, storing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import takewhile
from typing import Any

from m3w_builder import fetch, pictures
from m3w_builder.passes.books import Books, Laps
from m3w_builder.passes.suspects import Suspects
from m3w_builder.passes.wanted import Wanted
from m3w_builder.pictures import Picture
from m3w_builder.stage import ERROR, Drop, ask

BATCH = 32
"""Pictures decoded and held at once, at most."""
BATCH_BYTES = 64_000_000
"""Bytes that they may take before the batch is judged, however few they are."""


def judged(
    config: pictures.PicturesConfig,
    found: Iterable[tuple[str, fetch.Fetched | Drop]],
    wanted: Wanted,
    the_books: Books,
    suspects: Suspects,
    write: Callable[[bytes], object],
) -> Iterator[Picture]:
    """The pictures that pass every check, in the order in which they came in; `write` takes the bytes of each."""

    def enter(stage: str, url: str, answer: object, size: int) -> bool:
        """Enter one URL's fate at a stage, of `size` bytes, for every place where it stands; whether it is kept."""
        places = wanted.pages[url]
        if isinstance(answer, Drop):
            for page_url, key in places:
                the_books.picture(stage, url, page_url, key, answer, size)
            return False
        count = the_books.ledger[stage].pictures
        count.kept += len(places)
        count.bytes += size * len(places)
        return True

    for decoded in _batches(_decoded(found, config, the_books, enter, suspects), 1 if suspects.careful else BATCH):
        for stage in config.by_look:
            with the_books.timed(stage.name):
                answers = ask(stage, decoded)
            decoded = [p for p, a in zip(decoded, answers, strict=True) if enter(stage.name, p.url, a, len(p.body))]
        for picture in decoded:
            with the_books.timed("store"):
                finished = _contained("store", lambda picture=picture: pictures.finish(picture, config))
                if isinstance(finished, Picture):
                    write(finished.body)
            if enter("store", picture.url, finished, len(picture.body)):
                assert isinstance(finished, Picture)
                yield finished


def _decoded(
    found: Iterable[tuple[str, fetch.Fetched | Drop]],
    config: pictures.PicturesConfig,
    the_books: Books,
    enter: Callable[[str, str, object, int], bool],
    suspects: Suspects,
) -> Iterator[Picture]:
    """The pictures that came in, are not reserved, and can be decoded."""
    early = list(takewhile(lambda stage: getattr(stage, "by_header", False), config.by_look))
    for url, answer in found:
        size = len(answer.body) if isinstance(answer, fetch.Fetched) else 0
        if not enter("fetch", url, answer, size):
            continue
        assert isinstance(answer, fetch.Fetched)
        suspects.touch(url)
        lap = the_books.laps()
        said = pictures.declared(answer.body)
        refused = pictures.judge(said, config.opt_out)
        lap("rights")
        if enter("rights", url, refused, size):
            if early and _small(url, answer.body, config, early, lap, enter):
                suspects.clear()
                continue
            picture = suspects.drop(url) or _contained(
                "decode", lambda url=url, body=answer.body: pictures.decode(url, body, config)
            )
            lap("decode")
            if enter("decode", url, picture, size):
                assert isinstance(picture, Picture)
                picture.rights, picture.licence = [*answer.rights, *said.signals], said.licence
                yield picture
        suspects.clear()


def _small(
    url: str,
    body: bytes,
    config: pictures.PicturesConfig,
    early: list[Any],
    lap: Laps,
    enter: Callable[[str, str, object, int], bool],
) -> bool:
    """Whether the first filters drop the picture by its header: then it is entered there, and never decoded."""
    picture = pictures.described(url, body, config)
    if picture is None:
        return False
    lap("decode")
    answers: list[Picture | Drop] = []
    for stage in early:
        answers += ask(stage, [picture])
        if isinstance(answers[-1], Drop):
            break
    lap(early[0].name)  # microseconds for all of them, less than to time each
    if not isinstance(answers[-1], Drop):
        return False
    enter("decode", url, None, len(body))  # nothing was held against it there
    for passed, said in zip(early, answers, strict=False):
        enter(passed.name, url, said, len(body))
    return True


def _contained(stage: str, call: object) -> Picture | Drop:
    try:
        return call()  # type: ignore[operator,no-any-return]
    except Exception as error:  # one picture is never allowed to end its partition
        return Drop(ERROR, f"{stage}: {type(error).__name__}: {error}"[:500])


def _batches(decoded: Iterable[Picture], size: int) -> Iterator[list[Picture]]:
    batch: list[Picture] = []
    held = 0
    for picture in decoded:
        batch.append(picture)
        held += picture.held
        if len(batch) == size or held >= BATCH_BYTES:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch
