"""The server: virtual hosts on one port, the statuses that are planted, ETags, and an end when its block ends."""

import http.client
import socket
from urllib.parse import urlsplit

import pytest

from m3w_builder import sampleweb
from m3w_builder.errors import BuildError


@pytest.fixture(scope="module")
def served(web):
    with sampleweb.serve(web) as server:
        yield server


def ask(served, url, method="GET", **headers):
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(served.address, timeout=10)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    connection.request(method, target, headers={"Host": parts.netloc, **headers})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body


def test_hosts_and_map_lead_to_one_address(served):
    assert "news-1.sample.test" in served.hosts
    assert served.resolve == {"*.sample.test": served.address}


@pytest.mark.parametrize("path", ["/", "/robots.txt", "/sitemap.xml", "/about.html"])
def test_every_site_has_its_standing_pages(served, truth, path):
    for host in truth["hosts"]:
        assert ask(served, f"http://{host}{path}")[0] == 200


def test_addresses_answer_as_their_case_says(served, truth):
    statuses = {"gone_page": 404, "redirect": 301, "gone": 404, "failing": 503, "circle": 301, "moved": 302}
    for url, entry in {**truth["pages"], **truth["pictures"]}.items():
        status, headers, _ = ask(served, url)
        assert status == statuses.get(entry["case"], 200), url
        assert ("location" in headers) == (300 < status < 400)


def test_a_moved_picture_is_found_where_it_went(served, truth):
    url = next(url for url, picture in truth["pictures"].items() if picture["case"] == "moved")
    location = ask(served, url)[1]["location"]
    status, headers, body = ask(served, f"http://{urlsplit(url).netloc}{location}")
    assert (status, headers["content-type"], body[:2]) == (200, "image/jpeg", b"\xff\xd8")


def test_a_known_etag_saves_the_body(served, truth):
    status, headers, body = ask(served, truth["starts"][0])
    assert status == 200 and body
    status, _, body = ask(served, truth["starts"][0], **{"If-None-Match": headers["etag"]})
    assert (status, body) == (304, b"")


def test_head_tells_the_length_and_sends_nothing(served, truth):
    status, headers, body = ask(served, truth["starts"][0], method="HEAD")
    assert status == 200 and int(headers["content-length"]) > 100 and body == b""


@pytest.mark.parametrize(
    "url",
    ["http://unknown.sample.test/", "http://news-1.sample.test/../answers.json", "http://news-1.sample.test/media"],
)
def test_what_is_not_there_is_404(served, url):
    assert ask(served, url)[0] == 404


def test_other_methods_are_refused(served, truth):
    assert ask(served, truth["starts"][0], method="POST")[0] == 405


def test_several_requests_in_one_packet_are_answered_in_order(served):
    host, port = served.address.split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        wanted = "GET {} HTTP/1.1\r\nHost: news-1.sample.test\r\n{}\r\n"
        connection.sendall(
            (wanted.format("/robots.txt", "") + wanted.format("/nothing", "Connection: close\r\n")).encode()
        )
        data = b""
        while chunk := connection.recv(65536):
            data += chunk
    assert data.index(b"200 OK") < data.index(b"404 Not Found")


def test_it_answers_as_a_proxy_too(served):
    connection = http.client.HTTPConnection(served.address, timeout=10)
    connection.request("GET", "http://blog-1.sample.test/robots.txt")
    assert b"Disallow: /private/" in connection.getresponse().read()


def test_the_server_ends_with_its_block(web):
    with sampleweb.serve(web) as server:
        host, port = server.address.split(":")
    with pytest.raises(OSError):
        socket.create_connection((host, int(port)), timeout=2)


def test_a_taken_port_is_an_error_in_one_line(web, served):
    port = int(served.address.split(":")[1])
    with pytest.raises(BuildError, match="did not start"), sampleweb.serve(web, port):
        pass
