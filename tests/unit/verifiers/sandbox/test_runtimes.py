"""What a machine's environment says of its sandboxes."""

import pytest

from stillroom.errors import RequestError
from verifiers.sandbox.runtimes import MEMORY_VARIABLE, machine_memory


def test_memory_of_the_container_is_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(MEMORY_VARIABLE, raising=False)
    assert machine_memory() == 0
    monkeypatch.setenv(MEMORY_VARIABLE, "8192")
    assert machine_memory() == 8 << 30


@pytest.mark.parametrize("said", ["8G", "-1", "100", "\u0662\u0660\u0664\u0668"])
def test_memory_that_is_no_number_of_mebibytes_is_refused(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv(MEMORY_VARIABLE, said)
    with pytest.raises(RequestError, match=MEMORY_VARIABLE):
        machine_memory()
