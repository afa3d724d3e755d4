# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import re

from zpconvert.git.model import Ident
from zpconvert.mail import thread

LATE = Ident("A", "a@example.org", "1717283000 +0200")


def test_a_change_id_is_b4_s() -> None:
    found = thread.change_id("my conversion", LATE)
    assert re.fullmatch(r"20240602-my-conversion-[0-9a-f]{12}", found)
    assert found == thread.change_id("my conversion", LATE)
    assert found != thread.change_id("my conversion", Ident("B", "a@example.org", LATE.date))


def test_message_ids_of_a_posting() -> None:
    ids = thread.message_ids("20230101-x-y-0123456789ab", 3, LATE, ["1" * 40, "2" * 40])
    assert [re.sub(r"-\w{12}@", "-X@", one) for one in ids] == [
        f"<20240602-x-y-v3-{n}-X@example.org>" for n in range(3)
    ]


def test_any_other_commit_gives_other_ids() -> None:
    first, second = (
        thread.message_ids("20230101-x-0123456789ab", 1, LATE, [last]) for last in ("1", "2")
    )
    assert not set(first) & set(second)


def test_mails_are_threaded_anew_and_their_text_stays() -> None:
    mails = [
        b"From x\nMessage-Id: <cover.1.git.a@b>\nSubject: s\n\nMessage-Id: <cover.1.git.a@b>\n",
        b"From x\nMessage-ID: <1.1.git.a@b>\nIn-Reply-To: <cover.1.git.a@b>\n\ntext\n",
    ]
    assert thread.rethreaded(mails, ["<0@c>", "<1@c>"]) == [
        b"From x\nMessage-ID: <0@c>\nSubject: s\n\nMessage-Id: <cover.1.git.a@b>\n",
        b"From x\nMessage-ID: <1@c>\nIn-Reply-To: <0@c>\n\ntext\n",
    ]
