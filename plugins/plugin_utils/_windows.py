# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be asked of a Windows server: functions that return probes for L(Host.ask).

Answers are read by numbers, keys and identifiers, so that they are the same in every language.

Note that this module is private to the collection.
"""

from __future__ import annotations

import ntpath
import re
from collections.abc import Iterable
from typing import Literal

from ansible_collections.jp1.itdm.plugins.module_utils._errors import OptionError
from ansible_collections.jp1.itdm.plugins.module_utils._parse_files import (
    Disk,
    FolderItem,
    parse_digest,
    parse_disk,
    parse_folder,
    parse_free_bytes,
)
from ansible_collections.jp1.itdm.plugins.module_utils._parse_registry import (
    Key,
    UninstallEntry,
    parse_registry,
    parse_uninstall_entries,
)
from ansible_collections.jp1.itdm.plugins.module_utils._parse_services import Service, parse_services
from ansible_collections.jp1.itdm.plugins.module_utils._parse_system import (
    ELEVATED_SIDS,
    OsTimes,
    OsVersion,
    Process,
    parse_environment,
    parse_listening_ports,
    parse_os_times,
    parse_processes,
    parse_sids,
    parse_tasks,
    parse_version,
)
from ansible_collections.jp1.itdm.plugins.plugin_utils._paths import folder_test, parent_and_name, windows_path
from ansible_collections.jp1.itdm.plugins.plugin_utils._probe import Answer, Probe
from ansible_collections.jp1.itdm.plugins.plugin_utils._quoting import path as quote

View = Literal[32, 64]

_SERVICES_KEY = r"HKLM\SYSTEM\CurrentControlSet\Services"
_WINDOWS_KEY = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion"
_SESSION_MANAGER_KEY = r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager"
# Larger files are no texts to look at; reading them would take minutes.
_LARGEST_TEXT = 16_000_000


def services(patterns: Iterable[str]) -> Probe[list[Service]]:
    """Services by name; what does not exist is missing in the list.

    :param patterns: names, in which C(*) and C(?) stand for any characters and any one character.
    """
    wanted = list(patterns)
    report = 'echo #{0}&sc queryex "{0}"&echo #&sc qc "{0}"'
    names = [quote(pattern) for pattern in wanted if not re.search(r"[*?]", pattern)]
    prefixes = sorted({re.split(r"[*?]", pattern)[0] for pattern in wanted if re.search(r"[*?]", pattern)})
    commands = [f"for %s in ({' '.join(names)}) do @({report.format('%~s')})"] if names else []
    for prefix in prefixes:
        # The registry lists bare names, where sc prints labels in the system's language.
        listing = rf"reg query {_SERVICES_KEY}^|find /i " + quote(rf"\Services\{prefix}")
        commands.append(f"for /f \"delims=\" %s in ('{listing}') do @({report.format('%~nxs')})")
    command = "&".join(f"({command})" for command in commands) or "rem"
    return Probe(command, lambda answer: parse_services(answer.text, wanted))


def registry(key: str, view: View = 64, recurse: bool = False) -> Probe[dict[str, Key]]:
    """A registry key: full key names with their values; empty when it does not exist.

    :param key: such as C(HKLM\\SOFTWARE\\HITACHI).
    :param view: which registry a 64-bit Windows is asked for.
    :param recurse: whether subkeys come with their values, too, or as names only.
    """
    command = f"reg query {quote(key)}{' /s' if recurse else ''} /reg:{view}"
    return Probe(command, lambda answer: parse_registry(answer.text) if answer.exit_code == 0 else {})


def uninstall_entries(view: View) -> Probe[list[UninstallEntry]]:
    """The installed programs, from the registry's uninstall entries."""
    key = rf"{_WINDOWS_KEY}\Uninstall"
    return Probe(f"reg query {quote(key)} /s /reg:{view}", lambda answer: parse_uninstall_entries(answer.text))


def disk(drive: str) -> Probe[Disk | None]:
    """Free and total bytes of a drive, None when there is no such drive.

    :param drive: a drive such as C(D:), or any path on it.
    """
    if not re.match(r"[A-Za-z]:", drive):
        raise OptionError(f"{drive!r} does not begin with a drive letter.", code="bad_path")
    return Probe(
        f"fsutil volume diskfree {drive[:2]}",
        lambda answer: parse_disk(answer.text) if answer.exit_code == 0 else None,
    )


def free_bytes(folder: str) -> Probe[int | None]:
    """The free bytes of the drive or share that a folder is or will be on, None when that can not be told."""
    place = ntpath.splitdrive(windows_path(folder))[0]
    if place.endswith(":"):
        inner = disk(place)
        return Probe(inner.command, lambda answer: found.free if (found := inner.parse(answer)) else None)
    return Probe(f"dir /-c {quote(place)}", lambda answer: parse_free_bytes(answer.text) if answer.exit_code == 0 else None)


def file_exists(path: str) -> Probe[bool]:
    """Whether there is a file (not a folder) of that name."""
    where = quote(windows_path(path))
    return Probe(f"if exist {where} if not exist {folder_test(path)} echo #", _has_mark)


def file_digest(path: str) -> Probe[str | None]:
    """The SHA-256 digest of a file; None where there is none, or an empty one."""
    return Probe(f"certutil -hashfile {quote(windows_path(path))} SHA256 2>nul", lambda answer: parse_digest(answer.text))


def folder_exists(path: str) -> Probe[bool]:
    """Whether there is a folder of that name."""
    return Probe(f"if exist {folder_test(path)} echo #", _has_mark)


def folder(path: str) -> Probe[list[FolderItem] | None]:
    """The files directly in a folder, the newest first, and the folders; None when it does not exist."""
    # for /f would be shorter, but not every Windows reads names in UTF-8 from the command it runs.
    command = (
        f"if exist {folder_test(path)} (echo #&pushd {quote(windows_path(path))}&dir /a-d /b /o-d 2>nul&echo /"
        "&dir /ad /b 2>nul&echo /&(for %f in (*) do @echo %~zf/%f)&popd)"
    )
    return Probe(command, lambda answer: parse_folder(answer.text.partition("\n")[2]) if _has_mark(answer) else None)


def file_text(path: str, limit: int = 100_000) -> Probe[str | None]:
    """The last characters of a text file, None when it does not exist or has more than 16 MB.

    The last line gets a line end if it has none. A file in UTF-16 has to be read with L(Host.read_file).

    :param limit: how many characters.
    """
    parent, name = parent_and_name(path)
    file = quote(f".\\{name}")
    command = (
        f"if exist {quote(windows_path(path))} if not exist {folder_test(path)} (pushd {quote(parent)}"
        f'&(for %f in ({file}) do @if %~zf LEQ {_LARGEST_TEXT} (echo #&findstr "^" {file}))&popd)'
    )

    def parse(answer: Answer) -> str | None:
        return answer.text.partition("\n")[2][-limit:] if _has_mark(answer) else None

    return Probe(command, parse)


def text_files(path: str, pattern: str) -> Probe[dict[str, str] | None]:
    """The texts of our own files directly in a folder, by name; None when the folder does not exist.

    :param pattern: which files, with C(*) and C(?). Their names must be plain, their lines must not begin with C(#), and each has to
        end with a line end.
    """
    command = (
        f"if exist {folder_test(path)} (echo #&pushd {quote(windows_path(path))}"
        # a name without wildcards comes also when there is no such file
        f'&(for %f in ({pattern}) do @if exist "%f" (echo #%f&type "%f"))&popd)'
    )

    def parse(answer: Answer) -> dict[str, str] | None:
        if not _has_mark(answer):
            return None
        files: dict[str, str] = {}
        for part in re.split(r"(?m)^#", answer.text.partition("\n")[2])[1:]:
            name, _mark, text = part.partition("\n")
            files[name.strip()] = text
        return files

    return Probe(command, parse)


def succeeds(command: str) -> Probe[bool]:
    """Whether a command that changes nothing ends with exit code 0."""
    return Probe(command, lambda answer: answer.exit_code == 0)


def listening_ports() -> Probe[set[int]]:
    """The TCP ports (IPv4) on which something listens."""
    return Probe("netstat -ano -p tcp", lambda answer: parse_listening_ports(answer.text))


def os_times() -> Probe[OsTimes | None]:
    """When Windows started and what its clock says, None where wmic is missing."""
    return Probe("wmic os get LastBootUpTime,LocalDateTime /value", lambda answer: parse_os_times(answer.text))


def os_version() -> Probe[OsVersion]:
    """Name and version of Windows."""
    key = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion"

    def parse(answer: Answer) -> OsVersion:
        values = next(iter(parse_registry(answer.text).values()), {})
        name = values["ProductName"].data if "ProductName" in values else ""
        return OsVersion(name.strip(), parse_version(answer.text))

    return Probe(f"ver&reg query {quote(key)} /v ProductName /reg:64", parse)


def pending_restart() -> Probe[list[str]]:
    """Why Windows wants to be restarted; empty when it does not.

    Reasons are C(component_based_servicing), C(windows_update) and C(file_rename).
    """
    keys = {
        "component_based_servicing": rf"{_WINDOWS_KEY}\Component Based Servicing\RebootPending",
        "windows_update": rf"{_WINDOWS_KEY}\WindowsUpdate\Auto Update\RebootRequired",
    }
    checks = [f"(reg query {quote(key)} /reg:64>nul 2>nul&&echo #{reason})" for reason, key in keys.items()]
    checks.append(f"reg query {quote(_SESSION_MANAGER_KEY)} /v PendingFileRenameOperations 2>nul")

    def parse(answer: Answer) -> list[str]:
        reasons = [reason for reason in keys if f"#{reason}" in answer.text.split("\n")]
        values = next(iter(parse_registry(answer.text).values()), {})
        renames = values.get("PendingFileRenameOperations")
        return reasons + (["file_rename"] if renames and renames.strings else [])

    return Probe("&".join(checks), parse)


def running_processes(names: Iterable[str]) -> Probe[list[Process]]:
    """The running processes of these programs.

    :param names: program files such as C(SETUP.EXE), in any case.
    """
    wanted = {name.lower() for name in names}
    return Probe(
        "tasklist /fo csv /nh",
        lambda answer: [process for process in parse_processes(answer.text) if process.name.lower() in wanted],
    )


def tasks(folder: str) -> Probe[dict[str, list[str]]]:
    """The tasks in a folder of the Task Scheduler by their names, each with the fields that it is shown with, in no certain order.

    :param folder: without a backslash at its begin or end.
    """
    return Probe(f'schtasks /query /fo csv /nh /v 2>nul|find "{folder}"', lambda answer: parse_tasks(answer.text, folder))


def elevated() -> Probe[bool]:
    """Whether commands run with full administrator rights."""
    return Probe("whoami /groups", lambda answer: bool(parse_sids(answer.text) & ELEVATED_SIDS))


def cluster() -> Probe[bool]:
    """Whether the server is a member of a failover cluster."""

    def parse(answer: Answer) -> bool:
        found = parse_services(answer.text, ["ClusSvc"])
        return "#cluster" in answer.text.split("\n") or any(service.start_type != "disabled" for service in found)

    command = r"echo #ClusSvc&sc queryex ClusSvc&echo #&sc qc ClusSvc&reg query HKLM\Cluster>nul 2>nul&&echo #cluster"
    return Probe(command, parse)


def tools(names: Iterable[str]) -> Probe[list[str]]:
    """Which of these programs Windows does not find.

    :param names: program files in the search path, such as C(certutil); without an extension, C(.exe) is meant.
    """
    files = {name if "." in name else f"{name}.exe": name for name in names}
    for name in files:
        if not re.fullmatch(r"\w[\w.-]*", name, re.ASCII):
            raise OptionError(f"{name!r} is no name of a program.", code="bad_command")
    command = f'for %t in ({" ".join(files)}) do @if "%~$PATH:t"=="" echo #%t' if files else "rem"
    return Probe(command, lambda answer: [name for file, name in files.items() if f"#{file}" in answer.text.split("\n")])


def environment_variables(names: Iterable[str]) -> Probe[dict[str, str]]:
    """Environment variables that are set, by the names asked for."""
    wanted = list(names)
    prefixes = sorted({found.group() for name in wanted if (found := re.match(r"\w+", name, re.ASCII))})

    def parse(answer: Answer) -> dict[str, str]:
        values = parse_environment(answer.text)
        return {name: values[name.upper()] for name in wanted if name.upper() in values}

    # A space behind the name would belong to it.
    return Probe("&".join(f"2>nul set {prefix}" for prefix in prefixes) or "rem", parse)


def _has_mark(answer: Answer) -> bool:
    return answer.text.startswith("#")
