# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.jp1.itdm.plugins.module_utils._errors import OptionError
from ansible_collections.jp1.itdm.plugins.plugin_utils._decoding import LineDecoder, check_code_page, decode
from hypothesis import given
from hypothesis import strategies as st

# Those that Windows uses, and some that Python knows.
CODE_PAGES = st.sampled_from(["cp932", "cp1252", "cp437", "euc_jp", "utf-8", "ascii"])


@given(st.binary(max_size=200), CODE_PAGES)
def test_anything_can_be_decoded(data: bytes, fallback: str) -> None:
    assert "\r" not in decode(data, fallback)


@given(st.lists(st.binary(max_size=30), max_size=10))
def test_a_stream_gives_the_same_lines_as_the_whole(pieces: list[bytes]) -> None:
    decoder = LineDecoder()
    lines = [line for piece in pieces for line in decoder.feed(piece)] + decoder.flush()
    whole = b"".join(pieces)
    assert lines == [decode(line).rstrip("\n") for line in whole.split(b"\n")][: len(lines)]
    assert len(lines) == whole.count(b"\n") + (not whole.endswith(b"\n") and bool(whole))


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\ufeff"), max_size=50))
def test_utf8_is_kept(text: str) -> None:
    assert decode(text.encode()) == text


def test_mixed_encodings_are_told_apart_line_by_line() -> None:
    data = "サービス表\r\n".encode("cp932") + "日本語\r\n".encode() + b"plain\r\n"
    assert decode(data) == "サービス表\n日本語\nplain\n"


@pytest.mark.parametrize("text", ["LastBootUpTime=2026\r\r\n", "日本語\r\n"])
def test_utf16_with_its_mark(text: str) -> None:
    assert decode(b"\r\n" + b"\xff\xfe" + text.encode("utf-16-le")).strip() == text.strip()
    assert decode(b"\xfe\xff" + text.encode("utf-16-be")).strip() == text.strip()


def test_a_byte_order_mark_is_dropped() -> None:
    assert decode(b"\xef\xbb\xbfabc") == "abc"


@pytest.mark.parametrize("name", ["nope", "base64", "idna", "utf\x00"])
def test_unknown_code_pages_are_refused(name: str) -> None:
    with pytest.raises(OptionError) as caught:
        check_code_page(name)
    assert caught.value.code == "unknown_code_page"
