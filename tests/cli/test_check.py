# SPDX-License-Identifier: GPL-2.0-only
"""`zpconvert check` and `zpconvert hook` in repositories as people have them."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from zpconvert.cli.boundary import run_command
from zpconvert.cli.main import cli

Run = Callable[..., tuple[int, str, str]]

HEADER = b"""\
struct zpdesc { unsigned long flags; unsigned long handle; };
#define MATCH(a, b) static_assert(offsetof(struct page, a) == offsetof(struct zpdesc, b))
MATCH(flags, flags);
MATCH(index, handle);
static_assert(sizeof(struct zpdesc) <= sizeof(struct page));
#define zpdesc_page(z) ((struct page *)(z))
#define page_zpdesc(p) ((struct zpdesc *)(p))
static inline void zpdesc_mark(struct zpdesc *z)
{
	mark_page(zpdesc_page(z));
}
"""
CLEAN = b"""\
#include "zpdesc.h"

static void use(struct zpdesc *zpdesc)
{
	zpdesc_mark(zpdesc);
	report(zpdesc);
}

static int last;
"""
FIXABLE = CLEAN.replace(b"zpdesc_mark(zpdesc)", b"mark_page(zpdesc_page(zpdesc))")
SLOT = CLEAN.replace(b"\treport", b"\tstruct page *page = find();\n\n\tuse(page);\n\treport")


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """Exit code, stdout and stderr of a command line."""

    def call(*words: str | Path) -> tuple[int, str, str]:
        args = [str(w) for w in words]
        code = run_command(lambda: cli(args, prog_name="zpconvert", standalone_mode=False))
        return code, *capfd.readouterr()

    return call


def git(place: Path, *words: str | Path, **env: str) -> str:
    done = subprocess.run(
        ["git", "-c", "init.defaultBranch=main", *words],
        cwd=place, env=os.environ | env, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return done.stdout


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a clean converted file, its header and an unconverted file."""
    top = tmp_path / "linux"
    (top / "mm").mkdir(parents=True)
    (top / "mm/use.c").write_bytes(CLEAN)
    (top / "mm/zpdesc.h").write_bytes(HEADER)
    (top / "mm/other.c").write_bytes(b"struct page *page;\n")
    git(top, "init", "-q")
    git(top, "add", "-A")
    git(top, "commit", "-qm", "start")
    monkeypatch.chdir(top)
    return top


def test_clean_files_are_fine(repo: Path, run: Run) -> None:
    assert run("check", "mm") == (0, "", "")
    assert run("check", "mm/use.c", "mm/other.c") == (0, "", "")
    assert run("check", "--staged") == (0, "", "")


def test_findings_and_their_exit_code(repo: Path, run: Run) -> None:
    (repo / "mm/use.c").write_bytes(SLOT)
    said = "mm/use.c:6:15: ZPC001 local 'page' is a struct page in a file that uses struct zpdesc\n"
    assert run("check", "mm/use.c") == (1, said, "")
    assert run("check", repo / "mm") == (1, said, "")


def test_an_unused_helper_is_told_to_who_dropped_its_last_use(repo: Path, run: Run) -> None:
    (repo / "mm/use.c").write_bytes(CLEAN.replace(b"\tzpdesc_mark(zpdesc);\n", b""))
    said = "mm/zpdesc.h:8:20: ZPC007 helper zpdesc_mark() is defined and unused\n"
    assert run("check", "mm/use.c") == (1, said, "")
    git(repo, "add", "mm/use.c")
    assert run("check", "--staged") == (1, said, "")


def test_fix_mends_once_and_for_all(repo: Path, run: Run) -> None:
    file = repo / "mm/use.c"
    file.write_bytes(FIXABLE)
    file.chmod(0o755)
    assert run("check", "mm/use.c")[0] == 1
    assert run("check", "--fix", "mm/use.c") == (0, "", "mended 1 finding in 1 file\n")
    assert file.read_bytes() == CLEAN
    assert stat.S_IMODE(file.stat().st_mode) == 0o755
    assert run("check", "--fix", "mm/use.c") == (0, "", "")


def test_fix_follows_a_link_and_keeps_it(repo: Path, run: Run) -> None:
    (repo / "mm/real.c").write_bytes(FIXABLE)
    (repo / "mm/link.c").symlink_to("real.c")
    assert run("check", "--fix", "mm/link.c")[0] == 0
    assert (repo / "mm/link.c").is_symlink()
    assert (repo / "mm/real.c").read_bytes() == CLEAN


def test_fix_gives_a_helper_its_user_before_that_is_asked_for(repo: Path, run: Run) -> None:
    """The header comes before its user in the alphabet, and its only use is one to be mended."""
    (repo / "mm/use.c").rename(repo / "mm/zuse.c")
    (repo / "mm/zuse.c").write_bytes(FIXABLE)
    git(repo, "add", "-A")
    assert run("check", "--staged", "--fix", "mm/zuse.c", "mm/zpdesc.h")[0] == 0
    (repo / "mm/zuse.c").write_bytes(FIXABLE)
    assert run("check", "--fix", "mm") == (0, "", "mended 1 finding in 1 file\n")


def test_staged_reads_the_index(repo: Path, run: Run) -> None:
    file = repo / "mm/use.c"
    file.write_bytes(SLOT)
    assert run("check", "--staged")[0] == 0
    git(repo, "add", "mm/use.c")
    file.write_bytes(CLEAN)
    code, out, _ = run("check", "--staged")
    assert (code, out[:24]) == (1, "mm/use.c:6:15: ZPC001 lo")
    assert run("check", "mm/use.c")[0] == 0


def test_staged_header_counts_for_staged_files(repo: Path, run: Run) -> None:
    """The helper is in the index; the work tree has not got it any more."""
    (repo / "mm/use.c").write_bytes(FIXABLE)
    git(repo, "add", "mm/use.c")
    (repo / "mm/zpdesc.h").write_bytes(HEADER.replace(b"zpdesc_mark", b"zpdesc_note"))
    assert "it has zpdesc_mark()" in run("check", "--staged")[1]


def test_staged_below_the_top_and_in_a_file_with_an_odd_name(
    repo: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "ü x.c"
    (repo / "mm" / name).write_bytes(SLOT)
    git(repo, "add", "-A")
    monkeypatch.chdir(repo / "mm")
    assert run("check", "--staged")[1].startswith(f"{name}:6:15: ZPC001")
    assert run("check", "--staged", name)[0] == 1
    assert run("check", "--staged", "use.c")[0] == 0


def test_staged_fix_keeps_what_is_not_staged_apart(repo: Path, run: Run) -> None:
    file = repo / "mm/use.c"
    file.write_bytes(FIXABLE)
    file.chmod(0o755)
    git(repo, "add", "mm/use.c")
    unstaged = b"static int last;\nstatic int unstaged;\n"
    file.write_bytes(FIXABLE.replace(b"static int last;\n", unstaged))
    before = git(repo, "diff").splitlines()[5:]
    assert run("check", "--staged", "--fix") == (0, "", "mended 1 finding in 1 file\n")
    assert git(repo, "show", ":mm/use.c").encode() == CLEAN
    assert git(repo, "ls-files", "-s", "mm/use.c").startswith("100755")
    assert file.read_bytes() == CLEAN.replace(b"static int last;\n", unstaged)
    assert git(repo, "diff").splitlines()[5:] == before
    assert run("check", "--staged", "--fix") == (0, "", "")


def test_staged_fix_leaves_a_work_tree_that_it_would_touch(repo: Path, run: Run) -> None:
    file = repo / "mm/use.c"
    file.write_bytes(FIXABLE)
    git(repo, "add", "mm/use.c")
    other = FIXABLE.replace(b"mark_page(zpdesc_page(zpdesc))", b"mark_page(zpdesc_page(other))")
    file.write_bytes(other)
    code, _, err = run("check", "--staged", "--fix")
    assert code == 0
    assert "mm/use.c: mended in the index only" in err
    assert file.read_bytes() == other
    assert git(repo, "show", ":mm/use.c").encode() == CLEAN


def test_patch_reports_added_lines_only(repo: Path, run: Run, tmp_path: Path) -> None:
    file = repo / "mm/use.c"
    file.write_bytes(SLOT)
    git(repo, "commit", "-qam", "an old sin")
    file.write_bytes(SLOT.replace(b"zpdesc_mark(zpdesc)", b"mark_page(zpdesc_page(zpdesc))"))
    mail = tmp_path / "mail"
    git(repo, "commit", "-qam", "a new one")
    mail.write_text(git(repo, "format-patch", "-1", "--stdout"))
    said = "mm/use.c:5:2: ZPC002 [*] mark_page() on a zpdesc: it has zpdesc_mark()\n"
    assert run("check", "--patch", mail) == (1, said, "")
    git(repo, "reset", "-q", "--hard", "HEAD^")
    before = git(repo, "status", "--porcelain")
    assert run("check", "--patch", mail) == (1, said, "")
    assert git(repo, "status", "--porcelain") == before


def test_a_patch_that_later_ones_built_on(repo: Path, run: Run, tmp_path: Path) -> None:
    """The file and its header are looked at as they were when the patch was applied."""
    mail = tmp_path / "mail"
    (repo / "mm/use.c").write_bytes(FIXABLE)
    git(repo, "commit", "-qam", "a new one")
    mail.write_text(git(repo, "format-patch", "-1", "--stdout"))
    base = git(repo, "rev-parse", "--short=12", "HEAD^").strip()
    (repo / "mm/use.c").write_bytes(CLEAN.replace(b"zpdesc_mark(", b"zpdesc_note("))
    (repo / "mm/zpdesc.h").write_bytes(HEADER.replace(b"zpdesc_mark(", b"zpdesc_note("))
    git(repo, "commit", "-qam", "a later one")
    code, out, err = run("check", "--patch", mail)
    assert code == 1
    assert out == "mm/use.c:5:2: ZPC002 [*] mark_page() on a zpdesc: it has zpdesc_mark()\n"
    assert err == f"{mail}: the tree has moved on; checked on top of {base}\n"
    mail.write_text(mail.read_text().replace("\nindex ", "\nno index "))
    code, out, err = run("check", "--patch", mail)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "mm/use.c: the hunk of line 2 does not fit; check out a commit that it applies to" in err


def test_patch_from_stdin(repo: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    (repo / "mm/use.c").write_bytes(FIXABLE)
    patch = git(repo, "diff")
    git(repo, "checkout", "-q", "mm/use.c")
    done = subprocess.run(
        [sys.executable, "-m", "zpconvert", "check", "--patch", "-"],
        input=patch, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("mm/use.c:5:2: ZPC002")


def test_a_statement_of_which_a_patch_adds_one_line(repo: Path, run: Run, tmp_path: Path) -> None:
    (repo / "mm/use.c").write_bytes(FIXABLE.replace(b"mark_page(", b"mark_page(\n\t\t"))
    mail = tmp_path / "p.diff"
    mail.write_text(git(repo, "diff"))
    assert run("check", "--patch", mail)[1].startswith("mm/use.c:5:2: ZPC002")


@pytest.mark.parametrize("form", ["json", "sarif"])
def test_formats_are_whole_documents(repo: Path, run: Run, form: str) -> None:
    code, out, _ = run("check", "mm", "--format", form)
    assert code == 0
    assert json.loads(out)
    (repo / "mm/use.c").write_bytes(SLOT)
    code, out, _ = run("check", "mm", "--format", form)
    assert code == 1
    assert "ZPC001" in json.dumps(json.loads(out))


def test_github_annotations(repo: Path, run: Run) -> None:
    (repo / "mm/use.c").write_bytes(SLOT)
    out = run("check", "mm", "--format", "github")[1]
    assert out.startswith("::error file=mm/use.c,line=6,endLine=6,col=15,title=ZPC001::local")


def test_explain(run: Run) -> None:
    code, out, _ = run("check", "--explain", "zpc005")
    assert code == 0
    assert "ZPC005: a cast and its opposite, nested (mended by --fix)" in out
    assert "Mended:" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["check"], "name files, or pass --staged or --patch"),
        (["check", "absent.c"], "absent.c: cannot be read: No such file or directory"),
        (["check", "--explain", "ZPC999"], "--explain: no rule 'ZPC999'; choose one of ZPC001,"),
        (["check", "--patch", "absent"], "absent: cannot be read"),
        (["check", "--patch", "mm/use.c"], "mm/use.c: there is no diff in it"),
        (["check", "--patch", "x", "--fix"], "--patch goes without FILE, --staged and --fix"),
        (["check", "--staged", "absent.c"], "absent.c: is not in the index"),
        (["check", "--staged", "/etc/passwd"], "/etc/passwd: is not in "),
        (["check", "mm", "--format", "xml"], "Invalid value for '--format'"),
        (["check", "mm", "--conversion", "nosuch"], "nosuch: no such conversion"),
    ],
)
def test_bad_input_is_one_line(repo: Path, run: Run, words: list[str], said: str) -> None:
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


def test_a_hook_that_is_not_there_is_removed_already(repo: Path, run: Run) -> None:
    said = "no pre-commit hook here, so there is nothing to remove\n"
    assert run("hook", "remove") == (0, "", said)


def test_outside_of_a_repository(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for words in (("check", "--staged"), ("hook", "install"), ("hook", "remove")):
        code, _, err = run(*words)
        assert code == 2
        assert "no git work tree; run this inside a repository" in err


@pytest.mark.parametrize("text", [b"", b"\0\xff\xfe", b"\r\n" * 9, FIXABLE.replace(b"\n", b"\r\n")])
def test_any_bytes_are_taken(repo: Path, run: Run, text: bytes) -> None:
    (repo / "mm/x.c").write_bytes(text)
    assert run("check", "mm/x.c")[0] == (1 if b"mark_page" in text else 0)


def test_fix_keeps_line_ends_and_bytes(repo: Path, run: Run) -> None:
    odd = b"/* \xe4\xff */\r\n"
    (repo / "mm/x.c").write_bytes(odd + FIXABLE.replace(b"\n", b"\r\n"))
    assert run("check", "--fix", "mm/x.c")[0] == 0
    assert (repo / "mm/x.c").read_bytes() == odd + CLEAN.replace(b"\n", b"\r\n")


# -- the hook ----------------------------------------------------------------------------------


def commit(repo: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", "commit", "-qm", "x", *words],
        cwd=repo, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_the_hook_blocks_and_passes(repo: Path, run: Run) -> None:
    assert run("hook", "install") == (0, "", f"installed {repo}/.git/hooks/pre-commit\n")
    (repo / "mm/use.c").write_bytes(SLOT)
    git(repo, "add", "-A")
    blocked = commit(repo)
    assert blocked.returncode == 1
    assert "mm/use.c:6:15: ZPC001" in blocked.stdout + blocked.stderr
    (repo / "mm/use.c").write_bytes(CLEAN + b"static int more;\n")
    git(repo, "add", "-A")
    assert commit(repo).returncode == 0
    assert run("hook", "remove") == (0, "", f"removed {repo}/.git/hooks/pre-commit\n")
    (repo / "mm/use.c").write_bytes(SLOT)
    assert commit(repo, "-a").returncode == 0


@pytest.mark.parametrize("words", [["-a"], ["mm/use.c"]])
def test_the_hook_sees_what_is_committed_past_the_index(
    repo: Path, run: Run, words: list[str]
) -> None:
    """git keeps the index of `commit -a` and `commit FILE` in another file."""
    run("hook", "install")
    (repo / "mm/use.c").write_bytes(SLOT)
    blocked = commit(repo, *words)
    assert blocked.returncode == 1
    assert "ZPC001" in blocked.stdout + blocked.stderr


def test_the_hook_keeps_the_one_that_is_there(repo: Path, run: Run) -> None:
    hook = repo / ".git/hooks/pre-commit"
    script = "#!/bin/sh\necho first >> seen\n[ ! -e stop ]\n"
    hook.write_text(script)
    hook.chmod(0o700)
    assert run("hook", "install")[2].endswith("; the hook that was there runs first\n")
    assert run("hook", "install")[0] == 0
    (repo / "mm/use.c").write_bytes(CLEAN + b"static int more;\n")
    assert commit(repo, "-a").returncode == 0
    assert (repo / "seen").read_text() == "first\n"
    (repo / "stop").touch()
    (repo / "mm/use.c").write_bytes(CLEAN)
    assert commit(repo, "-a").returncode == 1
    assert run("hook", "remove")[2].endswith("; the hook that was there is back\n")
    assert hook.read_text() == script
    assert stat.S_IMODE(hook.stat().st_mode) == 0o700
    left = {p.name for p in hook.parent.glob("pre-commit*")}
    assert left - {"pre-commit.sample"} == {"pre-commit"}


def test_somebody_else_s_hook_is_not_removed(repo: Path, run: Run) -> None:
    hook = repo / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\n")
    code, _, err = run("hook", "remove")
    assert code == 2
    assert "is not zpconvert's; take it out by hand" in err
    assert hook.read_text() == "#!/bin/sh\n"


def test_hooks_that_many_repositories_share_are_left_alone(
    repo: Path, run: Run, tmp_path: Path
) -> None:
    git(repo, "config", "core.hooksPath", tmp_path / "shared")
    code, _, err = run("hook", "install")
    assert code == 2
    assert "is outside of this repository (core.hooksPath)" in err
    assert not (tmp_path / "shared").exists()
    git(repo, "config", "core.hooksPath", ".githooks")
    assert run("hook", "install")[0] == 0
    assert (repo / ".githooks/pre-commit").exists()


def test_the_hook_in_a_linked_work_tree(repo: Path, run: Run, tmp_path: Path) -> None:
    run("hook", "install")
    linked = tmp_path / "linked"
    git(repo, "worktree", "add", "-q", linked)
    (linked / "mm/use.c").write_bytes(SLOT)
    assert commit(linked, "-a").returncode == 1
