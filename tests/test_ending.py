# SPDX-License-Identifier: GPL-2.0-only
"""Signals end a run alike: its programs are gone, its scratch directory too, and one line says
why."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.waiting import alive, wait_until
from zpconvert import ending
from zpconvert.errors import UserError
from zpconvert.process import run

ROOT = Path(__file__).parent.parent

#: Two programs, each with a child of its own, in a scratch directory.
RUN = """
import sys
from zpconvert import ending
from zpconvert.cli.boundary import run_command
from zpconvert.process import run, side_by_side
from zpconvert.scratch import scratch_directory

def work(name):
    with scratch_directory():
        run(["sh", "-c", f"sleep 60 & echo $! >{sys.argv[1]}/{name}.new; "
             f"mv {sys.argv[1]}/{name}.new {sys.argv[1]}/{name}; wait"])

ending.listen()
code = run_command(lambda: side_by_side(work, ["one", "two"], 2))
ending.settled()
sys.exit(code)
"""

#: A run that takes its time to clean up.
SLOW = """
import sys, time
from pathlib import Path
from zpconvert import ending
from zpconvert.cli.boundary import run_command

def work():
    try:
        Path(sys.argv[1], "started").touch()
        time.sleep(60)
    finally:
        Path(sys.argv[1], "ending").touch()
        time.sleep(0.3)
        Path(sys.argv[1], "clean").touch()

ending.listen()
sys.exit(run_command(work))
"""


def start(code: str, place: Path) -> subprocess.Popen[bytes]:
    (place / "tmp").mkdir()
    return subprocess.Popen(
        [sys.executable, "-c", code, str(place)],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(place / "tmp")},
        stderr=subprocess.PIPE,
        # a CI's background job has it ignored, and its children inherit that
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def wait_for(*paths: Path) -> None:
    wait_until(lambda: all(path.exists() for path in paths))


def wait_for_the_end(*notes: Path) -> None:
    """Of the programs whose process ids are noted."""
    pids = [int(note.read_text()) for note in notes]
    wait_until(lambda: not any(map(alive, pids)))


@pytest.mark.parametrize(
    ("number", "line"),
    [
        (signal.SIGINT, b"zpconvert: interrupted\n"),
        (signal.SIGTERM, b"zpconvert: ended by SIGTERM\n"),
        (signal.SIGHUP, b"zpconvert: ended by SIGHUP\n"),
    ],
)
def test_a_signal_ends_a_run_and_its_programs(
    number: signal.Signals, line: bytes, tmp_path: Path
) -> None:
    child = start(RUN, tmp_path)
    notes = [tmp_path / "one", tmp_path / "two"]
    wait_for(*notes)
    child.send_signal(number)
    _, said = child.communicate(timeout=30)
    assert (child.returncode, said) == (128 + number, line)
    wait_for_the_end(*notes)
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_second_signal_at_once_does_not_stop_the_cleaning_up(tmp_path: Path) -> None:
    """`timeout` sends two."""
    child = start(SLOW, tmp_path)
    wait_for(tmp_path / "started")
    child.send_signal(signal.SIGTERM)
    wait_for(tmp_path / "ending")
    child.send_signal(signal.SIGTERM)
    child.send_signal(signal.SIGHUP)
    _, said = child.communicate(timeout=30)
    assert (child.returncode, said) == (143, b"zpconvert: ended by SIGTERM\n")
    assert (tmp_path / "clean").exists()


def test_what_fails_on_the_way_out_is_no_bug(tmp_path: Path) -> None:
    """As a write to the terminal that was closed."""
    code = SLOW.replace("time.sleep(0.3)", 'raise OSError(5, "Input/output error")')
    child = start(code, tmp_path)
    wait_for(tmp_path / "started")
    child.send_signal(signal.SIGHUP)
    _, said = child.communicate(timeout=30)
    assert (child.returncode, said) == (129, b"zpconvert: ended by SIGHUP\n")


def test_what_nohup_ignores_stays_ignored(tmp_path: Path) -> None:
    code = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n" + SLOW
    child = start(code.replace("time.sleep(60)", "time.sleep(0.5)"), tmp_path)
    wait_for(tmp_path / "started")
    child.send_signal(signal.SIGHUP)
    _, said = child.communicate(timeout=30)
    assert (child.returncode, said) == (0, b"")


def test_a_closed_terminal_ends_a_run(tmp_path: Path) -> None:
    """Its own terminal, with all that writes to it failing."""
    ours, theirs = os.openpty()
    code = (
        "import fcntl, os, sys, termios\n"
        "os.setsid()\n"
        "fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
        "from zpconvert.cli.talk import progress\n" + RUN
    ).replace("side_by_side(work", "shown(work")
    code = code.replace(
        "ending.listen()",
        "def shown(*words):\n"
        "    with progress('working'):\n"
        "        side_by_side(*words)\n"
        "    return 0\n"
        "ending.listen()",
    )
    (tmp_path / "tmp").mkdir()
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path / "tmp")},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    notes = [tmp_path / "one", tmp_path / "two"]
    wait_for(*notes)
    os.close(ours)
    assert child.wait(30) == 129
    wait_for_the_end(*notes)
    assert list((tmp_path / "tmp").iterdir()) == []


def test_what_cannot_be_written_is_not_the_outcome() -> None:
    """A spinner leaves some text for a terminal that has gone."""
    code = (
        "import os, signal, sys\n"
        "from zpconvert import ending\n"
        "from zpconvert.cli.boundary import run_command\n"
        "ending.listen()\n"
        "print('text', end='')\n"
        "sys.exit(run_command(lambda: os.kill(os.getpid(), signal.SIGHUP)))\n"
    )
    env = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with Path("/dev/full").open("w") as full:
        words = [sys.executable, "-c", code]
        done = subprocess.run(
            words, cwd=ROOT, env=env, stdout=full, stderr=full, timeout=30, check=False
        )
    assert done.returncode == 129


#: A signal that comes when a program has just started, before anybody has it in hand.
AT_ONCE = """
import os, signal, subprocess, sys
from pathlib import Path
from zpconvert import ending
from zpconvert.cli.boundary import run_command
from zpconvert.process import run

class Popen(subprocess.Popen):
    def __init__(self, *words, **options):
        super().__init__(*words, **options)
        Path(sys.argv[1], "pid").write_text(str(self.pid))
        os.kill(os.getpid(), signal.SIGTERM)
        Path(sys.argv[1], "held").touch()

subprocess.Popen = Popen
ending.listen()
sys.exit(run_command(lambda: run(["sleep", "60"])))
"""


def test_a_program_that_has_just_started_is_ended_too(tmp_path: Path) -> None:
    child = start(AT_ONCE, tmp_path)
    _, said = child.communicate(timeout=30)
    assert (child.returncode, said) == (143, b"zpconvert: ended by SIGTERM\n")
    assert (tmp_path / "held").exists()
    wait_for_the_end(tmp_path / "pid")


def test_a_program_that_does_not_start_lets_signals_in_again() -> None:
    with pytest.raises(UserError):
        run(["no-such-program"])
    with ending.held() as release:
        assert ending._waits
        release()
        assert not ending._waits
    with ThreadPoolExecutor(1) as pool, ending.held():
        pool.submit(run, ["true"]).result()
        assert ending._waits
    assert not ending._waits
