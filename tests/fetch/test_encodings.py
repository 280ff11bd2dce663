"""encodings: each encoding undone, labels that lie survived, bombs and cuts told apart."""

from __future__ import annotations

import gzip
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from m3w_builder.fetch.encodings import decode
from m3w_builder.stage import Drop

BODY = b"<html>" + b"word " * 5000 + b"</html>"
LIMIT = 100_000
PACK = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.compress,
}


@pytest.mark.parametrize("name", PACK)
def test_an_encoding_is_undone(name: str) -> None:
    packed = PACK[name](BODY)
    assert decode(packed, name.upper(), LIMIT) == BODY
    assert decode(PACK["gzip"](packed), f"{name}, gzip", LIMIT) == BODY


@pytest.mark.parametrize("name", ["gzip", "br", "zstd"])
def test_a_label_that_outlived_its_encoding_is_passed_over(name: str) -> None:
    assert decode(BODY, name, LIMIT) == BODY


@pytest.mark.parametrize("name", PACK)
def test_a_bomb_is_too_large(name: str) -> None:
    result = decode(PACK[name](bytes(50_000_000)), name, LIMIT)
    assert isinstance(result, Drop)
    assert result.reason == "too_large"


@pytest.mark.parametrize("name", ["gzip", "deflate", "br"])
def test_a_cut_stream_is_truncated(name: str) -> None:
    packed = PACK[name](bytes(range(256)) * 50)
    result = decode(packed[: len(packed) // 2], name, LIMIT)
    assert isinstance(result, Drop)
    assert result.reason == "truncated"


def test_gzip_members_follow_one_another_and_padding_is_passed_over() -> None:
    assert decode(gzip.compress(b"one ") + gzip.compress(b"two") + b"\0\0\0", "gzip", LIMIT) == b"one two"


@given(st.binary(max_size=200), st.sampled_from([*PACK, "", "identity", "compress", "gzip, br"]))
def test_any_bytes_give_bytes_or_a_reason(body: bytes, name: str) -> None:
    result = decode(body, name, 1000)
    assert isinstance(result, bytes) or result.reason in ("too_large", "truncated", "bad_encoding")


@given(st.binary(max_size=2000), st.sampled_from(sorted(PACK)))
def test_what_was_packed_comes_back(body: bytes, name: str) -> None:
    assert decode(PACK[name](body), name, 2000) == body
