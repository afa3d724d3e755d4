# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import signal

import pytest

from zpconvert.git.command import out_of_space
from zpconvert.process import ProcessError


@pytest.mark.parametrize(
    "said",
    [
        b"fatal: sha1 file 'objects/pack/tmp_pack_03QVfR' write error. Out of diskspace",
        b"fatal: write error: No space left on device",
        b"error: unable to write file x: Disk quota exceeded",
    ],
)
def test_what_git_says_on_a_full_disk(said: bytes) -> None:
    assert out_of_space(ProcessError(("git",), "/", 128, b"", said))


def test_other_failures_are_others() -> None:
    assert not out_of_space(ProcessError(("git",), "/", 128, b"", b"fatal: bad object"))
    assert not out_of_space(ProcessError(("git",), "/", -signal.SIGKILL, b"", b""))
    assert out_of_space(ProcessError(("git",), "/", -signal.SIGXFSZ, b"", b""))
