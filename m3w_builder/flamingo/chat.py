"""`m3w chat`: a conversation about pictures in the terminal, answers streamed as they come."""

from __future__ import annotations

import os
import urllib.request
from collections.abc import Callable, Iterable

from m3w_builder.errors import ConfigError
from m3w_builder.flamingo import checkpoint
from m3w_builder.flamingo.corpus import Pixels, decode
from m3w_builder.flamingo.prompt import Piece, lay_out, stream

HELP = "a text, or a picture's path or URL on a line of its own; /new begins anew, /quit ends"

MAX_BYTES = 20_000_000


def chat(folder: str, lines: Iterable[str], say: Callable[[str], None], most: int = 60) -> None:
    """Talk with a checkpoint: each line is a picture or a text, and each text is answered. Raises ConfigError."""
    model, tokenizer = checkpoint.load(folder)
    pieces: list[Piece] = []
    say(f"{HELP}\n")
    for line in lines:
        line = line.strip()
        if line == "/quit":
            return
        if line == "/new":
            pieces = []
        elif is_picture(line):
            try:
                pieces.append(fetch(line, model.vision.side))
                say("(picture seen)\n")
            except ConfigError as error:
                say(f"{error}\n")
        elif line:
            pieces.append(line)
            answer = ""
            for part in stream(model, tokenizer, lay_out(model, tokenizer, pieces), most):
                say(part)
                answer += part
            say("\n")
            pieces[-1] = f"{line}{answer}"


def is_picture(line: str) -> bool:
    """Whether a line names a picture: an http(s) URL, or a file that is there."""
    return line.startswith(("http://", "https://")) or os.path.isfile(line)


def fetch(place: str, side: int) -> Pixels:
    """A picture by path or URL, at most 20 MB; raises ConfigError where there is none."""
    try:
        if place.startswith(("http://", "https://")):
            with urllib.request.urlopen(place, timeout=20) as response:
                body = response.read(MAX_BYTES)
        else:
            with open(place, "rb") as stream_:
                body = stream_.read(MAX_BYTES)
    except OSError as error:
        raise ConfigError(f"{place}: {error}") from None
    pixels = decode(body, side)
    if pixels is None:
        raise ConfigError(f"{place}: no picture that can be read")
    return pixels
