"""Tests of the chat page: streams over HTTP, takes files and refuses other names and unreadable pictures."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from m3w_builder.errors import ConfigError
from m3w_builder.flamingo import chat, chat_page, checkpoint
from m3w_builder.flamingo.config import LanguageConfig, ModelConfig, TowerConfig
from m3w_builder.flamingo.tokenizer import train_tokenizer


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    torch.manual_seed(0)
    folder = str(tmp_path_factory.mktemp("chat") / "model")
    tokenizer = train_tokenizer(["it shows a thing"] * 9, 300)
    tower = TowerConfig(side=16, patch=8, width=24, layers=1)
    model = checkpoint.small(ModelConfig(gate=0.5), LanguageConfig(tokenizer.size, 32, 1, 2), tower)
    checkpoint.save(folder, model, tokenizer, tower, {})
    with chat_page.server(folder) as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{made.server_address[1]}"
        made.shutdown()


def ask(url: str, body: bytes | None = None, **headers: str) -> tuple[int, str, str]:
    """Status, text, and how it was sent."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=60) as answer:
            return answer.status, answer.read().decode(), answer.headers.get("Transfer-Encoding", "")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), ""


def test_a_picture_is_shown_and_a_text_is_answered_in_chunks(address: str) -> None:
    body = cv2.imencode(".png", np.full((20, 20, 3), 90, np.uint8))[1].tobytes()
    assert ask(f"{address}/show?name=a.png", body)[:2] == (200, "seen")
    status, text, sent = ask(f"{address}/say", json.dumps({"text": "it shows"}).encode())
    assert status == 200 and sent == "chunked" and isinstance(text, str)
    assert ask(f"{address}/new", b"")[0] == 200


def test_what_can_not_be_read_is_said_and_the_page_goes_on(address: str) -> None:
    assert ask(f"{address}/show?name=a.png", b"no picture") == (400, "a.png: no picture that can be read", "")
    assert ask(f"{address}/show", json.dumps({"url": "file:///etc/passwd"}).encode())[0] == 400
    assert ask(f"{address}/say", b"{")[0] == 400 and ask(f"{address}/none")[0] == 404
    assert ask(f"{address}/")[0] == 200


def test_a_picture_of_the_own_network_is_fetched_only_where_that_is_allowed(address: str) -> None:
    status, text, _ = ask(f"{address}/show", json.dumps({"url": f"{address}/chat.css"}).encode())
    assert status == 400 and "private_address" in text
    assert (
        chat.fetch(f"{address}/chat.css", private=True) == Path(chat_page.__file__).with_name("chat.css").read_bytes()
    )
    with pytest.raises(ConfigError, match="http_4xx"):
        chat.fetch(f"{address}/none", private=True)


class Wanders(BaseHTTPRequestHandler):
    """/far leads on and on, each time after a while; /circle leads back to itself by way of /there."""

    def do_GET(self) -> None:
        if self.path.startswith("/far"):
            time.sleep(0.2)
        self.send_response(302)
        self.send_header("Location", {"/circle": "/there", "/there": "/circle"}.get(self.path, f"{self.path}r"))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


def test_a_url_has_its_time_in_all_however_many_redirects_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat, "SECONDS", 0.5)  # five redirects of 0.2 s take longer, each by itself does not
    with ThreadingHTTPServer(("127.0.0.1", 0), Wanders) as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        place = f"http://127.0.0.1:{made.server_address[1]}"
        with pytest.raises(ConfigError, match=r"/far: no answer in 0\.5 seconds"):
            chat.fetch(f"{place}/far", private=True)
        monkeypatch.setattr(chat, "SECONDS", 60.0)
        with pytest.raises(ConfigError, match="/circle: too_many_redirects: a circle"):
            chat.fetch(f"{place}/circle", private=True)
        with pytest.raises(ConfigError, match="/far: too_many_redirects"):
            chat.fetch(f"{place}/far", private=True)
        made.shutdown()


def test_a_picture_of_too_many_pixels_is_refused_undecoded(address: str) -> None:
    bomb = bytearray(cv2.imencode(".png", np.zeros((8, 8, 3), np.uint8))[1].tobytes())
    bomb[16:24] = (60_000).to_bytes(4, "big") * 2
    status, text, _ = ask(f"{address}/show?name=a.png", bytes(bomb))
    assert status == 400 and "60000 × 60000 pixels" in text


def test_pages_of_elsewhere_are_refused(address: str) -> None:
    assert ask(f"{address}/", Host="evil.example")[0] == 403
    assert ask(f"{address}/say", b'{"text": "a"}', Origin="http://evil.example")[0] == 403


def test_every_file_of_the_page_is_there(address: str) -> None:
    page = ask(f"{address}/")[1]
    for name in ("/chat.js", "/chat.css"):
        assert name in page and Path(chat_page.__file__).parent.joinpath(name[1:]).exists()
        assert ask(f"{address}{name}")[0] == 200
