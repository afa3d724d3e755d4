# SPDX-License-Identifier: GPL-2.0-only
"""Each fault of a conversion is one UserError at the line of the key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from zpconvert.conversion.complaint import KnownComplaint
from zpconvert.conversion.load import list_conversions, load
from zpconvert.conversion.model import (
    Boot,
    Border,
    Change,
    ChangelogItem,
    Conversion,
    KnownWarning,
)
from zpconvert.errors import UserError
from zpconvert.resources import semantic_patches_dir

DESCRIPTOR = """\
[descriptor]
name = "desc"
replaces = "page"
header = "mm/desc.h"
to_old = "desc_page"
from_old = "page_desc"
to_folio = "desc_folio"
intro = "Intro."
doc = "A descriptor."
casts = "Why."
includes = ["linux/types.h"]

[[member]]
name = "flags"
ctype = "unsigned long"
over = "flags"
doc = "Flags."

[[member]]
name = "next"
ctype = "struct desc  *"
over = "index"
doc = "Next."

[[helper]]
name = "desc_lock"
family = "lock"
proto = "void desc_lock(struct desc *desc)"
old = "lock_page(desc)"
body = "folio_lock(desc_folio(desc));"
doc = "Lock."

[[helper]]
name = "desc_unlock"
family = "lock"
proto = "void desc_unlock(struct desc *desc)"
old = "unlock_page(desc)"
body = '''
int x = 1;

folio_unlock(desc_folio(desc));
'''
doc = "Unlock."
keep = true
include = ["linux/pagemap.h"]

[[deprecated]]
name = "kmap_atomic"
instead = "kmap_local_page"
"""

CONVERSION = """\
[conversion]
descriptor = "desc"
files = ["mm/pool.c"]
prefix = "mm/pool"
kconfig = ["CONFIG_POOL=y"]
smpl = ["idioms.cocci"]

[cover]
title = "add desc"
text = \"\"\"
Two
lines [[step]] = x
\"\"\"

[names]
variables = [
    { match = "page$", to = "desc" },
    { match = "^(p)ages$", to = '\\1descs' },
]
functions = [{ match = "^get_page_of$", to = "get_desc_of" }]

[boot]
kconfig = ["CONFIG_LOADED=y"]
loads = ["zswap"]
zpool = "pool"
counters = ["zswpout"]

[[boot.warning]]
source = 'WARN_ON\\(x'
reason = "x is always true here"

[[boot.complaint]]
text = 'BUG: spin'
trace = '^try'
reason = "one processor"

[[border]]
slot = "migrate:page"
reason = "fixed signature"

[[step]]
id = "one"
subject = "convert one()"
body = "Body."
slots = [
    "one:page",
    "one()",
]
helpers = ["desc_lock"]
trailers = ["Suggested-by: A U Thor <a@example.org>", "Link: https://example.org/x"]

[[step]]
id = "two"
subject = "convert two()"
body = "Body."
slots = ["two:page"]
idioms = ["next_is_index"]
stale = [{ match = "page lock", to = "desc lock", within = "zone" }]
changelog = [
    { in = 2, text = "walk less", asked = "R E Viewer <r@example.org>" },
    { in = 3, text = "and less" },
]

[[step]]
id = "three"
subject = "let three() check its argument"
body = "three() refuses NULL."
changes = [{ function = "three", reason = "NULL is refused" }]
"""

COCCI = """\
// for tests
@next_is_index depends on !never@
expression a, b;
@@
- a->index = b
+ a->next = b

@@
expression e;
@@
- x(e)
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "descriptors").mkdir()
    (tmp_path / "descriptors/desc.toml").write_text(DESCRIPTOR)
    (tmp_path / "pool").mkdir()
    (tmp_path / "pool/conversion.toml").write_text(CONVERSION)
    (tmp_path / "pool/idioms.cocci").write_text(COCCI)
    return tmp_path


def line_of(text: str, what: str) -> int:
    return text[: text.index(what)].count("\n") + 1


def test_a_whole_conversion(root: Path) -> None:
    conversion = load(str(root / "pool"))
    assert conversion.name == "pool"
    assert conversion.files == ("mm/pool.c",)
    assert conversion.kconfig == ("CONFIG_POOL=y",)
    assert conversion.cover_text == "Two\nlines [[step]] = x"
    assert [rename("pages") for rename in conversion.variables] == ["pages", "pdescs"]
    assert conversion.variables[0]("next_page") == "next_desc"
    assert conversion.border == (Border("migrate:page", "fixed signature"),)
    known = KnownWarning(re.compile(r"WARN_ON\(x"), "x is always true here")
    complaint = KnownComplaint(re.compile("BUG: spin"), re.compile("^try"), "one processor")
    assert conversion.boot == Boot(
        ("CONFIG_LOADED=y",), ("zswap",), "pool", ("zswpout",), (known,), (complaint,)
    )
    assert conversion.smpl == (root / "pool/idioms.cocci",)
    assert not conversion.bundled
    one, two, three = conversion.steps
    assert one.slots == ("one:page", "one()")
    assert one.line == line_of(CONVERSION, '[[step]]\nid = "one"')
    assert one.trailers == (
        ("Suggested-by", "A U Thor <a@example.org>"),
        ("Link", "https://example.org/x"),
    )
    assert two.line == line_of(CONVERSION, '[[step]]\nid = "two"')
    assert two.stale[0].pattern == re.compile("page lock")
    assert two.stale[0].within == re.compile("zone")
    assert two.changelog == (
        ChangelogItem(2, "walk less", "R E Viewer <r@example.org>"),
        ChangelogItem(3, "and less", None),
    )
    assert three.changes == (Change("three", "NULL is refused"),)
    descriptor = conversion.descriptor
    assert descriptor.new_type == "struct desc"
    assert [member.ctype for member in descriptor.members] == ["unsigned long", "struct desc *"]
    assert descriptor.helpers[1].body == ("int x = 1;", "", "folio_unlock(desc_folio(desc));")
    assert [helper.keep for helper in descriptor.helpers] == [False, True]
    assert descriptor.deprecated[0].instead == "kmap_local_page"


#: What to replace in conversion.toml, with what, text whose line is named, words of the message.
FAULTS = [
    ("prefix =", "prefx =", "prefx =", "unknown key 'prefx'; did you mean 'prefix'"),
    ("[cover]", "[covr]", "[covr]", "unknown key 'covr'; did you mean 'cover'"),
    ('reason = "f', 'raison = "f', "raison", "unknown key 'raison'; did you mean 'reason'"),
    ('prefix = "mm/pool"\n', "", "[conversion]", "'prefix' is missing"),
    ('id = "two"\n', "", '[[step]]\nsubject = "convert two', "'id' is missing"),
    ('prefix = "mm/pool"', "prefix = 3", "prefix = 3", "'prefix' must be a string"),
    ('["mm/pool.c"]', '"mm/pool.c"', "files", "'files' must be an array of strings"),
    ('["mm/pool.c"]', "[]", "files", "'files' is empty"),
    ('["mm/pool.c"]', '["../x.c"]', "files", "no path inside the tree"),
    ('["mm/pool.c"]', '["mm/desc.h"]', "files", "the generated header"),
    ('"one()",', "7,", "    7,", "array of non-empty strings"),
    ('"one()",', '"one:page",', '    "one:page",\n]', "named already by step 'one' on line 46"),
    ('"two:page"', '"one()"', 'slots = ["one()"]', "named already by step 'one' on line 47"),
    ('"two:page"', '"migrate:page"', 'slots = ["migrate', "named already by the border"),
    ('body = "Body."\nslots = ["two', 'slots = ["two', '[[step]]\nid = "two"', "'body' is missing"),
    ('"Body."\nslots = ["two', '" "\nslots = ["two', 'body = " "', "has no commit message body"),
    ('id = "two"', 'id = "one"', 'id = "one"\nsubject = "convert two', "step 'one' is already"),
    ('"desc_lock"', '"desc_lok"', "helpers", "unknown helper 'desc_lok'; did you mean 'desc_lock'"),
    ('"next_is_index"', '"next"', "idioms = ", "unknown idiom 'next'"),
    ('slots = ["two:page"]', 'helpers = ["desc_lock"]', 'helpers = ["desc_lock"]\nidi', "twice"),
    ('"^(p)ages$"', '"^(pages$"', '    { match = "^(pages$"', "no regular expression"),
    ("\\1descs", "\\2descs", "    { match = \"^(p)", "does not fit its pattern"),
    ('match = "page lock"', 'match = "["', "stale", "no regular expression"),
    ("idioms.cocci", "other.cocci", "smpl", "there is no 'other.cocci'"),
    ("idioms.cocci", "idioms.txt", "smpl", "is no .cocci file"),
    ('= "desc"\nfiles', '= "dsc"\nfiles', "descriptor", "no descriptor 'dsc' (known: desc"),
    ("Link: https", "link https", "trailers", "is no trailer"),
    ("<a@example.org>", "a@example.org", "trailers", "names no person"),
    ("Suggested-by", "Signed-off-by", "trailers", "cannot be signed off in advance"),
    ("CONFIG_POOL=y", "POOL=y", "kconfig", "is no setting"),
    ("CONFIG_LOADED=y", "LOADED", 'kconfig = ["LOADED', "is no setting"),
    ('["zswap"]', '["zswop"]', "loads", "no load 'zswop'; known: zram, zswap"),
    ('["zswap"]', '["zswap", "zswap"]', "loads", "'zswap' is named twice"),
    ('["zswap"]', "[]", "loads", "'loads' is empty"),
    ('["zswap"]', '["zram"]', "zpool", "a pool without the load 'zswap'"),
    ('zpool = "pool"\n', "", "[boot]", "'zpool' is missing"),
    ('counters = ["zswpout"]\n', "", "[boot]", "'counters' is missing"),
    ("in = 2,", "in = 0,", "in = 0", "'in' must be a number from 1"),
    ("in = 2, ", "", '{ text = "walk', "'in' is missing"),
    ('"walk less"', '""', 'text = "", asked', "a line of a changelog without a text"),
    ("<r@example.org>", "r@example.org", "asked", "names no person"),
    ("asked", "aksed", "aksed", "unknown key 'aksed'; did you mean 'asked'?"),
    ("three() refuses", "It refuses", "changes", "message does not speak of three()"),
    ('"NULL is refused"', '""', "changes", "a change without a reason"),
    ('text = """', 'text = "', 'text = "', "bad TOML"),
    ("[names]", "[conversion]", '[conversion]\nvar', "bad TOML"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "at", "message"), FAULTS, ids=[f[3] for f in FAULTS])
def test_a_fault_in_conversion_toml(root: Path, old: str, new: str, at: str, message: str) -> None:
    assert old in CONVERSION
    text = CONVERSION.replace(old, new, 1)
    file = root / "pool/conversion.toml"
    file.write_text(text)
    with pytest.raises(UserError) as caught:
        load(str(root / "pool"))
    assert message in str(caught.value)
    assert caught.value.where == f"{file}:{line_of(text, at)}"
    assert "\n" not in str(caught.value)


DESCRIPTOR_FAULTS = [
    ('body = "folio_lock(desc_folio(desc));"', 'body = ""', 'body = ""', "'desc_lock' has no body"),
    ('body = "folio_lock(desc_folio(desc));"\n', "", '[[helper]]\nname = "desc_lock"',
     "'body' is missing"),
    ('name = "next"', 'name = "flags"', 'name = "flags"\nctype = "struct', "member 'flags' is al"),
    ('name = "desc_unlock"', 'name = "desc_lock"', 'name = "desc_lock"\nfamily = "lock"\nproto = '
     '"void desc_unlock', "helper 'desc_lock' is already"),
    ('name = "desc_lock"', 'name = "set_first"', 'name = "set_first"', "does not say whose it is"),
    ("void desc_lock(", "void dsc_lock(", "proto", "prototype is not one of 'desc_lock'"),
    ('over = "flags"', 'over = "flags;"', "over", "no C identifier"),
    ("keep = true", 'keep = "yes"', "keep", "'keep' must be true or false"),
    ("mm/desc.h", "/mm/desc.h", "header", "no path inside the tree"),
    ("instead", "insted", "insted", "did you mean 'instead'"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "at", "message"), DESCRIPTOR_FAULTS, ids=[f[3] for f in DESCRIPTOR_FAULTS]
)
def test_a_fault_in_the_descriptor(root: Path, old: str, new: str, at: str, message: str) -> None:
    assert old in DESCRIPTOR
    text = DESCRIPTOR.replace(old, new, 1)
    file = root / "descriptors/desc.toml"
    file.write_text(text)
    with pytest.raises(UserError) as caught:
        load(str(root / "pool"))
    assert message in str(caught.value)
    assert caught.value.where == f"{file}:{line_of(text, at)}"


def test_a_file_that_is_no_utf8(root: Path) -> None:
    (root / "pool/conversion.toml").write_bytes(b"[conversion]\n# \xff\n")
    with pytest.raises(UserError, match="not UTF-8"):
        load(str(root / "pool"))


def test_the_file_itself_is_not_the_conversion(root: Path) -> None:
    with pytest.raises(UserError, match="give the directory that holds the file"):
        load(str(root / "pool/conversion.toml"))


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(UserError, match="no such conversion") as caught:
        load("no-such-conversion")
    assert all(name in caught.value.what for name in list_conversions())


def test_a_directory_without_a_conversion(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"has no conversion\.toml"):
        load(str(tmp_path))


def test_a_descriptor_beside_its_conversion(root: Path) -> None:
    (root / "descriptors/desc.toml").rename(root / "pool/own.toml")
    file = root / "pool/conversion.toml"
    file.write_text(CONVERSION.replace('descriptor = "desc"', 'descriptor = "own.toml"'))
    assert load(str(root / "pool")).descriptor.path == root / "pool/own.toml"


def bundled() -> list[str]:
    names = list_conversions()
    return names or ["none are bundled"]


@pytest.mark.parametrize("name", bundled())
def test_a_bundled_conversion_loads_by_name_and_by_directory(name: str) -> None:
    by_name: Conversion = load(name)
    assert by_name.bundled
    assert by_name == load(str(semantic_patches_dir() / name))
