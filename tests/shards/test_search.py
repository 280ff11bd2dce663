"""Documents are found by the words of their whole texts, in any script, and by host, language, pictures and score."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from m3w_builder import storage
from m3w_builder.document import Document, Image, Text
from m3w_builder.shards import search
from m3w_builder.shards.search import Query
from m3w_builder.words import words

FILLER = "Lorem ipsum dolor sit amet. " * 200
TEXTS = {
    "en": f"{FILLER} The keeper's café stood behind the lighthouse at 14:30, number7.",
    "ja": f"{FILLER} 灯台の隣に喫茶店があった。",
    "th": f"{FILLER} ประภาคารอยู่ริมทะเล",
    "hi": f"{FILLER} हिन्दी में लिखा हुआ पाठ",
    "ru": f"{FILLER} Смотритель маяка пил чай.",
    "ar": f"{FILLER} كان حارس المنارة يشرب الشاي",
    "ko": f"{FILLER} 등대지기는 차를 마셨다",
}


@pytest.fixture(scope="module")
def index(tmp_path_factory) -> str:
    url = str(tmp_path_factory.mktemp("search") / "train-0.sqlite")
    writer = search.Writer()
    for number, (language, text) in enumerate(TEXTS.items()):
        images = [Image(f"http://pictures.test/{n}") for n in range(number)]
        host = f"www.{language}.test"
        one = Document(f"http://{host}/a/{number}00.html", [Text(text), *images], host=host, language=language)
        one.key, one.title, one.scores = f"{number:032x}", f"Title of {language}", {"confidence": number / 10}
        writer.add(one, "train" if number else "validation")
    writer.write(url)
    return url


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("lighthouse keeper", [0]), ("LIGHTH", [0]), ("cafe", [0]), ("CAFÉ", [0]), ("ighthouse", []),
        ('"the lighthouse at"', [0]), ('"lighthouse the"', []), ('"lighthous"', []), ("14:30", [0]), ("number7.", [0]),
        ("喫茶店", [1]), ("灯台", [1]), ("台灯", []), ("ทะเล", [2]), ("हिन्दी", [3]), ("маяка смотр", [4]),
        ("المنارة", [5]), ("등대", [6]), ("title", [0, 1, 2, 3, 4, 5, 6]), ("title ja", [1]),
        ("en.test/a/000.html", [0]),
        ("keeper OR маяка", []), ("NEAR(keeper)", []), ("text: keeper", []), ("-", []), ('"', []), ("keeper\0qq", []),
        ('keeper "', [0]), ("keeper*", [0]),
    ],
)  # fmt: skip
def test_words_are_found_wherever_they_stand_and_nothing_asked_is_syntax(index, asked, found):
    assert search.rows(index, Query(asked)) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (Query(), [0, 1, 2, 3, 4, 5, 6]), (Query(host="ja.test"), [1]), (Query(host="www.ja.test"), [1]),
        (Query(host="a.test"), []), (Query(host="test"), [0, 1, 2, 3, 4, 5, 6]), (Query(language="ru"), [4]),
        (Query(split="validation"), [0]), (Query(pictures=5), [5, 6]), (Query(score="confidence", least=0.5), [5, 6]),
        (Query(score="confidence", most=0.1), [0, 1]), (Query(score="other"), []),
        (Query("lorem", language="ja", pictures=1), [1]),
    ],
)  # fmt: skip
def test_documents_are_filtered(index, query, found):
    assert search.rows(index, query) == found


def test_a_document_is_found_by_its_key(index):
    assert search.row_of(index, f"{3:032x}") == 3
    assert search.row_of(index, "' OR 1") == -1


def test_an_index_of_a_far_store_is_asked_alike(index):
    storage.write_bytes("memory://search/train-0.sqlite", storage.read_bytes(index))
    assert search.rows("memory://search/train-0.sqlite", Query("lighthouse")) == [0]
    assert search.score_names("memory://search/train-0.sqlite") == ["confidence"]


@given(st.text(st.one_of(st.characters(), st.sampled_from("a \u4e2d\u3042\u0e01"))))
def test_words_of_scripts_without_spaces_stand_apart_the_same_compiled_or_not(text):
    made = search._apart(text)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(search, "letters", lambda: None)
        assert search._apart(text) == made
    assert search._apart("\u4e2d\u3042a") == " \u4e2d  \u3042 a"


def test_the_same_documents_give_the_same_bytes_without_their_texts(tmp_path):
    one = Document("http://a.test/", [Text("A sentence that cannot be read back: words stand apart.")], key="00")
    for name in ("a", "b"):
        writer = search.Writer()
        writer.add(one, "train")
        writer.write(f"{tmp_path}/{name}")
    first, second = (storage.read_bytes(f"{tmp_path}/{name}") for name in ("a", "b"))
    assert first == second
    assert b"cannot be read back" not in first


def test_without_texts_titles_and_addresses_are_found_and_filters_are_the_same(tmp_path, index):
    url, writer = str(tmp_path / "train-0.sqlite"), search.Writer(texts=False)
    writer.add(Document("http://a.test/way", [Text("lighthouse")], host="a.test", title="Keeper", key="0"), "train")
    writer.write(url)
    assert [search.rows(url, Query(asked)) for asked in ("keep", "way", "lighthouse")] == [[0], [0], []]
    assert search.rows(url, Query("keeper", host="a.test")) == [0] and search.row_of(url, "0") == 0
    assert search.has_texts(index) and not search.has_texts(url)


def test_every_word_of_every_text_finds_it(index):
    for number, text in enumerate(TEXTS.values()):
        for word in {word for word in words(text) if word[0].isalnum()}:
            assert number in search.rows(index, Query(f'"{word}"')), word
