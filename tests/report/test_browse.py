"""The browser shows documents, finds them, and lets nothing hostile through."""

import json
import re
import shutil
import threading
from http.client import HTTPConnection

import pyarrow as pa
import pytest

from m3w_builder import shards, storage
from m3w_builder.document import Document, Image
from m3w_builder.errors import BuildError, ConfigError
from m3w_builder.report import app as pages
from m3w_builder.report import browse, catalogue, judging
from m3w_builder.report.app import App
from m3w_builder.report.catalogue import Catalogue
from m3w_builder.shards import INDEX, ShardsConfig, search
from m3w_builder.shards.search import Query
from tests.report.conftest import HOSTILE, made


@pytest.fixture
def app(build):
    return App(build)


def keys_on(answer) -> list[str]:
    return list(dict.fromkeys(re.findall(r'href="/document/([0-9a-f]{32})', answer.body.decode())))


@pytest.mark.parametrize(
    ("asked", "number"),
    [
        ("", 13), ("?q=NUMBER7", 1), ("?q=nowhere", 0), ("?host=host1.test", 4), ("?host=test", 13),
        ("?language=de", 3), ("?language=de&host=host0.test", 1), ("?pictures=1", 13), ("?pictures=2", 0),
        ("?score=confidence&most=0.2", 3), ("?score=confidence&least=0.9", 1), ("?pictures=x&least=y", 13),
    ],
)  # fmt: skip
def test_documents_are_found(app, asked, number):
    assert len(keys_on(app.get("/" + asked))) == number


def test_a_document_is_shown_with_its_picture_and_neighbours(app):
    first, second, *_ = keys_on(app.get("/"))
    shown = app.get(f"/document/{first}").body.decode()
    assert f'src="/picture/{first}/0.jpg"' in shown
    assert f'rel="next" href="/document/{second}"' in shown
    picture = app.get(f"/picture/{first}/0.jpg")
    assert (picture.type, picture.body[:2]) == ("image/jpeg", b"\xff\xd8")


def test_next_and_previous_stay_within_what_was_asked(app):
    first, second, third, _ = keys_on(app.get("/?host=host1.test"))
    shown = app.get(f"/document/{second}?host=host1.test").body.decode()
    assert f'rel="prev" href="/document/{first}?host=host1.test"' in shown
    assert f'rel="next" href="/document/{third}?host=host1.test"' in shown


@pytest.mark.parametrize(
    "path",
    ["/", f"/document/{made()[-1][0].key}", "/dropped", "/dropped?reason=<script>&q=<script>", "/why?url=<script>x",
     "/?q=<script>&host=<script>&score=<script>", "/<script>", "/document/<script>", "/judge"],
)  # fmt: skip
def test_no_script_of_a_page_reaches_the_browser(app, path):
    text = app.get(path).body.decode()
    assert re.findall(r"<script[^>]*>", text) == ['<script src="/script.js" defer>']
    assert not re.search(r'<[^>]*="(javascript|data):', text)
    assert not re.search(r"<(?!script src)[a-z][^>\"]*(?:\"[^\"]*\"[^>\"]*)*\son[a-z]+=", text)


def test_a_drawing_that_can_run_scripts_is_not_served(app):
    assert app.get(f"/picture/{made()[-1][0].key}/0.svg").status == 404


def test_what_was_dropped_is_shown_with_measure_and_limit(app):
    text = app.get("/dropped?unit=page&stage=length&reason=too_short").body.decode()
    assert text.count('<td class="number short" data-name="limit">50</td>') == 2
    assert "fewer than min_words words" in text
    assert "Nothing like that was dropped" in app.get("/dropped?stage=size").body.decode()


def test_why_tells_one_address(app):
    assert "was kept: document" in app.get("/why?url=http://host1.test/page1").body.decode()


def test_judgements_are_kept_beside_the_build(app, build):
    key = app.catalogue.rows([2])[0]["key"]
    answer = json.loads(app.post("/judge", json.dumps({"key": key, "good": False}).encode()).body)
    assert answer["judged"] == 1 and answer["good"] == 0
    assert judging.load(build) == {key: False}
    storage.remove(f"{build}/{judging.FILE}")
    assert app.post("/judge", b'{"key": "none", "good": true}').status == 404
    assert app.post("/judge", b"[]").status == 400


@pytest.mark.parametrize(
    ("good", "of", "low", "high"), [(0, 0, 0, 1), (10, 10, 0.722, 1), (50, 100, 0.404, 0.596), (0, 20, 0, 0.161)]
)
def test_precision_has_the_interval_of_wilson(good, of, low, high):
    _, found_low, found_high = judging.precision({str(n): n < good for n in range(of)})
    assert (found_low, found_high) == (pytest.approx(low, abs=5e-4), pytest.approx(high, abs=5e-4))


@pytest.mark.parametrize(("url", "safe"), [("http://a/?b=1", "http://a/?b=1"), ("javascript:x", "about:blank"),
                                           (' http://a', "about:blank"), ('http://a/"x', "http://a/%22x")])  # fmt: skip
def test_links_lead_to_the_web_alone(url, safe):
    assert pages.link(url) == safe


@pytest.fixture
def server(build):
    with browse.server(build) as made:
        thread = threading.Thread(target=made.serve_forever, daemon=True)
        thread.start()
        yield made.server_address[1]
        made.shutdown()


def ask(port, method, path, **headers):
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request(method, path, body=headers.pop("body", None), headers=headers)
    response = connection.getresponse()
    return response, response.read()


def test_headers_forbid_what_is_not_the_apps_own(server):
    response, _ = ask(server, "GET", "/")
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 200), ({"Host": "evil.test"}, 403), ({"Origin": "http://evil.test"}, 403)],
)
def test_only_requests_to_this_very_server_are_answered(server, headers, status):
    assert ask(server, "GET", "/", **headers)[0].status == status


def test_a_form_of_another_site_cannot_judge(server):
    body = json.dumps({"key": HOSTILE.key, "good": True})
    assert ask(server, "POST", "/judge", body=body, **{"Content-Type": "text/plain"})[0].status == 400


def test_a_taken_port_and_a_folder_that_is_no_build_are_refused(server, build, tmp_path):
    with pytest.raises(ConfigError, match="name another one"):
        browse.server(build, server)
    with pytest.raises(BuildError, match="no finished build"):
        browse.server(str(tmp_path))


def test_documents_are_found_across_shards_and_their_row_groups(tmp_path):
    storage.make_folder(f"{tmp_path}/shards")
    for shard, start in (("train-000000-00000", 0), ("train-000001-00000", 5000)):
        numbers = range(start, start + 5000)
        columns = {
            "key": pa.array([f"{n:032x}" for n in numbers]),
            "host": pa.array([f"h{n % 100}.test" for n in numbers]),
        }
        table = pa.table([columns.get(f.name, pa.nulls(5000, f.type)) for f in INDEX], schema=INDEX)
        storage.write_table(f"{tmp_path}/shards/{shard}.parquet", table)
        with pytest.raises(BuildError, match="older version"):
            Catalogue(str(tmp_path))
        writer = search.Writer()
        for n in numbers:
            writer.add(Document("", [Image("")] * (n % 7), host=f"h{n % 100}.test", key=f"{n:032x}"), "train")
        writer.write(f"{tmp_path}/shards/{shard}.sqlite")
    catalogue = Catalogue(str(tmp_path))
    assert catalogue.total == 10_000
    assert [row["key"] for row in catalogue.rows([9001, 3])] == [f"{9001:032x}", f"{3:032x}"]
    found = [n for n in range(10_000) if n % 100 == 7 and n % 7 == 6]
    assert catalogue.select(Query(host="h7.test", pictures=6)).tolist() == found
    assert catalogue.find(f"{9999:032x}") == 9999


def test_a_build_without_words_of_texts_is_browsed_and_says_so(tmp_path, app):
    shards.write(made(), f"{tmp_path}/shards", "000000", ShardsConfig(search_texts=False))
    storage.write_json(f"{tmp_path}/ledger.json", [])
    bare = pages.App(str(tmp_path))
    said = "Titles and addresses alone are searched"
    assert said in bare.get("/").body.decode() and said not in app.get("/").body.decode()
    assert re.findall(r"<b dir=.auto.>([^<]*)", bare.get("/?q=page7").body.decode()) == ["Lighthouse 7"]
    assert "No document is like that" in bare.get("/?q=number7").body.decode()
    assert bare.get(f"/document/{made()[3][0].key}?host=host0.test").status == 200


def test_a_search_shows_where_the_words_stand(app):
    text = app.get("/?q=about+number7").body.decode()
    assert "<mark>About</mark> lighthouse <mark>number7</mark>" in text


def test_lengths_come_from_the_list_while_it_holds_these_very_files(tmp_path, build):
    shutil.copytree(build, tmp_path / "copy")
    copy = str(tmp_path / "copy")
    names = {
        name: size
        for name, size in storage.sizes(f"{copy}/shards").items()
        if name.count(".") == 1 and "parquet" in name
    }
    catalogue.write_list(copy, [(name, 1, size) for name, size in names.items()])
    assert Catalogue(copy).total == len(names)
    catalogue.write_list(copy, [(name, 1, size + 1) for name, size in names.items()])
    assert Catalogue(copy).total == 13
