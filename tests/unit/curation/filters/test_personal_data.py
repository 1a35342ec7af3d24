"""Personal data is found by kind and place and not repeated; what examples are written with is nobody's."""

import sysconfig
import time
from pathlib import Path
from typing import get_args

import pytest

from stillroom.curation.filters.personal_data import PersonalDataFilter
from stillroom.recipe import PersonalData
from stillroom.recipe.filters import PersonalKind

ALL = PersonalDataFilter(PersonalData(kinds=get_args(PersonalKind), phone_regions=("US",)))
USUAL = PersonalDataFilter(PersonalData())


@pytest.mark.parametrize(
    ("datum", "kind"),
    [
        pytest.param("erika.mustermann@posteo.de", "email", id="address"),
        pytest.param("Erika <erika.m+news@physik.uni-kiel.de>", "email", id="address after a name"),
        pytest.param("mailto:erika.m@posteo.de", "email", id="link"),
        pytest.param("ERIKA.M@POSTEO.DE", "email", id="address in capitals"),
        pytest.param("jovana.m@student.bg.ac.rs", "email", id="address of a country that is a file's suffix too"),
        pytest.param("ivan.petrov1984@mail.ru", "email", id="provider named mail"),
        pytest.param("j.novakova@email.cz", "email", id="provider named email"),
        pytest.param("k.mueller@mail.de", "email", id="another provider named mail"),
        pytest.param("a.berg@mail.com", "email", id="provider under a generic domain"),
        pytest.param("m.weber@mail.huber-gmbh.de", "email", id="host named mail"),
        pytest.param("s.ito@server.test.riken.jp", "email", id="hosts named as stand-ins"),
        pytest.param("news.tip@abc.net.au", "email", id="name that stands in for others elsewhere"),
        pytest.param("+49 431 880-1234", "phone", id="phone in groups"),
        pytest.param("+1 (650) 253-0000", "phone", id="phone with brackets"),
        pytest.param("+14155552671", "phone", id="phone in one"),
        pytest.param("4929 2874 1093 0179", "payment-card", id="card in groups"),
        pytest.param("with my visa 4929287410930179", "payment-card", id="card spoken of"),
        pytest.param("DE02120300000000202051", "iban", id="IBAN"),
        pytest.param("IBAN: NL20 INGB 0001 2345 67", "iban", id="IBAN in groups"),
        pytest.param("93.184.215.14", "ip-address", id="IP address"),
        pytest.param("536-90-4399", "us-ssn", id="SSN"),
        pytest.param("(650) 253-0000", "phone", id="phone of a region"),
        pytest.param("415.736.2938", "phone", id="phone of a region with dots"),
        pytest.param("phone=+4930901820", "phone", id="short phone in one that is said to be one"),
        pytest.param("Erika.Muster@Posteo.De", "email", id="address in title case"),
        pytest.param("_erika.muster@posteo.de_", "email", id="address in Markdown's emphasis"),
        pytest.param("erika.muster@posteo.de(home)", "email", id="address before a bracket"),
        pytest.param('{"at":"https://posteo.de","by":"erika.m@posteo.de"}', "email", id="address after a link in JSON"),
        pytest.param("de02120300000000202051", "iban", id="IBAN in small letters"),
        pytest.param("be71 0961 2345 6769 bei der Bank", "iban", id="IBAN before words of four letters"),
        pytest.param("BE71 0961 2345 6769 EUR", "iban", id="IBAN before a currency"),
    ],
)
def test_a_datum_is_found_by_its_kind_and_line_and_is_not_repeated(datum: str, kind: str) -> None:
    found = ALL.find(f"Write a function.\n\nContact: {datum}, at any time.")

    assert found is not None
    assert found.reason == f"personal:{kind}"
    assert found.said.endswith("in line 3")
    for word in datum.split():
        assert len(word) < 4 or word not in found.said


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        pytest.param("\u8bf7\u53d1\u5230zhang.wei@163.com\u8054\u7cfb\u6211", "email", id="address in Chinese"),
        pytest.param("kim.minsu@naver.com\uc73c\ub85c \uc5f0\ub77d", "email", id="address before a Korean particle"),
        pytest.param("tanaka.k@gmail.com\u307e\u3067", "email", id="address in Japanese"),
        pytest.param("erika.muster\uff20posteo\uff0ede", "email", id="address in wide characters"),
        pytest.param(
            "\u7f51\u7ad9https://firm.cn\uff0c\u90ae\u7bb1zhang.wei@163.com",
            "email",
            id="address after a link in Chinese",
        ),
        pytest.param("\u624b\u673a+86 138 1234 5678", "phone", id="phone in Chinese"),
        pytest.param("+82 10-2345-6789\uc785\ub2c8\ub2e4", "phone", id="phone before a Korean ending"),
        pytest.param(
            "\uff0b\uff18\uff16 \uff11\uff13\uff18 \uff11\uff12\uff13\uff14 \uff15\uff16\uff17\uff18",
            "phone",
            id="wide phone",
        ),
        pytest.param("+33\u00a06\u00a012\u00a034\u00a056\u00a078", "phone", id="phone with no-break blanks"),
        pytest.param("+33\u202f6\u202f12\u202f34\u202f56\u202f78", "phone", id="phone with narrow blanks"),
        pytest.param("+1 415\u2011736\u20112938", "phone", id="phone with no-break hyphens"),
        pytest.param("+1 415\u2013736\u20132938", "phone", id="phone with dashes"),
        pytest.param("\u202a+1 415-736-2938\u202c", "phone", id="phone as address books copy it"),
        pytest.param("\u7535\u8bdd+4930901820", "phone", id="short phone that is said to be one in Chinese"),
        pytest.param("\u5361\u53f74539 5787 6362 1486\uff0c", "payment-card", id="card in Chinese"),
        pytest.param("\u4fe1\u7528\u5361\u53f7:4539578763621486", "payment-card", id="card spoken of in Chinese"),
        pytest.param("\u041a\u0430\u0440\u0442\u0430 4539578763621486", "payment-card", id="card spoken of in Russian"),
        pytest.param("4539\u00a05787\u00a06362\u00a01486", "payment-card", id="card with no-break blanks"),
        pytest.param("\u8d26\u6237DE44500105175407324931\u3002", "iban", id="IBAN in Chinese"),
        pytest.param("DE44\u00a05001\u00a00517\u00a05407\u00a03249\u00a031", "iban", id="IBAN with no-break blanks"),
        pytest.param("\u670d\u52a1\u566893.184.215.14\u7684", "ip-address", id="IP address in Chinese"),
        pytest.param("\u793e\u4fdd\u53f7536-90-4399\u3002", "us-ssn", id="SSN in Chinese"),
    ],
)
def test_neither_a_letter_of_another_script_nor_typesetting_hides_a_datum(text: str, kind: str) -> None:
    found = ALL.find(f"First line\u3002\n{text}")

    assert found is not None
    assert found.reason == f"personal:{kind}"
    assert found.said.endswith("in line 2")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("send('alice@example.com', to='bob.miller@mail.example.org')", id="reserved domains"),
        pytest.param("user@localhost, root@db1.internal, admin@posteo.de, git@github.com:owner/repo", id="functions"),
        pytest.param("assert is_valid('john.doe@gmail.com') and is_valid('user@domain.com')", id="made-up persons"),
        pytest.param("result = weights@inputs.to(device) + left@right.dot(other)", id="matrices"),
        pytest.param("scores = query@key.mT / d + left@right.mH", id="transposed matrices"),
        pytest.param("page@app.js, x1@y1.ts, cls@scheme.vb, some.one@app.kt", id="files of no country"),
        pytest.param("left@self.net(x) + left@self.info(x) + x_a.b@lib.de_f", id="matrices that are called"),
        pytest.param(
            "\u7ed3\u679c=weights@inputs.to(device)\uff0c\u8f6c\u7f6equery@key.mT\u3002", id="matrices in Chinese"
        ),
        pytest.param("\u603b\u548c5+12025550123\uff0cx = +4930901820", id="sums in Chinese"),
        pytest.param("\u7248\u672c2.14.3.1\u7684\u3001version 2.14.3.1 of, build: 93.184.215.14", id="versions"),
        pytest.param("\u91d1\u989d4539578763621486\u5143\u3001\u4ef7\u683c1,234,567.89", id="sums of money in Chinese"),
        pytest.param("1990\u20132000\u20132010, pp. 123\u2013456, 5\u22122\u22121234", id="ranges and differences"),
        pytest.param(
            "ISBN 978\u20130\u2013306\u201340615\u20137, doi:10.1038/s41586-020-2649-2", id="books and papers"
        ),
        pytest.param("01.02.2024 12.30.45, 3.141.592.6535, 1.234.567.8901", id="dates and numbers with dots"),
        pytest.param(
            "ad12deadbeef4567deadbeef de00120300000000202051 be12 this that 1234", id="small letters and digits"
        ),
        pytest.param("https://mastodon.social/@erika@fosstodon.org", id="account on the web"),
        pytest.param("git show build@main.rs old@lib.ml", id="files of a country's letters"),
        pytest.param("ana.diaz@example.co.uk, b.lee@my.company.io, c.roe@abc.com, d.fox@mx.test.org", id="stand-ins"),
        pytest.param("x = +35236450 + 1 2 3, y = +4930901820 * 10 20, z = +49 30 901820 / 2", id="terms"),
        pytest.param("pip install package@1.2.3 helper@main.py", id="packages"),
        pytest.param("https://reader:secret@registry.posteo.de/simple", id="address of the web"),
        pytest.param("@dataclass\nclass A:\n    x: int\n\n@app.route('/a')", id="decorators"),
        pytest.param("x = 5+12025550123 and y = a +4915112345678 * 2", id="sums"),
        pytest.param("Decimal('+35236450.6') z +6073641856.9 +1234567890", id="signed numbers"),
        pytest.param("+1 212 555 0123 and +44 20 7946 0958", id="phones of films"),
        pytest.param("4111 1111 1111 1111, 4242424242424242 is a test card, card 0000000000000000", id="test cards"),
        pytest.param("2**62 == 4611686018427387904 and 4929287410930179 is odd", id="long numbers"),
        pytest.param("quanta 2650 1514 1514 1514 1514 1514 and 4929 2874 1093 0179 1514", id="lists of numbers"),
        pytest.param("0.4929287410930179 1700000000000 20240101123000", id="decimals and times"),
        pytest.param("GB82 WEST 1234 5698 7654 32, DE00120300000000202051", id="IBANs of manuals"),
        pytest.param("127.0.0.1 10.0.0.7 192.168.1.1 224.0.0.1 8.8.8.8 999.1.1.1 v1.2.3.4.5", id="machines of nobody"),
        pytest.param("123-45-6789 000-12-3456 078-05-1120", id="SSNs that were never given"),
        pytest.param("12-10-2024 3-4-5 2024-01-01 12:30:45 100 200 300", id="dates"),
        pytest.param("3f2504e0-4f89-11d3-9a0c-0305e82c3301 d41d8cd98f00b204e9800998ecf8427e", id="ids"),
        pytest.param("", id="empty"),
        pytest.param("\0\x01@\udcff" * 50, id="binary"),
    ],
)
def test_what_examples_are_written_with_is_nobodys(text: str) -> None:
    assert ALL.find(text) is None


@pytest.mark.parametrize(
    ("text", "characters"),
    [
        pytest.param("Tel.: +49 30 901820 10-18 Uhr", 13, id="hours"),
        pytest.param("+33 1 42 68 53 00 (8-18h)", 17, id="hours in brackets"),
        pytest.param("+33 1 42 68 53 00(8-18h)", 17, id="hours in brackets at once"),
        pytest.param("+1 202-456-1414 24 hours", 15, id="around the clock"),
        pytest.param("+1 202-456-1414 - 24 hours", 15, id="after a dash"),
        pytest.param("(650) 253-0000 24 hours", 14, id="of a region"),
        pytest.param("+1 650 253 0000 +1 650 253 0001", 15, id="another one"),
    ],
)
def test_digits_after_a_phone_do_not_hide_it(text: str, characters: int) -> None:
    found = ALL.find(text)
    assert found is not None
    assert found.said == f"holds a telephone number: {characters} characters in line 1"


def test_only_the_kinds_of_the_recipe_are_looked_for() -> None:
    text = "erika.mustermann@posteo.de, 93.184.215.14"
    assert PersonalDataFilter(PersonalData(kinds=("iban",))).find(text) is None
    found = PersonalDataFilter(PersonalData(kinds=("ip-address", "email"))).find(text)
    assert found is not None
    assert found.reason == "personal:ip-address"


def test_without_a_region_only_international_numbers_are_phones() -> None:
    assert USUAL.find("(650) 253-0000") is None


def test_where_numbers_begin_with_a_zero_those_without_it_are_no_phones() -> None:
    german = PersonalDataFilter(PersonalData(kinds=("phone",), phone_regions=("DE",)))
    assert german.find("123-45-6789 and 4929 2874 1093 0178 and 2015 2016 2017") is None
    found = german.find("Tel. 0431 880-1234")
    assert found is not None
    assert found.said == "holds a telephone number: 13 characters in line 1"


def test_the_standard_library_names_authors_but_no_phones_cards_or_accounts() -> None:
    one = PersonalDataFilter(PersonalData(kinds=("phone", "payment-card", "iban")))
    files = sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))
    texts = {file.name: file.read_text(encoding="utf-8", errors="replace") for file in files}
    assert {name: one.find(text) for name, text in texts.items() if one.find(text)} == {}
    authors = USUAL.find(texts["argparse.py"])
    assert authors is not None
    assert (authors.reason, authors.said[-9:]) == ("personal:email", "in line 1")


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        "0",
        "a@",
        "1 ",
        "1234-",
        "+1",
        "ab@cd.ef(x ",
        "+1 212 555 0123 ",
        "(212) 1-2 3 4 5 6 ",
        "AB12 ",
        "1.2.3.",
        "ab12 ",
        "\uff14",
    ],
)
def test_a_giant_text_takes_bounded_time(unit: str) -> None:
    begun = time.process_time()
    ALL.find(unit * (5_000_000 // len(unit)))
    assert time.process_time() - begun < 10
