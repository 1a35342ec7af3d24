import random
import re
import unicodedata

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.curation import contamination, text_pieces
from stillroom.curation.contamination import MOST_ITEMS, Benchmarks
from stillroom.curation.short_items import ShortItems
from stillroom.curation.word_grams import folded, words_of
from stillroom.errors import RequestError

WORDS = [f"w{number}" for number in range(50)]
TEXT = st.lists(st.sampled_from(["ab", "Ab", "c9", "é", "Ж", ", ", "\n", "-"]), max_size=30).map(" ".join)


def items(*texts: str, benchmark: str = "bench") -> pl.DataFrame:
    return pl.DataFrame({"benchmark": benchmark, "item_id": [f"i{row}" for row in range(len(texts))], "text": texts})


def documents(*texts: str) -> pl.DataFrame:
    return pl.DataFrame(
        {"id": [f"d{row}" for row in range(len(texts))], "text": texts}, schema_overrides={"text": pl.String()}
    )


def sentence(seed: int, words: int) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=words))


@given(st.lists(TEXT, max_size=5), st.integers(1, 4))
def test_grams_are_those_of_a_plain_scan(texts: list[str], size: int):
    found_words = words_of(texts)
    first, last, hashes = found_words.runs(size)
    expected: list[tuple[int, tuple[str, ...]]] = []
    for row, text in enumerate(texts):
        words = re.findall(r"[^\W_]+", text.lower())
        expected += [(row, tuple(words[at : at + size])) for at in range(len(words) - size + 1)]
    found = [
        (row, tuple(re.findall(r"[^\W_]+", texts[row].lower()[start:end])))
        for row, start, end in zip(
            found_words.owners[first].tolist(),
            found_words.starts[first].tolist(),
            found_words.ends[last].tolist(),
            strict=True,
        )
    ]
    assert found == expected
    assert len(set(hashes.tolist())) == len({gram for _, gram in expected})


@given(st.integers(13, 40), st.integers(0, 30), st.integers(0, 10**6))
def test_every_planted_run_of_13_words_is_found(length: int, before: int, seed: int):
    item = sentence(seed, 60)
    start = seed % 20
    planted = " ".join(item.split()[start : start + length])
    shouted = planted.upper().replace(" ", ",\n")
    text = f"{' x' * before}. {shouted}! y"
    hits = Benchmarks(items("unrelated " * 20, item)).find(documents("nothing here", text))
    assert hits.select("id", "benchmark", "item_id", "words").rows() == [("d1", "bench", "i1", length)]
    assert hits["evidence"][0].split(",\n") == planted.split()


def test_what_is_found_does_not_hang_on_how_much_is_looked_at_together(monkeypatch: pytest.MonkeyPatch):
    long = [sentence(seed, 30) for seed in range(5)]
    benchmarks = Benchmarks(items(*long, *long[:2], sentence(7, 9), sentence(8, 11)))
    held = documents(*(f"so {text}, and {sentence(7 + row % 2, 9 + 2 * (row % 2))}" for row, text in enumerate(long)))
    together = benchmarks.find(held)
    monkeypatch.setattr(contamination, "_RUNS_AT_A_TIME", 1)
    monkeypatch.setattr(text_pieces, "_BLOCK_CHARS", 100)

    assert len(together) == 7 + 5
    assert benchmarks.find(held).equals(together)


def test_12_words_of_a_long_item_are_no_hit():
    item = sentence(3, 40)
    assert not len(Benchmarks(items(item)).find(documents(" ".join(item.split()[5:17]))))


def test_a_short_item_counts_where_it_occurs_whole():
    item = "what is the area of a circle of radius 7"
    found = Benchmarks(items(item, "too short")).find(documents(f"Tell me: {item}?", item[:-2]))
    assert found.select("id", "item_id", "words", "evidence").rows() == [("d0", "i0", 10, item)]


def test_coverage_says_what_was_checked():
    benchmarks = Benchmarks(pl.concat([items(sentence(1, 20), "short"), items(sentence(2, 9), benchmark="other")]))
    assert benchmarks.coverage.rows() == [("bench", 2, 1, 1), ("other", 1, 1, 0)]


def test_an_item_counts_once_for_a_document_and_is_checked_if_one_of_its_texts_is_long_enough():
    item = pl.DataFrame({"benchmark": "b", "item_id": "i", "text": [sentence(1, 14), "short", sentence(1, 20)]})
    benchmarks = Benchmarks(item)
    assert benchmarks.coverage.rows() == [("b", 1, 1, 0)]
    found = benchmarks.find(documents(f"{sentence(1, 20)} and no more"))
    assert found.select("item_id", "words", "evidence").rows() == [("i", 20, sentence(1, 20))]


PLAIN = "the caf\u00e9 on the corner sells 12 kinds of cake and every kind costs 3 coins more than tea"


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(unicodedata.normalize("NFD", PLAIN), id="decomposed"),
        pytest.param("".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in PLAIN), id="full width"),
        pytest.param(PLAIN.replace("corner", "cor\u00adner"), id="soft hyphen"),
        pytest.param(PLAIN.replace("kinds", "ki\u200bn\u200dd\u2060s"), id="zero width"),
        pytest.param("\u202e".join(PLAIN.split(" and ")).replace("\u202e", " \u202eand "), id="direction"),
        pytest.param(PLAIN.replace("coins", "co\ufe0fins"), id="variant"),
        pytest.param(PLAIN.replace(" ", "\u00a0").upper(), id="other blanks and capitals"),
        pytest.param("".join(chr(0x1D400 + ord(c) - 65) if "A" <= c <= "Z" else c for c in PLAIN.upper()), id="bold"),
    ],
)
def test_no_way_of_writing_the_same_characters_hides_them(written: str):
    assert written != PLAIN
    for item, document in ((PLAIN, written), (written, PLAIN)):
        found = Benchmarks(items(item)).find(documents(f"It is said that {document}."))
        assert found.select("words", "evidence").rows() == [(19, PLAIN)]


def test_what_cannot_be_seen_is_what_unicode_calls_format_characters():
    unseen = [chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) == "Cf"]
    assert folded("\u00e9".join(["", *unseen, ""])) == "\u00e9" * (len(unseen) + 1)


def test_vowel_signs_do_not_part_a_word():
    hindi = "\u0939\u093f\u0928\u094d\u0926\u0940 \u092e\u0947\u0902"
    assert len(words_of([hindi])) == 2


def test_a_mark_without_a_letter_is_no_word():
    found = Benchmarks(items(PLAIN.replace("corner", "corner \u02dc"))).find(documents(PLAIN))
    assert found.select("words", "evidence").rows() == [(19, PLAIN)]
    assert len(words_of(["\u0301 a\u0301\u0302 (\u0303) \u4e2d\u0301"])) == 2


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        pytest.param(
            {"id": ["a"], "text": [None]}, "column 'text' of documents has no value in 1 of 1 rows", id="null"
        ),
        pytest.param({"id": ["a"]}, "documents have no column 'text'", id="column"),
        pytest.param({"id": ["a"], "text": [7]}, "column 'text' of documents is Int64", id="type"),
    ],
)
def test_documents_that_are_no_texts_are_refused(frame: dict[str, list[object]], said: str):
    schema = {"text": pl.String()} if frame.get("text") == [None] else None
    with pytest.raises(RequestError, match=said):
        Benchmarks(items(sentence(1, 20))).find(pl.DataFrame(frame, schema_overrides=schema))


APPLES = "小明有五个苹果他又买了三个请问他现在一共有几个苹果要是他再送给朋友两个呢"
RAIN = "เมื่อวานนี้ฝนตกหนักมากในกรุงเทพมหานครจนรถยนต์ไม่สามารถวิ่งผ่านถนนหลายสายได้และผู้คนต้องเดินกลับบ้าน"


def test_words_of_scripts_without_spaces_are_characters_that_are_less_than_a_word():
    words = words_of([APPLES])
    assert len(words.hashes) == len(APPLES)
    index = Benchmarks(items(APPLES))
    assert len(index.find(documents("题目 " + APPLES[2:28], "题目 " + APPLES[2:27]))) == 1
    assert index.find(documents("题目 " + APPLES[2:32]))["words"].to_list() == [15]
    assert Benchmarks(items(RAIN)).find(documents(f"เขาบอกว่า {RAIN[5:]}"))["item_id"].to_list() == ["i0"]


@pytest.mark.parametrize(
    ("term", "held"),
    [
        pytest.param("ประเทศไทย", "กรุงเทพเป็นเมืองหลวงของประเทศไทยมานานแล้ว", id="Thai"),
        pytest.param("プログラミング言語", "これは新しいプログラミング言語の説明です", id="Japanese"),
        pytest.param("社会主义核心价值观", "他们讨论社会主义核心价值观的意义", id="Chinese"),
        pytest.param("中华人民共和国国务院", "中华人民共和国国防院不存在", id="Chinese, one character changed"),
        pytest.param("中华人民共和国国务院", "中华人民共和国国务院今天发布", id="Chinese, long"),
        pytest.param("ສາທາລະນະລັດ ປະຊາທິປະໄຕ", "ສາທາລະນະລັດ ປະຊາທິປະໄຕ ປະຊາຊົນລາວ", id="Lao"),
        pytest.param("ព្រះរាជាណាចក្រកម្ពុជា", "នៅក្នុងព្រះរាជាណាចក្រកម្ពុជា", id="Khmer"),
        pytest.param("ပြည်ထောင်စုသမ္မတ", "ပြည်ထောင်စုသမ္မတမြန်မာနိုင်ငံ", id="Burmese"),
    ],
)
def test_a_common_term_of_a_script_without_spaces_is_no_item(term: str, held: str):
    for index in (Benchmarks(items(term)), ShortItems(items(term))):
        assert index.find(documents(held)).is_empty()
        assert index.coverage["too_short"].to_list() == [1]


@pytest.mark.parametrize(
    ("item", "held"),
    [
        pytest.param("地球到太阳的平均距离大约是多少公里", "请问地球到太阳的平均距离大约是多少公里呢", id="Chinese"),
        pytest.param("日本で一番高い山は何という山ですか", "では日本で一番高い山は何という山ですか", id="Japanese"),
        pytest.param(RAIN[:52], f"ว่า{RAIN[:52]}แล้ว", id="Thai"),
        pytest.param(
            "用 Python 写一个 函数 计算 两个 整数 的 最大 公约数",
            "请用Python写一个函数计算两个整数的最大公约数",
            id="mixed",
        ),
    ],
)
def test_a_short_question_in_a_script_without_spaces_counts_where_it_occurs_whole(item: str, held: str):
    index = Benchmarks(items(item))
    assert index.coverage["checked"].to_list() == [1]
    assert index.find(documents(held))["item_id"].to_list() == ["i0"]
    assert index.find(documents(item[:-2], item[2:])).is_empty()


@pytest.mark.parametrize("blank", ["\n" * 3_000, " | " * 2_000, "-" * 9_000])
def test_words_far_apart_at_a_seam_are_found(blank: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("stillroom.curation.text_pieces._PIECE_CHARS", 30_000)
    item = sentence(5, 13)
    text = blank.join(item.split())
    before = "filler " * ((30_000 - len(text) // 2) // 7)
    assert len(Benchmarks(items(item)).find(documents(before + text + " filler" * 9_000))) == 1


def test_a_giant_text_is_searched_in_pieces(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("stillroom.curation.text_pieces._PIECE_CHARS", 300)
    monkeypatch.setattr("stillroom.curation.text_pieces._OVERLAP_CHARS", 200)
    item = sentence(5, 20)
    text = "filler " * 130 + item + " filler" * 200
    assert Benchmarks(items(item)).find(documents(text)).rows() == [("d0", "bench", "i0", 20, item, False)]


@pytest.mark.parametrize("text", ["", "\x00", "one", "\ufffd" * 50])
def test_odd_texts_are_clean(text: str):
    assert not len(Benchmarks(items(sentence(1, 20))).find(documents(text)))


def test_checking_against_nothing_is_refused():
    with pytest.raises(RequestError, match="no benchmark items"):
        Benchmarks(items())


def test_every_benchmark_that_has_a_passage_is_reported():
    passage = sentence(6, 14)
    many = items(*(f"{passage} {number}" for number in range(100)), benchmark="a")
    found = Benchmarks(pl.concat([many, items(passage, benchmark="b")])).find(documents(passage))
    assert sorted(found["benchmark"].to_list()) == ["a"] * MOST_ITEMS + ["b"]


def test_an_item_whose_texts_repeat_each_other_counts_once_towards_the_most():
    passage = sentence(6, 14)
    frame = pl.DataFrame({"benchmark": "a", "item_id": [f"i{n // 3}" for n in range(30)], "text": [passage] * 30})
    assert len(Benchmarks(frame).find(documents(passage))) == 10


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("{0}\\n{1}\\t{2}", id="escaped as in JSON"),
        pytest.param("{0}\\\\n{1}\\r\\n{2}", id="escaped twice, and with a return"),
    ],
)
def test_escaped_blanks_part_words(written: str):
    item = "the first words of a question and then the next ones of it here"
    parts = ("The first words of a question", "and then the next ones", "of it here")
    assert len(Benchmarks(items(item)).find(documents(written.format(*parts)))) == 1


def test_an_instruction_that_all_items_begin_with_is_reported_for_a_few_of_them():
    instruction = "below is an instruction that describes a task write a response that completes the request"
    index = Benchmarks(items(*(f"{instruction} number {number}" for number in range(1000))))

    assert len(index.find(documents(f"{instruction} of mine"))) == MOST_ITEMS
    assert index.coverage["checked"].to_list() == [1000]
