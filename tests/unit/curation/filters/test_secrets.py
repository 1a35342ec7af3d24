"""Secrets are found by the forms that issuers give them, and never repeated; exercises have none."""

import base64
import string
import sysconfig
import time
from pathlib import Path

import pytest

from stillroom.curation.filters.secrets import SecretFilter
from stillroom.recipe import Secrets
from tests.fakes.answers import chance

_LETTERS = string.ascii_letters + string.digits


def drawn(count: int, alphabet: str = _LETTERS) -> str:
    """Characters as an issuer draws them: made here, so that no secret stands in this file."""
    return "".join(chance("secret", count, alphabet).choices(alphabet, k=count))


def aws_pair() -> str:
    key = f"AKIA{drawn(16, string.ascii_uppercase + '234567')}"
    return f"aws_access_key_id = {key}\naws_secret_access_key = {drawn(40, _LETTERS + '/+')}"


def private_key() -> str:
    body = "\n".join(drawn(64, f"{_LETTERS}+/{line}") for line in "abcdefghij")
    return f"-----BEGIN RSA {'PRIVATE'} KEY-----\n{body}\n-----END RSA {'PRIVATE'} KEY-----"


SECRETS = [
    pytest.param(aws_pair(), "secret:aws-access-token", id="AWS"),
    pytest.param(f"ghp_{drawn(36)}", "secret:github-pat", id="GitHub"),
    pytest.param(f"glpat-{drawn(20)}", "secret:gitlab-pat", id="GitLab"),
    pytest.param(f"hf_{drawn(34, string.ascii_letters)}", "secret:huggingface-access-token", id="Hugging Face"),
    pytest.param(
        f"xoxb-{drawn(12, string.digits)}-{drawn(13, string.digits)}-{drawn(24)}", "secret:slack-bot-token", id="Slack"
    ),
    pytest.param(f"npm_{drawn(36)}", "secret:npmjsaccesstoken", id="npm"),
    pytest.param(f"AIza{drawn(35)}", "secret:gcp-api-key", id="Google"),
    pytest.param(f"sk_live_{drawn(24)}", "secret:stripe-access-token", id="Stripe"),
    pytest.param(f"sk-ant-api03-{drawn(93)}AA", "secret:anthropic-api-key", id="Anthropic"),
    pytest.param(private_key(), "secret:private-key", id="private key"),
    pytest.param(
        f"postgresql://app:{drawn(16)}@db.prod.acme.io:5432/app", "secret:generic-credential-uri", id="address"
    ),
]


@pytest.mark.parametrize(("secret", "reason"), SECRETS)
def test_a_secret_is_found_by_its_kind_and_line_and_is_not_repeated(secret: str, reason: str) -> None:
    found = SecretFilter(Secrets()).find(f"Sure, here it is:\n\n```python\n{secret}\n```\n")

    assert found is not None
    assert found.reason == reason
    assert found.said.endswith((" in line 4", " in line 5"))
    for word in secret.replace("\n", " ").split():
        assert len(word) < 10 or word[3:] not in found.said + found.reason


@pytest.mark.parametrize(("secret", "reason"), SECRETS)
@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("Use ", ", and keep it safe.", id="comma"),
        pytest.param("Use ", ". It is mine.", id="full stop"),
        pytest.param("It is ", ".", id="full stop at the end"),
        pytest.param('"It is ', '."', id="full stop in quotes"),
        pytest.param("Is it ", "... or not?", id="dots"),
        pytest.param("f(", ") or (f(1))", id="bracket"),
        pytest.param("[", "](https://posteo.de)", id="link"),
        pytest.param("**", "**", id="bold"),
        pytest.param("|name|", "|1|", id="table"),
        pytest.param("<b>", "</b>", id="HTML"),
        pytest.param("https://posteo.de/?key=", "&x=1", id="query"),
        pytest.param("https://posteo.de/#", "#x", id="fragment"),
        pytest.param('{\\"token\\": \\"', '\\"}', id="escaped JSON"),
        pytest.param("here:\\n", "\\nand", id="escaped line ends"),
        pytest.param("\u5bc6\u94a5\u662f", "\u8bf7\u4fdd\u5bc6\u3002", id="Chinese"),
        pytest.param("\u201c", "\u201d", id="curly quotes"),
        pytest.param("c\u2019est\u00a0", "\u00a0!", id="no-break blanks"),
        pytest.param("\uff08", "\uff09\uff0c", id="wide brackets"),
        pytest.param("Mine is ", "\u2014don't tell", id="dash"),
    ],
)
def test_a_secret_is_found_whatever_stands_beside_it(secret: str, reason: str, before: str, after: str) -> None:
    found = SecretFilter(Secrets()).find(f"Hello.\n\n{before}{secret}{after}")

    assert found is not None
    assert found.reason == reason
    assert found.said.endswith((" in line 3", " in line 4"))


def test_a_token_alone_before_the_host_of_an_address_is_found() -> None:
    token = f"hf_{drawn(34, string.ascii_letters)}"
    found = SecretFilter(Secrets()).find(f"git clone https://{token}@huggingface.co/owner/model")
    assert found is not None
    assert found.reason == "secret:huggingface-access-token"


def test_a_secret_in_base64_is_found() -> None:
    hidden = base64.b64encode(f"token: ghp_{drawn(36)}".encode()).decode()
    found = SecretFilter(Secrets()).find(f"data = '{hidden}'")
    assert found is not None
    assert found.reason == "secret:github-pat"


def test_a_remark_in_the_text_does_not_pass_a_secret() -> None:
    found = SecretFilter(Secrets()).find(
        f"token = 'ghp_{drawn(36)}'  # kingfisher:ignore gitleaks:allow betterleaks:allow"
    )
    assert found is not None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('password = "x"', id="password of an exercise"),
        pytest.param('def login(user, password="hunter2"):\n    return user == "admin"', id="default"),
        pytest.param("AKIAIOSFODNN7EXAMPLE", id="the example of the manual"),
        pytest.param("redis://user:password@localhost:6379/0", id="localhost"),
        pytest.param("id = '3f2504e0-4f89-11d3-9a0c-0305e82c3301'", id="UUID"),
        pytest.param("sha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'", id="hash"),
        pytest.param("| key | 3f2504e04f8911d39a0c0305e82c3301 |, (d41d8cd98f00b204e9800998ecf8427e).", id="hashes"),
        pytest.param("\u5bc6\u94a5\u662fYOUR_API_KEY\uff0ctoken\u3002", id="Chinese placeholder"),
        pytest.param("api_key = 'YOUR_API_KEY'\ntoken = os.environ['TOKEN']", id="placeholder"),
        pytest.param("", id="empty"),
        pytest.param("\0\x01\x02\udcff" * 50, id="binary"),
    ],
)
def test_what_exercises_are_written_with_is_no_secret(text: str) -> None:
    assert SecretFilter(Secrets()).find(text) is None


def test_the_least_confidence_decides_about_made_up_addresses() -> None:
    text = "redis://user:password@localhost:6379/0"
    low = SecretFilter(Secrets(least_confidence="low")).find(text)
    assert low is not None
    assert "low confidence" in low.said


def test_the_standard_library_holds_no_secret() -> None:
    one = SecretFilter(Secrets())
    files = sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))
    assert len(files) > 100
    assert [file.name for file in files if one.find(file.read_text(encoding="utf-8", errors="replace"))] == []


@pytest.mark.parametrize(
    "unit", ["a", "ghp_", "eyJhbGciOiJIUzI1NiJ9.", "-----BEGIN PRIVATE KEY-----\n", "\0", "..:", "://a", "\u94a5"]
)
def test_a_giant_text_takes_bounded_time(unit: str) -> None:
    one = SecretFilter(Secrets())
    begun = time.process_time()
    one.find(unit * (5_000_000 // len(unit)))
    assert time.process_time() - begun < 10
