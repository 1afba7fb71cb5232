# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.jp1.itdm.plugins.module_utils._errors import OptionError
from ansible_collections.jp1.itdm.plugins.plugin_utils import _quoting
from ansible_collections.jp1.itdm.tests.unit.plugins.plugin_utils.windows_parsing import (
    Broken,
    expand,
    one_command,
    split_arguments,
    unwrap,
)
from hypothesis import assume, example, given
from hypothesis import strategies as st

TORTURE = "ab C:\\%^&|<>()!\"'=,;@~+-/.日本語表ソ"
WORDS = st.text(st.sampled_from(TORTURE), max_size=20) | st.text(
    st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\ufffe\uffff"), max_size=10
)
# No variable's name has a quotation mark or begins with a caret; the quoting relies on that.
NAMES = st.text(st.sampled_from("ab :\\&()"), min_size=1, max_size=3).filter(lambda name: ":" not in name)
ENVIRONMENTS = st.dictionaries(NAMES, st.sampled_from(["x", "&calc", '"']), max_size=6)


def see(line: str, environment: dict[str, str], *, quoted: bool) -> list[str]:
    return split_arguments(one_command(expand(unwrap(line, quoted=quoted), environment)))


@given(st.lists(WORDS, max_size=5), ENVIRONMENTS, st.booleans())
@example(["%PATH%", "100%", "%PATH:;=,%"], {"PATH": "x"}, True)
@example(['say "50%PATH%" & more', "a\\", 'b\\"'], {"PATH": "x"}, False)
@example(["C:\\%a%\\", "%%a%%", "%"], {"a": "x"}, False)
def test_a_program_sees_its_arguments(words: list[str], environment: dict[str, str], quoted: bool) -> None:
    line = _quoting.command_line(["C:\\Program Files (x86)\\a & b\\tool.exe", *words])
    assert see(line, environment, quoted=quoted)[1:] == words


@given(st.lists(WORDS.filter(lambda word: '"' not in word), max_size=5), ENVIRONMENTS)
def test_words_without_quotation_marks_survive_a_second_reading(words: list[str], environment: dict[str, str]) -> None:
    line = _quoting.command_line(["tool", *words])
    twice = one_command(expand(one_command(expand(line, environment)), environment))
    assert split_arguments(twice)[1:] == words


@given(WORDS, WORDS, ENVIRONMENTS)
def test_paths_are_quoted_words(one: str, two: str, environment: dict[str, str]) -> None:
    assume('"' not in one + two and ":" not in two)
    line = f"move {_quoting.path(one)} {_quoting.path(two)}"
    assert one_command(expand(line, environment)).replace('"', "") == f"move {one} {two}"
    assert "%" in one + two or line == f'move "{one}" "{two}"'


def test_the_model_notices_bad_quoting() -> None:
    with pytest.raises(Broken):
        one_command("echo a&calc")
    assert expand('"%PATH%"', {"PATH": "x"}) == '"x"'
    assert split_arguments(r'a "b c\\" d\"e "f""g"') == ["a", "b c\\", 'd"e', 'f"g']


@pytest.mark.parametrize(
    ("argv", "line"),
    [
        (["sc", "query", "JP1_ITDM_DB"], "sc query JP1_ITDM_DB"),
        ([r"C:\Program Files (x86)\x\stop.exe", "/f", r"D:\b c"], r'@"C:\Program Files (x86)\x\stop.exe" /f "D:\b c"'),
        (["a.exe", ""], 'a.exe ""'),
        (["a.exe", "C:\\dir with space\\"], 'a.exe "C:\\dir with space"\\'),
        (["a.exe", "100%", "x=1,2"], 'a.exe "100"%"" x=1,2'),
        (["a.bat", "x=1"], 'a.bat "x=1"'),
        (["a.exe", 'say "hi"'], r"a.exe ^" + r'"say \^"hi\^"^"'),
        (["a.exe", "日本語 表"], 'a.exe "日本語 表"'),
    ],
)
def test_lines_stay_readable(argv: list[str], line: str) -> None:
    assert _quoting.command_line(argv) == line


@pytest.mark.parametrize("word", ["a\nb", "a\rb", "a\0b", "\x1b[0m", "\ud800"])
def test_control_characters_are_refused(word: str) -> None:
    for function in (_quoting.argument, _quoting.path, _quoting.check):
        with pytest.raises(OptionError, match="can not contain"):
            function(word)


@pytest.mark.parametrize("argv", [[], [""], ['a"b.exe']])
def test_impossible_programs_are_refused(argv: list[str]) -> None:
    with pytest.raises(OptionError):
        _quoting.command_line(argv)


def test_a_line_has_a_limit_and_never_begins_with_a_quotation_mark() -> None:
    assert _quoting.check('"a b.exe" c') == '@"a b.exe" c'
    with pytest.raises(OptionError) as caught:
        _quoting.check("x" * (_quoting.MAX_LINE + 1))
    assert caught.value.code == "command_too_long"
    with pytest.raises(OptionError):
        _quoting.check("  ")


def test_masking_replaces_the_longest_secret_first() -> None:
    assert _quoting.mask("key=abcdef abc", ["abc", "abcdef", ""]) == "key=******** ********"
