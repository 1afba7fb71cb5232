# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the files of a detached job say: its task and its command file.

Note that this module is private to the collection.
"""

from __future__ import annotations

import ntpath
from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape

from ansible_collections.jp1.itdm.plugins.module_utils._errors import OptionError
from ansible_collections.jp1.itdm.plugins.plugin_utils._host import NO_WORKING_FOLDER
from ansible_collections.jp1.itdm.plugins.plugin_utils._paths import windows_path
from ansible_collections.jp1.itdm.plugins.plugin_utils._quoting import command_line
from ansible_collections.jp1.itdm.plugins.plugin_utils._quoting import path as quote

_CODE = "jp1_itdm_code"

_TASK = """<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo><Description>jp1.itdm {name}</Description></RegistrationInfo>
  <Principals><Principal id="Author"><UserId>S-1-5-18</UserId><RunLevel>HighestAvailable</RunLevel></Principal></Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <AllowStartOnDemand>true</AllowStartOnDemand>
    <StartWhenAvailable>false</StartWhenAvailable>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <Priority>5</Priority>
  </Settings>
  <Actions Context="Author"><Exec><Command>{command}</Command></Exec></Actions>
</Task>
"""


def task_xml(name: str, command_file: str) -> bytes:
    """Return the task that runs a command file as SYSTEM, only when it is told to and without any limit of time.

    :param name: the job's name.
    :param command_file: path of the file on the server.
    """
    return _TASK.format(name=escape(name), command=escape(command_file)).encode("utf-16")


def command_script(
    argv: Sequence[str],
    *,
    name: str,
    folder: str,
    private: Iterable[str] = (),
    has_stdin: bool = False,
    working_folder: str | None = None,
    code_page: str = "cp932",
) -> bytes:
    """Return the command file that runs a program and leaves C(NAME EXIT_CODE) in C(result.txt).

    :param argv: the program and its arguments.
    :param name: the job's name.
    :param folder: the job's folder.
    :param private: files in it that are removed when the program has ended.
    :param has_stdin: whether the program reads C(stdin.txt) in it.
    :param working_folder: where the program starts.
    :param code_page: the code page in which cmd.exe reads the file.
    :raises OptionError: as L(encoded).
    """

    def file(file_name: str) -> str:
        return quote(f"{folder}\\{file_name}")

    source = file("stdin.txt") if has_stdin else "nul"
    batch = ntpath.splitext(argv[0])[1].lower() in (".bat", ".cmd")
    start = [f"set {_CODE}={NO_WORKING_FOLDER}", f"cd /d {quote(windows_path(working_folder))}||goto ended"] if working_folder else []
    command = command_line(argv).removeprefix("@")
    if batch:  # call reads the command once more
        command = f"call {escaped(command)}"
    run = f"{command} <{source} >{file('output.txt')} 2>&1"
    # The last line is the last that is read of this file: with the result in place, the folder may be removed.
    end = [*(f"del /f /q {file(item)}" for item in private), f"move /y {file('result.tmp')} {file('result.txt')} >nul&exit"]
    note = f">{file('result.tmp')} echo {name} "
    text = "\r\n".join(
        [
            "@echo off",
            *map(escaped, [*start, run]),
            f"set {_CODE}=%errorlevel%",
            ":ended",
            f"{escaped(note)}%{_CODE}%",
            *map(escaped, end),
            "",
        ]
    )
    return encoded(text, code_page)


def encoded(text: str, code_page: str) -> bytes:
    """Return the text of a command file as cmd.exe reads it.

    :raises OptionError: C(bad_command): it has a character that the code page lacks.
    """
    try:
        return text.encode(code_page)
    except UnicodeEncodeError as error:
        raise OptionError(
            f"A command has the character {text[error.start]!r}, which a command file in {code_page} can not hold.",
            code="bad_command",
            remedy="Use paths and arguments in the characters of the server's language.",
        ) from error


def escaped(line: str) -> str:
    """Return a line as it stands in a command file, which halves every percent sign."""
    return line.replace("%", "%%")
