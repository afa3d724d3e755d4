# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import pytest

from zpconvert.errors import UserError
from zpconvert.mail import addresses


@pytest.mark.parametrize(
    "value",
    [
        "linux-mm@kvack.org",
        "A U Thor <author@example.org>",
        "Jürgen Groß <jg@example.org>",
        '"Doe, Jane" <jane.doe+list@mail.example.org>',
        "<a@example.org>",
        "root@localhost",
    ],
)
def test_addresses(value: str) -> None:
    addresses.check("--to", value)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "linux-mm",
        "a@",
        "@example.org",
        "a b@example.org",
        "A <a@example.org",
        "A <a@example.org> and more",
        "Doe, Jane <jane@example.org>",
        "a@example.org, b@example.org",
        "a@example.org (open list)",
        "a@example.org\nBcc: b@example.org",
        "a@exa mple.org",
        "a@example..org",
        "A <<a@example.org>>",
    ],
)
def test_what_is_none(value: str) -> None:
    with pytest.raises(UserError) as caught:
        addresses.check("--cc", value)
    assert caught.value.where == "--cc"
    assert repr(value) in caught.value.what
    assert "\n" not in str(caught.value)
