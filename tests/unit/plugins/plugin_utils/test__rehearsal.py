# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rehearsal: what its command file does, and what is made of what it says."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from ansible_collections.jp1.itdm.plugins.module_utils._errors import (
    CommandError,
    ConnectionLostError,
    PreconditionError,
    UnknownOutcomeError,
)
from ansible_collections.jp1.itdm.plugins.plugin_utils._rehearsal import Rehearsal
from ansible_collections.jp1.itdm.tests.unit.plugins.fake_manager import MEDIA, FakeManager, manual
from ansible_collections.jp1.itdm.tests.unit.plugins.fake_windows import FakeJob

SHELL = {f"{action}__run_in": "shell" for action in ("backup", "restore", "install", "uninstall", "setup_database")}
NEW, BACKUP = MEDIA + r"\10-10", r"D:\JP1\backup\run 1"


def rehearse(world: FakeManager, media: str = NEW, writable: str = BACKUP, **overrides: Any) -> Rehearsal:
    return Rehearsal(world.product(**overrides), [media], [writable])


def plays(world: FakeManager, rehearsal: Rehearsal, *, sid: str = "S-1-5-18", **without: bool) -> list[str]:
    """Let the server play the command file; returns it."""
    scripts: list[str] = []
    digest = hashlib.sha256(f"{rehearsal.token}\r\n".encode()).hexdigest()
    said = [f"nt authority\\system {sid}"]
    said += [] if without.get("read") else ["#read.0"]
    said += [] if without.get("write") else ["#wrote.0", "SHA256 hash:", "00" * 32 if without.get("hash") else digest, "CertUtil: done"]
    said += ["#left.0"] if without.get("remove") else []

    def script(arguments: list[str], stdin: str) -> tuple[int, str]:
        scripts.append(world.files[world.ran[-1][0]].decode("cp932"))
        return 0, "\n".join([*said, ""])

    world.programs["rehearsal.cmd"] = script
    return scripts


def test_what_works_is_no_problem_and_leaves_nothing(database_server: FakeManager) -> None:
    before = database_server.picture()
    rehearsal = rehearse(database_server)
    plays(database_server, rehearsal)
    assert rehearsal.run() == ["task"]
    assert database_server.picture()["files"] == before["files"]
    assert database_server.jobs == {}
    assert [line.count("rmdir") for line in database_server.lines] == [2]


def test_the_command_file(database_server: FakeManager) -> None:
    rehearsal = rehearse(database_server, writable=r"D:\100% & (x)\backup")
    scripts = plays(database_server, rehearsal)
    rehearsal.run()
    lines = scripts[0].split("\r\n")
    assert lines[:2] == ["@echo off", "whoami /user"]
    assert rf'certutil -hashfile "{NEW}\SETUP.EXE" SHA256>nul 2>nul&&echo #read.0' in lines
    # the nearest folder that is there, and in any case one on that drive
    assert lines[3:6] == [
        'set "jp1_itdm_at=D:"',
        r'if exist "D:\100%% & (x)\" set "jp1_itdm_at=D:\100%% & (x)"',
        r'if exist "D:\100%% & (x)\backup\" set "jp1_itdm_at=D:\100%% & (x)\backup"',
    ]
    assert "rmdir /s /q" in lines[7]


def test_without_the_installers_name_the_folder_is_listed(database_server: FakeManager) -> None:
    rehearsal = rehearse(database_server, media__installer="", media__version_file="")
    scripts = plays(database_server, rehearsal)
    rehearsal.run()
    assert f'dir /a /b "{NEW}"' in scripts[0]


@pytest.mark.parametrize(
    ("played", "told"),
    [
        ({"read": True}, [f"SYSTEM can not read {NEW}."]),
        ({"write": True}, [f"SYSTEM can not write into {BACKUP}."]),
        ({"hash": True}, [f"SYSTEM can not write into {BACKUP}."]),
        ({"remove": True}, ["SYSTEM can not delete in"]),
        ({"sid": "S-1-5-21-1-500"}, ["not run programs as SYSTEM"]),
        ({"read": True, "write": True}, ["can not read", "can not write"]),
    ],
)
def test_everything_that_would_not_work_is_told_at_once(database_server: FakeManager, played: dict[str, Any], told: list[str]) -> None:
    rehearsal = rehearse(database_server)
    plays(database_server, rehearsal, **played)
    with pytest.raises(PreconditionError) as caught:
        rehearsal.run()
    assert caught.value.code == "rehearsal_failed"
    problems = caught.value.evidence["problems"]
    assert len(problems) == len(told)
    assert all(text in problem for text, problem in zip(told, problems, strict=True))


@pytest.mark.parametrize(
    "error",
    [
        CommandError("No.", code="task_not_started"),
        UnknownOutcomeError("Gone.", code="job_lost"),
        ConnectionLostError("Gone.", code="controller_gone"),
    ],
)
def test_a_program_that_can_not_run_is_told_as_it_is(
    database_server: FakeManager, monkeypatch: pytest.MonkeyPatch, error: CommandError
) -> None:
    def fails(job: Any, argv: list[str], **options: Any) -> None:
        raise error

    monkeypatch.setattr(FakeJob, "start", fails)
    with pytest.raises(type(error)) as caught:
        rehearse(database_server).run()
    assert caught.value.code == error.code
    assert bool(database_server.lines) is (error.code != "controller_gone")


# In the connection's shell


def test_the_connections_account_reads_and_writes(database_server: FakeManager) -> None:
    before = database_server.picture()
    assert rehearse(database_server, **SHELL).run() == ["shell"]
    assert database_server.picture()["files"] == before["files"]


def test_what_the_connections_account_can_not_do_is_told(database_server: FakeManager, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str, data: bytes, **options: Any) -> None:
        raise CommandError(f"Could not write {path}.", code="file_operation_failed")

    monkeypatch.setattr(database_server, "write_file", refuse)
    with pytest.raises(PreconditionError) as caught:
        rehearse(database_server, media=r"D:\nothing", **SHELL).run()
    assert [problem.split(":")[0] for problem in caught.value.evidence["problems"]] == [
        "The account can not read D",
        "The account can not write into D",
    ]


def test_a_lost_connection_is_no_finding(database_server: FakeManager, monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(path: str, data: bytes, **options: Any) -> None:
        raise ConnectionLostError("Gone.", code="unreachable")

    monkeypatch.setattr(database_server, "write_file", lose)
    with pytest.raises(ConnectionLostError):
        rehearse(database_server, **SHELL).run()


def test_nothing_is_rehearsed_where_people_do_it_all(database_server: FakeManager) -> None:
    overrides: dict[str, Any] = {}
    for action in ("backup", "restore", "install", "uninstall", "setup_database"):
        overrides |= manual(action)
    assert rehearse(database_server, **overrides).run() == []
    assert database_server.requests == 0
