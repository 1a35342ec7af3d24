"""A machine's own addresses are reached without its proxies, and what else is kept away from them stays so."""

import urllib.request

import httpx
import pytest

from stillroom.loopback import without_proxies

PROXY = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
OURS = "127.0.0.1,localhost"


@pytest.mark.parametrize(
    ("environ", "found"),
    [
        pytest.param({}, {"NO_PROXY": OURS, "no_proxy": OURS}, id="nothing-said"),
        pytest.param(
            {"NO_PROXY": "a.example, b.example"},
            {"NO_PROXY": f"a.example,b.example,{OURS}", "no_proxy": f"a.example,b.example,{OURS}"},
            id="in-capitals",
        ),
        pytest.param(
            {"no_proxy": "a.example"},
            {"NO_PROXY": f"a.example,{OURS}", "no_proxy": f"a.example,{OURS}"},
            id="in-small-letters",
        ),
        pytest.param(
            {"NO_PROXY": "a.example", "no_proxy": "b.example"},
            {"NO_PROXY": f"a.example,{OURS}", "no_proxy": f"b.example,{OURS}"},
            id="both-differ",
        ),
        pytest.param({"no_proxy": "localhost"}, {"NO_PROXY": "localhost,127.0.0.1", "no_proxy": "localhost,127.0.0.1"}),
        pytest.param({"no_proxy": "*"}, {"NO_PROXY": "*", "no_proxy": "*"}, id="everything"),
    ],
)
def test_what_is_kept_away_from_proxies_is_added_to(environ: dict[str, str], found: dict[str, str]) -> None:
    assert without_proxies(environ) == found


@pytest.mark.parametrize("said", [{}, {"NO_PROXY": "a.example"}, {"no_proxy": ""}, {"no_proxy": "*"}])
def test_clients_that_heed_the_environment_take_no_proxy_to_this_machine(
    monkeypatch: pytest.MonkeyPatch, said: dict[str, str]
) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    environ = {**PROXY, **said}
    for name, value in {**environ, **without_proxies(environ)}.items():
        monkeypatch.setenv(name, value)
    for host in ("127.0.0.1", "localhost"):
        assert urllib.request.proxy_bypass(host)
        client = httpx.Client()
        assert client._transport_for_url(httpx.URL(f"http://{host}:4200/api")) is client._transport
        client.close()
