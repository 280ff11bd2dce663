"""Contexts made under `read_late` hold no certificates until the first handshake, then those of any other context."""

import ssl
from threading import Thread

import pytest

from m3w_builder.fetch import roots

CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBljCCATugAwIBAgIUS07cCKsPKypcnj9r1u/CblLZDS0wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNjE1MjQwMVoYDzIxMjYxMTAy
MTUyNDAxWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQxyNI1mLQWY/6TXj8u2aVSW+Z3hnSXXu4FexnFGxiNGohdg4AJNtrs
UqstL96pdYLVSm94sWK8UvscBaLZxEFYo2kwZzAdBgNVHQ4EFgQUtzlco5Nkt2O3
hSg81h+wY40wifswHwYDVR0jBBgwFoAUtzlco5Nkt2O3hSg81h+wY40wifswDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
SQAwRgIhAMiPh5fMxJGI22TT72EJ8R5gFjNbOTHA8QAZ+3TAQVaBAiEAm25TdI39
DF4Fo/tadZYgAR6DzGqdyY2VtaCIs0Ns3j4=
-----END CERTIFICATE-----
"""


def late() -> ssl.SSLContext:
    with roots.read_late():
        return ssl.create_default_context()


def handshake(context: ssl.SSLContext) -> None:
    context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="a.example")


@pytest.fixture(autouse=True)
def system(tmp_path, monkeypatch):
    """A system that trusts one certificate."""
    path = tmp_path / "roots.pem"
    path.write_text(CERTIFICATE)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))


def test_certificates_are_read_with_the_first_handshake():
    context = late()
    assert context.cert_store_stats()["x509_ca"] == 0
    handshake(context)
    assert context.cert_store_stats() == ssl.create_default_context().cert_store_stats()
    assert context.cert_store_stats()["x509_ca"] == 1
    assert type(context) is ssl.SSLContext


def test_it_still_verifies():
    context = late()
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname


def test_contexts_made_afterwards_are_ordinary():
    late()
    assert ssl.create_default_context().cert_store_stats()["x509_ca"] == 1


def test_one_that_verifies_nothing_reads_none():
    with roots.read_late():
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_default_verify_paths()
    handshake(context)
    assert context.cert_store_stats()["x509_ca"] == 0


def test_threads_may_make_them_at_once():
    made: list[ssl.SSLContext] = []
    threads = [Thread(target=lambda: made.append(late())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for context in made:
        handshake(context)
    assert [context.cert_store_stats()["x509_ca"] for context in made] == [1] * 8
    assert "set_default_verify_paths" not in vars(ssl.SSLContext)
