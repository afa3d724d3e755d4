# SPDX-License-Identifier: GPL-2.0-only
"""A full disk is told from other failures, and its place is named."""

from __future__ import annotations

import errno
import os
import shutil
import signal
from pathlib import Path

import pytest

from zpconvert import space
from zpconvert.process import ProcessError
from zpconvert.scratch import PREFIX


def failed(said: bytes, code: int = 1) -> ProcessError:
    return ProcessError(("program",), "/", code, b"", said)


@pytest.mark.parametrize(
    "said",
    [
        b"fatal: sha1 file 'objects/pack/tmp_pack_03QVfR' write error. Out of diskspace",
        b"fatal: write error: No space left on device",
        b"error: unable to write file x: Disk quota exceeded",
        b"/tmp/ccx.s: Assembler messages:\nError: can't write 8 bytes to section .text of x.o: "
        b"'No space left on device'\n",
    ],
)
def test_what_programs_say_on_a_full_disk(said: bytes) -> None:
    assert space.out_of_space(failed(said))
    assert space.complaint(failed(b"before\n" + said)) == said.decode().splitlines()[-1]


@pytest.mark.parametrize(
    "said",
    [
        b"fatal: bad object",
        b"mm/x.c:7:2: error: expected ';'\n    7 |  \"No space left on device\"\n"
        b"      |  ^ No space left on device\n",
    ],
)
def test_other_failures_are_others(said: bytes) -> None:
    """gcc quotes the source."""
    assert not space.out_of_space(failed(said))


def test_signals() -> None:
    assert not space.out_of_space(failed(b"", -signal.SIGKILL))
    assert space.out_of_space(failed(b"", -signal.SIGXFSZ))
    assert space.complaint(failed(b"", -signal.SIGXFSZ)) == ""


def test_a_write_without_space_names_its_place(tmp_path: Path) -> None:
    with (
        pytest.raises(OSError, match="No space left") as caught,
        space.at(tmp_path),
        Path("/dev/full").open("wb") as full,
    ):
        full.write(b"x")
        full.flush()
    assert (caught.value.errno, space.where(caught.value)) == (errno.ENOSPC, str(tmp_path))


def test_a_place_that_is_named_and_other_errors_stay(tmp_path: Path) -> None:
    named = OSError(errno.ENOSPC, "full", "/else")
    other = OSError(errno.EIO, "broken")
    for error in (named, other):
        with pytest.raises(OSError, match=error.strerror) as caught, space.at(tmp_path):
            raise error
        assert caught.value is error


def test_what_copying_a_tree_gathers(tmp_path: Path) -> None:
    (tmp_path / "from").mkdir()
    (tmp_path / "from/file").touch()
    for number, seen in ((errno.ENOSPC, errno.ENOSPC), (errno.EIO, None)):

        def copy(source: str, target: str, number: int = number) -> None:
            raise OSError(number, os.strerror(number), source)

        with pytest.raises(OSError, match=os.strerror(number)) as caught, space.at(tmp_path):
            shutil.copytree(tmp_path / "from", tmp_path / f"to{number}", copy_function=copy)
        assert caught.value.errno == seen
    assert not space.lacking(caught.value)


def test_the_place_around_a_scratch_directory() -> None:
    def where(name: object) -> str:
        return space.where(OSError(errno.ENOSPC, "full", name))

    assert where(f"/tmp/{PREFIX}a1/mm/x.c") == "/tmp"
    assert where(f"/c/{PREFIX}a1/new/{PREFIX}b2") == "/c"
    assert where(b"/out/x") == "/out/x"
    assert where(None) == ""


@pytest.mark.parametrize(
    ("said", "place"),
    [
        (b"/tree/x.c:1: fatal error: error writing to /tmp/ccx.s: No space left on device", "/tmp"),
        (b"Error: can't close /out/x.o: No space left on device", "/out"),
        (b"/usr/bin/ld: final link failed: No space left on device", "/build"),
        (b"fatal error: error writing to x.o: No space left on device", "/build"),
    ],
)
def test_where_a_program_met_a_full_disk(said: bytes, place: str) -> None:
    error = space.met(failed(said), Path("/build"))
    assert (error.errno, space.where(error)) == (errno.ENOSPC, place)
