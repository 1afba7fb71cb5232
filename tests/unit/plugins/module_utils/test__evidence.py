# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re

import pytest
from ansible_collections.jp1.itdm.plugins.module_utils._errors import OptionError
from ansible_collections.jp1.itdm.plugins.module_utils._evidence import (
    belongs_to_run,
    check_run_id,
    folder_name,
    kept_journal_path,
    kept_path,
    name_matches,
    offset_patterns,
)
from hypothesis import given
from hypothesis import strategies as st

RUN = "20260301T010000Z"


# Where a piece is kept


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        (r"C:\Program Files (x86)\a.log", "files/C/Program Files (x86)/a.log"),
        (r"d:\ログ\表ソ.log", "files/D/ログ/表ソ.log"),
        (r"\\nas\share\a.log", "files/UNC/nas/share/a.log"),
        (r"C:\..\..\etc/passwd", "files/C/etc_passwd"),
    ],
)
def test_a_files_place_tells_where_it_was(path: str, kept: str) -> None:
    assert kept_path(path) == kept


@given(st.text())
def test_no_name_leads_out_of_the_folder(name: str) -> None:
    for kept in (kept_path("C:\\" + name), kept_journal_path(name)):
        assert not kept.startswith("/")
        assert not {"", ".", ".."} & set(kept.split("/"))


@pytest.mark.parametrize(("host", "name"), [("JP1DB01", "JP1DB01"), ("db.example.com", "db.example.com"), ("../x", ".._x"), ("..", "_")])
def test_a_servers_name_is_the_name_of_a_folder(host: str, name: str) -> None:
    assert folder_name(host) == name


@pytest.mark.parametrize("run_id", ["", "..", ".", "a/b", "a\\b", "a b", "x" * 101])
def test_a_run_that_can_be_no_folder_is_refused(run_id: str) -> None:
    with pytest.raises(OptionError, match="run_id") as caught:
        check_run_id(run_id)
    assert caught.value.remedy
    assert check_run_id(RUN) == RUN


# What belongs to it


@pytest.mark.parametrize(
    "path", ["run.json", rf"runs\{RUN}\run.json", rf"runs\{RUN}\000012.json", rf"jobs\{RUN}-install\output.txt", rf"history\{RUN}.json"]
)
def test_the_runs_own_texts_are_taken(path: str) -> None:
    assert belongs_to_run(path, RUN)


@pytest.mark.parametrize(
    "path",
    [
        rf"jobs\{RUN}-install\stdin.txt",
        rf"jobs\{RUN}-install\STDIN.TXT",
        r"lock\0123abcd.json",
        rf"Lock\{RUN}.json",
        rf"jobs\{RUN}-install\payload.exe",
        r"runs\20250101T000000Z\run.json",
        rf"jobs\{RUN}0-install\output.txt",
        r"other\x.txt",
    ],
)
def test_secrets_locks_and_other_runs_are_left(path: str) -> None:
    assert not belongs_to_run(path, RUN)


@pytest.mark.parametrize(
    ("name", "pattern", "matches"),
    [
        ("a.log", "*.log", True),
        ("A.LOG", "*.log", True),
        ("a.log.1", "*.log", False),
        ("a.log", "a.log", True),
        ("ab.log", "?.log", False),
        ("[1].log", "[1].log", True),
        ("1.log", "[1].log", False),
        ("none", "*.*", True),
        ("none", "*", True),
    ],
)
def test_names_match_as_windows_compares_them(name: str, pattern: str, matches: bool) -> None:
    assert name_matches(name, pattern) is matches


# The end of a long log


@given(st.integers(min_value=0, max_value=10**12), st.integers(min_value=0, max_value=10**13), st.text(alphabet="0123456789:ab"))
def test_lines_are_chosen_by_their_offset(first: int, offset: int, text: str) -> None:
    chosen = any(re.match(pattern, f"{offset}:{text}") for pattern in offset_patterns(first))
    assert chosen is (offset >= first)


def test_the_expressions_fit_into_one_command() -> None:
    patterns = offset_patterns(987_654_321_012)
    assert len(patterns) <= 13
    assert max(map(len, patterns)) < 100  # findstr takes 254 characters, and 15 classes of them
    assert max(pattern.count("[") for pattern in patterns) <= 15
