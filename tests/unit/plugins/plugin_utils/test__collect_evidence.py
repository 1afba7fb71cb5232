# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.jp1.itdm.plugins.module_utils._errors import CommandError, ConnectionLostError, UpgradeError
from ansible_collections.jp1.itdm.plugins.plugin_utils import _collect_evidence
from ansible_collections.jp1.itdm.plugins.plugin_utils._collect_evidence import Collector
from ansible_collections.jp1.itdm.tests.unit.plugins.fake_manager import INSTALL, LOG, FakeManager

RUN = "20260301T010000Z"
JOURNAL = r"C:\ProgramData\jp1_itdm_upgrade"
LOGS = INSTALL + r"\mgr\log"
UNREACHABLE = ConnectionLostError("JP1DB01 can not be reached.", code="unreachable")


@pytest.fixture
def world(database_server: FakeManager) -> FakeManager:
    """A server on which a run has left its traces."""
    database_server.add_file(LOG, b"setup failed\n")
    database_server.add_file(LOGS + r"\services.log", "起動\n".encode())
    database_server.add_file(LOGS + r"\ログ.log", b"by itself\n")
    database_server.add_file(LOGS + r"\empty.log", b"")
    database_server.add_file(LOGS + r"\data.bin", b"no log")
    database_server.add_file(rf"{JOURNAL}\runs\{RUN}\run.json", b"{}\n")
    database_server.add_file(rf"{JOURNAL}\jobs\{RUN}-install\output.txt", b"50 %\n")
    database_server.add_file(rf"{JOURNAL}\jobs\{RUN}-backup\stdin.txt", b"correct horse\n")
    database_server.add_file(rf"{JOURNAL}\lock\0123.json", b"{}\n")
    database_server.requests = 0
    return database_server


def collect(world: FakeManager, time_limit: float = 60, **overrides: Any) -> Collector:
    overrides = {"evidence__files": [r"{install_folder}\mgr\log\*.log"], **overrides}
    collector = Collector(world.product(**overrides), RUN, time_limit)
    collector.collect()
    return collector


def texts(collector: Collector) -> dict[str, str]:
    return {piece.path: piece.text for piece in collector.pieces}


def reasons(collector: Collector) -> dict[str, str]:
    return {missing.source: missing.reason for missing in collector.missing}


def test_everything_that_belongs_to_it_is_collected(world: FakeManager) -> None:
    before = world.picture()
    found = texts(collect(world))
    services = json.loads(found.pop("services.json"))
    assert [(service["name"], service["state"], service["start_type"]) for service in services] == [("Database", "running", "auto")]
    assert {"exit_code", "service_exit_code"} <= set(services[0])
    folder = "files/C/Program Files (x86)/Hitachi/jp1itdmm/mgr/log"
    assert found == {
        "files/C/Windows/Temp/setup.log": "setup failed\n",
        f"{folder}/services.log": "起動\n",
        f"{folder}/ログ.log": "by itself\n",
        f"{folder}/empty.log": "",
        f"journal/runs/{RUN}/run.json": "{}\n",
        f"journal/jobs/{RUN}-install/output.txt": "50 %\n",
        "event-log/System.txt": "Event[0]:\n",
    }
    assert world.picture() == before


def test_it_takes_few_questions(world: FakeManager) -> None:
    for number in range(60):
        world.add_file(rf"{JOURNAL}\runs\{RUN}\{number:06d}.json", b"{}\n")
    collector = collect(world)
    assert len(collector.pieces) > 60
    assert world.requests == 5  # what there is, the lists of logs, all texts, and the two event logs


def test_what_is_missing_is_named(world: FakeManager) -> None:
    found = reasons(collect(world, evidence__files=[r"{install_folder}\mgr\log\*.txt", r"D:\none\*.log", r"logs\*.log", "{version}.log"]))
    assert found[LOGS + r"\*.txt"] == "There is no such file."
    assert found[r"D:\none\*.log"] == "The folder does not exist."
    assert "absolute" in found[r"logs\*.log"]
    assert "version" in found["{version}.log"]
    assert found["event log Application"] == "wevtutil ended with exit code 98 and printed nothing."


def test_a_server_without_a_journal_has_logs_all_the_same(world: FakeManager) -> None:
    world.remove_folder(JOURNAL)
    collector = collect(world)
    assert reasons(collector)[JOURNAL] == "The folder does not exist."
    assert "event-log/System.txt" in texts(collector)


def test_a_product_that_is_gone_is_no_hindrance(world: FakeManager) -> None:
    world.entries = []
    found = texts(collect(world))
    assert f"journal/runs/{RUN}/run.json" in found
    assert "files/C/Windows/Temp/setup.log" in found


def test_of_a_long_log_the_end_is_taken(world: FakeManager) -> None:
    lines = b"".join(b"line %06d of a long log\n" % number for number in range(20_000))
    world.add_file(LOGS + r"\long.log", lines)
    (piece,) = [piece for piece in collect(world).pieces if piece.path.endswith("long.log")]
    assert piece.truncated
    assert piece.size == len(lines)
    assert len(piece.text) <= _collect_evidence.WHOLE_BYTES
    assert lines.decode().endswith(piece.text)
    assert piece.text.endswith("line 019999 of a long log\n")


def test_of_many_logs_the_newest_are_taken(world: FakeManager) -> None:
    for number in range(70):
        world.add_file(rf"D:\logs\{number}.log")
    collector = collect(world, evidence__files=[r"D:\logs\*.log"])
    assert len([path for path in texts(collector) if path.startswith("files/D/logs/")]) == 50
    assert len([source for source, reason in reasons(collector).items() if "50 newer files" in reason]) == 20


def test_a_log_that_two_patterns_name_is_taken_once(world: FakeManager) -> None:
    collector = collect(world, evidence__files=[r"C:\Windows\Temp\*.log", r"C:\Windows\Temp\s*"])
    assert [piece.source for piece in collector.pieces].count(LOG) == 1


def test_many_large_logs_take_several_questions(world: FakeManager) -> None:
    for number in range(12):
        world.add_file(rf"D:\logs\{number}.log", b"x" * 150_000)
    collector = collect(world, evidence__files=[r"D:\logs\*.log"])
    assert len([path for path in texts(collector) if path.startswith("files/D/logs/")]) == 12
    assert 6 <= world.requests <= 8


def test_a_log_in_utf_16_is_read_as_such(world: FakeManager) -> None:
    world.add_file(LOGS + r"\msi.log", "表ソ\r\n".encode("utf-16"))
    (piece,) = [piece for piece in collect(world).pieces if piece.path.endswith("msi.log")]
    assert piece.text == "表ソ\n"


def test_a_log_that_vanishes_meanwhile_is_named(world: FakeManager, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world, "_texts", lambda folder, names: {})
    assert reasons(collect(world))[LOG] == "It could not be read."


def test_a_server_that_can_not_be_reached_is_asked_once(world: FakeManager) -> None:
    world.silent = UNREACHABLE
    collector = collect(world)
    assert collector.pieces == []
    assert collector.lost == "JP1DB01 can not be reached."
    assert world.requests == 1
    assert set(reasons(collector).values()) == {"JP1DB01 can not be reached."}
    assert set(reasons(collector)) == {"services", JOURNAL, "event log System", "event log Application"}


def test_what_was_found_before_the_connection_broke_is_kept(world: FakeManager) -> None:
    ask = world.ask

    def once(**probes: Any) -> Any:
        answer = ask(**probes)
        world.silent = UNREACHABLE
        return answer

    world.ask = once  # type: ignore[method-assign]
    collector = collect(world)
    assert list(texts(collector)) == ["services.json"]
    assert reasons(collector)[LOG] == "JP1DB01 can not be reached."


def test_a_question_that_fails_hides_no_other(world: FakeManager, monkeypatch: pytest.MonkeyPatch) -> None:
    ask = world.ask

    def refuse(**probes: Any) -> Any:
        if "journal" in probes:
            raise CommandError("JP1DB01 did not answer.", code="probe_failed")
        return ask(**probes)

    monkeypatch.setattr(world, "ask", refuse)
    collector = collect(world)
    assert reasons(collector)[JOURNAL] == "JP1DB01 did not answer."
    assert "event-log/System.txt" in texts(collector)


def test_the_time_is_bounded(world: FakeManager, no_waiting: list[float]) -> None:
    ask = world.ask

    def slow(**probes: Any) -> Any:
        assert world.short_time_limit == 60 - sum(no_waiting)
        no_waiting.append(35)
        return ask(**probes)

    world.ask = slow  # type: ignore[method-assign]
    collector = collect(world)
    assert sum(no_waiting) == 70
    assert reasons(collector)[LOG] == "The time limit of 60 s was over."


def test_nobody_collects_for_a_controller_that_is_gone(world: FakeManager) -> None:
    world.silent = ConnectionLostError("Ended.", code="controller_gone")
    with pytest.raises(UpgradeError) as caught:
        collect(world)
    assert caught.value.code == "controller_gone"
