"""Files are whole or not there, locally and on other file systems."""

import os
import socket
import subprocess
import sys
import threading
import time

import pyarrow as pa
import pytest

from m3w_builder import storage
from m3w_builder.errors import ConfigError


@pytest.fixture(params=["local", "memory"])
def base(request, tmp_path):
    if request.param == "local":
        yield str(tmp_path)
    else:
        yield "memory://storage-test"
        storage.remove("memory://storage-test")


def test_what_is_written_is_read_back(base):
    url = storage.join(base, "a", "b.bin")
    storage.write_bytes(url, b"0123456789")
    assert storage.read_bytes(url) == b"0123456789"
    assert storage.read_bytes(url, 2, 5) == b"234"
    assert storage.size(url) == 10
    assert storage.names(storage.join(base, "a")) == ["b.bin"]
    assert storage.sha256(url).startswith("84d89877")


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("runs/mine", "runs/mine"),
        ("/runs/mine", "/runs/mine"),
        ("file:///runs/mine", "/runs/mine"),
        ("~/runs", ""),
        ("s3://bucket/runs", ""),
        ("memory://runs", ""),
        ("simplecache::s3://bucket/runs", ""),
    ],
)
def test_plain_paths_alone_go_past_fsspec(url, path):
    assert storage.local_path(url) == path


def test_a_folder_is_removed_with_all_that_it_holds(base):
    folder = storage.join(base, "folder")
    storage.write_bytes(storage.join(folder, "deep", "a.bin"), b"a")
    storage.remove(folder)
    assert not storage.exists(folder)
    assert storage.names(base) == []


def test_tables_come_back_by_row_group(base):
    url = storage.join(base, "t.parquet")
    table = pa.table({"number": list(range(10))})
    storage.write_table(url, table, row_group=4)
    assert storage.read_table(url).equals(table)
    assert [len(part) for part in storage.iter_tables(url)] == [4, 4, 2]


def test_a_write_that_fails_leaves_what_was_there(tmp_path):
    url = str(tmp_path / "x.bin")
    storage.write_bytes(url, b"old")
    with pytest.raises(RuntimeError), storage.atomic(url) as stream:
        stream.write(b"new")
        raise RuntimeError
    assert storage.read_bytes(url) == b"old"
    assert os.listdir(tmp_path) == ["x.bin"]


def test_names_of_no_folder_are_none(base):
    assert storage.names(storage.join(base, "nowhere")) == []


def test_removing_nothing_is_fine(base):
    storage.remove(storage.join(base, "nothing"))


def test_a_folder_that_cannot_be_made_is_told_in_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot write to") as caught:
        storage.make_folder(str(tmp_path / "file" / "below"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("s3://AKIA:hush@bucket/x.warc.gz", "s3://***@bucket/x.warc.gz"),
        ("https://h/x.gz?X-Amz-Signature=abc&part=1", "https://h/x.gz?X-Amz-Signature=***&part=1"),
        ("cannot read 'https://h/x?sig=ab%2F&se=2'", "cannot read 'https://h/x?sig=***&se=2'"),
        ("https://h/x?monkey=1&keyword=2", "https://h/x?monkey=1&keyword=2"),
        ("http://user@host/plain", "http://user@host/plain"),
    ],
)
def test_secrets_of_urls_are_not_shown(text, shown):
    assert storage.hidden(text) == shown


def test_secrets_of_a_config_are_not_kept_and_nothing_else_goes():
    data = {"options": {"secret": "hush", "aws_session_token": "hush", "anon": False}, "tokenizer": "words", "keep": 1}
    kept = storage.without_secrets(data)
    assert kept == {**data, "options": {"secret": "***", "aws_session_token": "***", "anon": False}}


def test_remote_files_are_asked_for_abreast_and_told_in_order():
    under_way, most = [0], [0]

    def look(url):
        under_way[0] += 1
        most[0] = max(most[0], under_way[0])
        time.sleep(0.01)
        under_way[0] -= 1
        return int(url.rsplit("/", 1)[-1])

    assert list(storage.abreast(look, [f"memory://there/{number}" for number in range(150)])) == list(range(150))
    assert 1 < most[0] <= storage.ABREAST
    most[0] = 0
    assert list(storage.abreast(look, [f"/here/{number}" for number in range(5)])) == list(range(5))
    assert most[0] == 1


def test_s3_is_sent_a_file_at_once_and_not_asked_for_leave_first(monkeypatch):
    """Behind a network that fell silent two workers waited for that leave, until somebody ended them."""
    asked = []
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        near, _ = server.accept()
        with near:
            while b"what is kept" not in b"".join(asked):
                asked.append(near.recv(1 << 16))
            near.sendall(b'HTTP/1.1 200 OK\r\nETag: "0"\r\nContent-Length: 0\r\n\r\n')

    threading.Thread(target=serve, daemon=True).start()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "not-a-key")
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.getsockname()[1]}")
    code = "from m3w_builder import storage; storage.write_bytes('s3://bucket/runs/file', b'what is kept')"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
    assert b"expect" not in b"".join(asked).lower()
