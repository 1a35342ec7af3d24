"""Two installations that differ in what decides results are told apart, by what differs."""

import pytest

from stillroom.code_version import code_version
from stillroom.errors import RequestError
from stillroom.installation import installation, refuse_other


def test_an_installation_is_code_python_and_libraries() -> None:
    here = installation()
    assert here["stillroom"] == code_version()
    assert {"python", "numpy", "polars", "wordllama"} <= here.keys()
    assert "none" not in here.values()


def test_the_same_is_let_through() -> None:
    refuse_other(dict(installation()), installation(), where="there")


@pytest.mark.parametrize("name", ["stillroom", "python", "numpy"])
def test_what_differs_is_named_with_both_versions_and_the_place(name: str) -> None:
    ours = installation()[name]
    with pytest.raises(RequestError, match=rf"^the worker at A has {name} 0\.0, expected {ours.replace('+', '.')}, "):
        refuse_other({**installation(), name: "0.0"}, installation(), where="the worker at A")
    without = {key: value for key, value in installation().items() if key != name}
    with pytest.raises(RequestError, match=f"has {name} none, "):
        refuse_other(without, installation(), where="the worker at A")
