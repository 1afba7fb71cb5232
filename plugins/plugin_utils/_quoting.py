# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Command lines for cmd.exe: the only place where text is quoted.

A command line passes two parsers. cmd.exe reads it first (metacharacters, C(%NAME%)), and the started program splits it
into arguments (the C runtime's rules of quotes and backslashes). A word without a quotation mark is put into real
quotation marks, in which cmd.exe leaves everything but C(%) alone. A C(%) is put between quotation marks
(C("100"%"PATH"%"")), so that a variable's name would have to begin with a quotation mark: nothing is expanded, however
often cmd.exe reads the line. Backslashes that would touch a quotation mark stand outside of it. A word with a quotation
mark can not be kept inside of them; there every special character gets a caret, which holds for one reading only.

WinRS hands a line to C(cmd /c LINE) or to C(cmd /c "LINE"). Both do the same with a line that does not begin with a
quotation mark.

Note that this module is private to the collection.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ansible_collections.jp1.itdm.plugins.module_utils._errors import OptionError

#: cmd.exe takes 8191 characters, from which the wrapping around the line has to be subtracted.
MAX_LINE = 8000

# Characters that neither cmd.exe nor the C runtime treats specially; batch files also split arguments at = and comma.
_PLAIN = re.compile(r"[\w./\\:+@~#$-]+\Z", re.ASCII)
_PLAIN_FOR_PROGRAMS = re.compile(r"[\w./\\:+@~#$=,-]+\Z", re.ASCII)

_SPECIAL = frozenset('()%!^"<>&|')
# What can not stand in an XML message or would end the line.
_FORBIDDEN = re.compile("[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_OUTSIDE = re.compile(r"\\*%")
_OUTSIDE_FOR_PROGRAMS = re.compile(r"\\*%|\\+\Z")


class Line(str):
    """A complete cmd.exe line, written and quoted by the caller.

    It is passed on as it is, except that a line beginning with a quotation mark gets an C(@) in front.
    """

    __slots__ = ()


def argument(text: str, *, batch: bool = False) -> str:
    """Return one word of a command line, quoted where it must be.

    :param text: the word as the program is to see it.
    :param batch: whether a batch file reads it, which also splits at C(=) and C(,).
    :raises OptionError: when the text has a line break or another control character.
    """
    _refuse_control_characters(text)
    if (_PLAIN if batch else _PLAIN_FOR_PROGRAMS).match(text):
        return text
    return _with_carets(text) if '"' in text else _in_quotes(text, _OUTSIDE_FOR_PROGRAMS)


def path(text: str) -> str:
    """Return a path, always quoted: for the program to start, built-in commands and redirections.

    It keeps its meaning when cmd.exe reads it twice, as in C(for /f). Not every built-in command takes quotation marks
    in the middle of a path, so a lone C(%) stays inside of them: the next one in the line is behind a quotation mark,
    and no variable's name has one.

    :raises OptionError: when the text has a quotation mark or a control character.
    """
    _refuse_control_characters(text)
    if '"' in text:
        raise OptionError(f"The path {text!r} contains a quotation mark, which no Windows path can.", code="bad_path")
    return _in_quotes(text, _OUTSIDE) if text.count("%") > 1 else f'"{text}"'


def command_line(argv: Sequence[str]) -> str:
    """Return the line that starts a program with arguments.

    :param argv: program and arguments, as the program is to see them.
    :raises OptionError: when the list is empty or a word can not be expressed.
    """
    if not argv or not argv[0]:
        raise OptionError("The command is empty.", code="bad_command")
    program = argv[0]
    batch = program.lower().endswith((".bat", ".cmd"))
    first = program if _PLAIN.match(program) else path(program)
    return check(" ".join([first, *(argument(word, batch=batch) for word in argv[1:])]))


def check(line: str) -> str:
    """Return a line that both ways of wrapping run alike.

    :raises OptionError: when the line is empty, too long or has a line break or another control character.
    """
    if not line.strip():
        raise OptionError("The command is empty.", code="bad_command")
    _refuse_control_characters(line)
    safe = f"@{line}" if line.lstrip().startswith('"') else str(line)
    if not fits(safe):
        raise OptionError(
            f"The command line has {len(safe)} characters; cmd.exe takes {MAX_LINE}.",
            code="command_too_long",
            remedy="Use shorter paths or fewer arguments.",
        )
    return safe


def fits(line: str) -> bool:
    """Whether cmd.exe takes a line of this length."""
    return len(line) <= MAX_LINE


def carets(text: str) -> str:
    """Return text of which cmd.exe, when it reads it once, makes the text again."""
    out: list[str] = []
    after_percent = False
    for character in text:
        # A caret behind % keeps any variable's name from matching, also one followed by a substitution.
        out.append(f"^{character}" if after_percent or character in _SPECIAL else character)
        after_percent = character == "%"
    return "".join(out)


def mask(text: str, secrets: Iterable[str]) -> str:
    """Return the text with every secret replaced by asterisks, longest secret first."""
    for secret in sorted({str(secret) for secret in secrets if secret}, key=len, reverse=True):
        text = text.replace(secret, "********")
    return text


def _refuse_control_characters(text: str) -> None:
    found = _FORBIDDEN.search(text)
    if found:
        raise OptionError(
            f"A command can not contain the character U+{ord(found.group()):04X}.",
            code="bad_command",
            remedy="Remove line breaks and control characters.",
        )


def _in_quotes(text: str, outside: re.Pattern[str]) -> str:
    pieces: list[str] = []
    start = 0
    for found in outside.finditer(text):
        pieces += [f'"{text[start : found.start()]}"', found.group()]
        start = found.end()
    if start < len(text) or text.endswith("%") or not text:
        # Behind a last % an empty pair of quotation marks keeps it apart from what follows.
        pieces.append(f'"{text[start:]}"')
    return "".join(pieces)


def _with_carets(text: str) -> str:
    escaped = re.sub(r'(\\*)"', r'\1\1\\"', text)
    return carets('"' + re.sub(r"(\\+)\Z", r"\1\1", escaped) + '"')
