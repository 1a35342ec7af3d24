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
    "text",
    [
        pytest.param("send('alice@example.com', to='bob.miller@mail.example.org')", id="reserved domains"),
        pytest.param("user@localhost, root@db1.internal, admin@posteo.de, git@github.com:owner/repo", id="functions"),
        pytest.param("assert is_valid('john.doe@gmail.com') and is_valid('user@domain.com')", id="made-up persons"),
        pytest.param("result = weights@inputs.to(device) + left@right.dot(other)", id="matrices"),
        pytest.param("scores = query@key.mT / d + left@right.mH", id="transposed matrices"),
        pytest.param("page@app.js, x1@y1.ts, cls@scheme.vb, some.one@app.kt", id="files of no country"),
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
    ["a", "0", "a@", "1 ", "1234-", "+1", "ab@cd.ef(x ", "+1 212 555 0123 ", "(212) 1-2 3 4 5 6 ", "AB12 ", "1.2.3."],
)
def test_a_giant_text_takes_bounded_time(unit: str) -> None:
    begun = time.process_time()
    ALL.find(unit * (5_000_000 // len(unit)))
    assert time.process_time() - begun < 10
