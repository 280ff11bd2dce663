"""The checks that a picture goes through once its bytes are there: rights, header, decoding, filters, storing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import takewhile
from typing import Any

from m3w_builder import fetch, pictures
from m3w_builder.passes.batches import batches
from m3w_builder.passes.books import Books
from m3w_builder.passes.suspects import Suspects
from m3w_builder.passes.wanted import Desk, Wanted
from m3w_builder.pictures import Picture
from m3w_builder.stage import ERROR, Drop, ask

BATCH = 32
"""Pictures decoded and held at once, at most."""
BATCH_BYTES = 64_000_000
"""Bytes that they may take before the batch is judged, however few they are."""
GROUP, GROUP_BYTES = 32, 1 << 20
"""Pictures, and bytes of theirs, that go through a step at once: to read the clock for each takes as long as to look at
its header."""

Come = tuple[str, fetch.Fetched]
"""A picture's URL and what came of it."""


def judged(
    config: pictures.PicturesConfig,
    found: Iterable[Sequence[fetch.Answer]],
    wanted: Wanted,
    the_books: Books,
    suspects: Suspects,
    write: Callable[[bytes], object],
) -> Iterator[Picture]:
    """The pictures that pass every check, in the order in which they came in; `write` takes the bytes of each."""
    desk = Desk(wanted, the_books)
    group, batch = (1, 1) if suspects.careful else (GROUP, BATCH)
    came = (some for all_ in found for some in batches(_come(all_, desk), group, GROUP_BYTES, fetch.size_of))
    passed = _decoded(came, config, desk, suspects)
    for decoded in batches(passed, batch, BATCH_BYTES, lambda picture: picture.held):
        for stage in config.by_look:
            with the_books.timed(stage.name):
                answers = ask(stage, decoded)
            decoded = desk.left(stage.name, decoded, answers)
        with the_books.timed("store"):
            finished = [_stored(picture, config, write) for picture in decoded]
        desk.enter("store", ((p.url, answer, len(p.body)) for p, answer in zip(decoded, finished, strict=True)))
        yield from (answer for answer in finished if isinstance(answer, Picture))
    the_books.ledger.follow(["fetch", "rights", "decode", *(stage.name for stage in config.by_look)])


def _come(some: Sequence[fetch.Answer], desk: Desk) -> list[Come]:
    """The pictures that came in."""
    came = []
    number = held = 0
    for url, answer in some:
        if isinstance(answer, Drop):
            desk.drop("fetch", url, answer, 0)
            continue
        came.append((url, answer))
        places = len(desk.wanted.pages[url])
        number += places
        held += places * len(answer.body)
    desk.books.pictures("fetch", number, held)
    return came


def _decoded(
    came: Iterable[list[Come]], config: pictures.PicturesConfig, desk: Desk, suspects: Suspects
) -> Iterator[Picture]:
    """The pictures that are not reserved, and can be decoded."""
    early = list(takewhile(lambda stage: getattr(stage, "by_header", False), config.by_look))
    for group in came:
        suspects.touch(group[0][0])  # which is alone where that matters
        yield from _of_group(group, config, early, desk, suspects)
        suspects.clear()  # only now: with what came of it the other checks were made


def _of_group(
    group: list[Come], config: pictures.PicturesConfig, early: list[Any], desk: Desk, suspects: Suspects
) -> list[Picture]:
    """Of a group those that are not reserved, and can be decoded."""
    with desk.books.timed("rights"):
        said = [pictures.declared(answer.body) for _, answer in group]
        refused = [pictures.judge(one, config.opt_out) for one in said]
    left = []
    for (url, answer), one, no in zip(group, said, refused, strict=True):
        if no:
            desk.drop("rights", url, no, len(answer.body))
        else:
            left.append((url, answer, one))
    if early:
        small = _small([(url, answer) for url, answer, _ in left], config, early, desk)
        left = [one for one in left if one[0] not in small]
    with desk.books.timed("decode"):
        made = [
            suspects.drop(url) or _contained("decode", pictures.decode, url, answer.body, config)
            for url, answer, _ in left
        ]
    decoded = []
    for (url, answer, one), picture in zip(left, made, strict=True):
        if isinstance(picture, Drop):
            desk.drop("decode", url, picture, len(answer.body))
        else:
            picture.rights, picture.licence = [*answer.rights, *one.signals], one.licence
            decoded.append(picture)
    return decoded


def _small(came: list[Come], config: pictures.PicturesConfig, early: list[Any], desk: Desk) -> set[str]:
    """Those that the first filters drop by their headers: they are entered there, and never decoded."""
    with desk.books.timed("decode"):
        described = [pictures.described(url, answer.body, config) for url, answer in came]
    with desk.books.timed(early[0].name):  # microseconds for all of them, less than to time each
        answered = [(picture, _asked(early, picture)) for picture in described if picture is not None]
    gone = set()
    for picture, answers in answered:
        if isinstance(answers[-1], Drop):
            gone.add(picture.url)
            desk.drop(early[len(answers) - 1].name, picture.url, answers[-1], len(picture.body))
    return gone


def _asked(early: list[Any], picture: Picture) -> list[Picture | Drop]:
    """What the filters say, up to the first that drops it."""
    answers: list[Picture | Drop] = []
    for stage in early:
        answers += ask(stage, [picture])
        if isinstance(answers[-1], Drop):
            break
    return answers


def _stored(picture: Picture, config: pictures.PicturesConfig, write: Callable[[bytes], object]) -> Picture | Drop:
    """The picture as it is kept, its bytes written and its px gone."""
    finished = _contained("store", pictures.finish, picture, config)
    if isinstance(finished, Picture):
        write(finished.body)
    picture.array = picture.whole = None
    return finished


def _contained(stage: str, function: Callable[..., Picture | Drop], *given: Any) -> Picture | Drop:
    try:
        return function(*given)
    except Exception as error:  # one picture is never allowed to end its partition
        return Drop(ERROR, f"{stage}: {type(error).__name__}: {error}"[:500])
