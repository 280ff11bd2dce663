"""`m3w chat`: a conversation about pictures and videos, answers streamed as they come, in the terminal."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from m3w_builder.errors import ConfigError
from m3w_builder.flamingo import checkpoint, video
from m3w_builder.flamingo.corpus import Pixels, decode
from m3w_builder.flamingo.model import Flamingo
from m3w_builder.flamingo.prompt import Piece, lay_out, stream
from m3w_builder.flamingo.tokenizer import Tokenizer
from m3w_builder.stage import Drop

HELP = "a text, or a picture's or video's path or URL on a line of its own; /new begins anew, /quit ends"

MAX_BYTES = 20_000_000

SECONDS = 20.0
"""In which a URL must have answered, redirects and all."""


@dataclass(slots=True)
class Conversation:
    """What was shown and said so far; all of it is the prompt of the next answer."""

    model: Flamingo
    tokenizer: Tokenizer
    most: int = 60
    """Most tokens of an answer."""
    pieces: list[Piece] = field(default_factory=list)

    def show(self, body: bytes, name: str) -> None:
        """Take a picture, or a video by its name's suffix; raises ConfigError where it can't be read."""
        self.pieces.append(self.read(body, name))

    def read(self, body: bytes, name: str) -> Pixels:
        side = self.model.vision.side
        if video.is_video(name):
            with tempfile.NamedTemporaryFile(suffix=os.path.splitext(name.split("?")[0])[1]) as file:
                file.write(body)
                file.flush()
                return video.frames(file.name, side, self.model.config.max_frames)
        large = too_large(body)
        if large:
            raise ConfigError(f"{name}: {large}")
        try:
            pixels = decode(body, side)
        except Exception:  # decoders raise nearly everything on broken bytes
            pixels = None
        if pixels is None:
            raise ConfigError(f"{name}: no picture that can be read")
        return pixels

    def say(self, text: str) -> Iterator[str]:
        """Say something; the answer, piece by piece. It is a continuation: what was said and it are one text."""
        self.pieces.append(text)
        at = len(self.pieces) - 1
        for part in stream(self.model, self.tokenizer, lay_out(self.model, self.tokenizer, self.pieces), self.most):
            self.pieces[at] = f"{self.pieces[at]}{part}"
            yield part


def too_large(body: bytes) -> str:
    """What is said of a picture that few bytes make into more pixels than a build would decode; "" of others."""
    from m3w_builder.pictures.config import PicturesConfig
    from m3w_builder.pictures.sniff import claimed_size, sniff

    width, height = claimed_size(body, sniff(body)) or (0, 0)
    most = PicturesConfig().max_pixels
    return f"{width} × {height} pixels, at most {most:,} are read" if width * height > most else ""


def chat(folder: str, lines: Iterable[str], say: Callable[[str], None], most: int = 60, private: bool = False) -> None:
    """Talk with a checkpoint: each line is a picture or a text, and each text is answered. Raises ConfigError."""
    talk = Conversation(*checkpoint.load(folder), most)
    say(f"{HELP}\n")
    for line in lines:
        line = line.strip()
        if line == "/quit":
            return
        if line == "/new":
            talk.pieces.clear()
        elif place := named(line):
            try:
                talk.show(fetch(place, private), place)
                say("(video seen)\n" if video.is_video(place) else "(picture seen)\n")
            except ConfigError as error:
                say(f"{error}\n")
        elif line:
            for part in talk.say(line):
                say(part)
            say("\n")


SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".bmp", ".tif", ".tiff"})


def named(line: str) -> str:
    """The URL or path that a line names, "" where it is a text. A file that is not there is named all the same where it
    is written as a picture's or video's path: better to say so than to answer it."""
    if line.startswith(("http://", "https://")):
        return line
    path = os.path.expanduser(line.strip("'\""))
    known = os.path.splitext(path)[1].lower() in SUFFIXES or video.is_video(path)
    written = known and (" " not in path or path.startswith(("/", "./", "../")))
    return path if written or os.path.isfile(path) else ""


def fetch(place: str, private: bool = False) -> bytes:
    """A picture's or video's bytes by path or URL, at most 20 MB; raises ConfigError where there is none.

    A URL is asked for as a crawl asks: each redirect is checked anew, and addresses of the own machine or network are
    refused unless `private` allows them.
    """
    if place.startswith(("http://", "https://")):
        return asyncio.run(download(place, private))
    try:
        with open(place, "rb") as file:
            body = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{place}: {getattr(error, 'strerror', None) or error}") from None
    if len(body) > MAX_BYTES:
        raise ConfigError(f"{place}: more than {MAX_BYTES // 1_000_000} MB")
    return body


async def download(url: str, private: bool) -> bytes:
    """What a URL's answer holds, after its redirects, in at most `SECONDS` in all; raises ConfigError."""
    from m3w_builder.fetch.client import Client
    from m3w_builder.fetch.config import FetchConfig
    from m3w_builder.fetch.follow import follow
    from m3w_builder.fetch.picture import status_fault

    async with Client(FetchConfig(max_bytes=MAX_BYTES, allow_private_addresses=private)) as client:
        try:
            async with asyncio.timeout(SECONDS):
                answer = await follow(client, url, "image/*,video/*;q=0.9,*/*;q=0.5")
        except TimeoutError:
            raise ConfigError(f"{url}: no answer in {SECONDS:g} seconds") from None
    body = answer if isinstance(answer, Drop) else status_fault(answer.status) or answer.content(MAX_BYTES)
    if isinstance(body, Drop):
        raise ConfigError(f"{url}: {body.reason}: {body.detail}")
    return body
