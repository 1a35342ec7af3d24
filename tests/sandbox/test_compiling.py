"""What is written in C compiles, to the same bytes each time; where there is no compiler it says what to install."""

import pytest

from stillroom.errors import SandboxError
from verifiers.sandbox.compiling import compile_shared
from verifiers.sandbox.rootfs import C_LIBRARIES


@pytest.mark.parametrize("name", C_LIBRARIES)
def test_the_same_source_makes_the_same_bytes(name):
    first = compile_shared(*C_LIBRARIES[name])
    assert first == compile_shared(*C_LIBRARIES[name])
    assert first.startswith(b"\x7fELF")


def test_without_a_compiler_it_says_what_to_install(monkeypatch):
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(SandboxError, match=r"looked for no-such-compiler.*apt-get install gcc libc6-dev"):
        compile_shared(*C_LIBRARIES["spawn.so"])


def test_a_compiler_that_refuses_is_quoted(tmp_path):
    (tmp_path / "broken.c").write_text("int f(void) { return }\n")
    with pytest.raises(SandboxError, match=r"(?s)could not compile broken.c.*error"):
        compile_shared(tmp_path / "broken.c")
