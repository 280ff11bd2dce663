"""`m3w chat`: a conversation about pictures and videos, answers streamed as they come, in the terminal."""

from __future__ import annotations

import os
import tempfile
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from m3w_builder.errors import ConfigError
from m3w_builder.flamingo import checkpoint, video
from m3w_builder.flamingo.corpus import Pixels, decode
from m3w_builder.flamingo.model import Flamingo
from m3w_builder.flamingo.prompt import Piece, lay_out, stream
from m3w_builder.flamingo.tokenizer import Tokenizer

HELP = "a text, or a picture's or video's path or URL on a line of its own; /new begins anew, /quit ends"

MAX_BYTES = 20_000_000


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
        pixels = decode(body, side)
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


def chat(folder: str, lines: Iterable[str], say: Callable[[str], None], most: int = 60) -> None:
    """Talk with a checkpoint: each line is a picture or a text, and each text is answered. Raises ConfigError."""
    talk = Conversation(*checkpoint.load(folder), most)
    say(f"{HELP}\n")
    for line in lines:
        line = line.strip()
        if line == "/quit":
            return
        if line == "/new":
            talk.pieces.clear()
        elif is_picture(line):
            try:
                talk.show(fetch(line), line)
                say("(video seen)\n" if video.is_video(line) else "(picture seen)\n")
            except ConfigError as error:
                say(f"{error}\n")
        elif line:
            for part in talk.say(line):
                say(part)
            say("\n")


def is_picture(line: str) -> bool:
    """Whether a line names a picture or video: an http(s) URL, or a file that is there."""
    return line.startswith(("http://", "https://")) or os.path.isfile(line)


def fetch(place: str) -> bytes:
    """A picture's or video's bytes by path or URL, at most 20 MB; raises ConfigError where there is none."""
    try:
        if place.startswith(("http://", "https://")):
            with urllib.request.urlopen(place, timeout=20) as response:
                body: bytes = response.read(MAX_BYTES + 1)
        else:
            with open(place, "rb") as file:
                body = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{place}: {error}") from None
    if len(body) > MAX_BYTES:
        raise ConfigError(f"{place}: more than {MAX_BYTES // 1_000_000} MB")
    return body
