# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
from datetime import date
from typing import Any

import pytest
from ansible_collections.jp1.itdm.plugins.module_utils._errors import ConnectionLostError, OptionError, UpgradeError
from ansible_collections.jp1.itdm.plugins.plugin_utils import _journal
from ansible_collections.jp1.itdm.tests.unit.plugins.fake_manager import FakeManager
from ansible_collections.jp1.itdm.tests.unit.plugins.journals import (
    FOLDER,
    HOLDER,
    LOCK,
    RUN,
    RUN_ID,
    TOKEN,
    entry_file,
    journal,
    lock,
    open_run,
    record,
    run_file,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

OTHER = "fedcba9876543210"
OLDER, NEWER = "20260201T120000Z", "20260401T120000Z"


def read(world: FakeManager) -> dict[str, Any]:
    """Return the newest run without what every run has."""
    run, _lock = journal(world).read()
    return {key: value for key, value in run.items() if key not in RUN and key not in ("opened", "updated")}


def entries(world: FakeManager, run_id: str = RUN_ID) -> list[dict[str, Any]]:
    return journal(world).documents(run_id)[1]


def refused(world: FakeManager, code: str, state: str, **wish: Any) -> UpgradeError:
    """Require that a step is refused, and that it leaves the server as it was."""
    before = world.picture()
    with pytest.raises(UpgradeError) as caught:
        record(world, state, **wish)
    assert caught.value.code == code
    assert world.picture() == before
    return caught.value


WISHES: dict[str, dict[str, Any]] = {"opened": {"content": RUN}, "noted": {"content": {"end_state": "PAUSED"}}}
WRITES = pytest.mark.parametrize("state", WISHES)


# Runs


def test_an_empty_folder_knows_no_run(database_server: FakeManager) -> None:
    assert journal(database_server).read() == ({}, {"held": False, "holder": {}, "holder_gone": None})
    assert journal(database_server).run_ids() == []


def test_a_run_is_what_was_written_when_it_was_opened(database_server: FakeManager) -> None:
    lock(database_server)
    assert record(database_server, "opened", content=RUN)["changed"] is True
    run, _lock = journal(database_server).read()
    assert run == {**RUN, "opened": run["opened"], "steps": {}, "position": 0, "updated": run["opened"]}


def test_the_state_before_is_written_once(database_server: FakeManager) -> None:
    open_run(database_server)
    written = database_server.files[run_file()]
    assert record(database_server, "opened", content={**RUN, "state_before": {"records": 1}})["changed"] is False
    assert database_server.files[run_file()] == written


def test_a_run_that_goes_on_is_open(database_server: FakeManager) -> None:
    open_run(database_server, stopped_at="x")
    run, _lock = journal(database_server).read()
    assert record(database_server, "opened", content=run)["changed"] is False


def test_notes_are_entries_that_are_only_added(database_server: FakeManager) -> None:
    open_run(database_server, records_at_stop=205)
    first = database_server.files[entry_file(1)]
    result = record(database_server, "noted", content={"records_at_stop": 206, "restoring": True}, steps={"stop": "done"})
    assert result["after"]["position"] == 2
    assert database_server.files[entry_file(1)] == first
    seen = read(database_server)
    assert (seen["records_at_stop"], seen["restoring"], seen["position"]) == (206, True, 2)
    assert seen["steps"]["stop"]["state"] == "done"
    assert result["after"]["documents"] == {"run": journal(database_server).documents(RUN_ID)[0], "entries": entries(database_server)}


def test_an_entry_says_when_and_by_whom_it_was_made(database_server: FakeManager) -> None:
    open_run(database_server)
    record(database_server, "noted", steps={"stop": "failed"}, evidence={"exit_code": 5})
    (entry,) = entries(database_server)
    assert entry["holder"] == TOKEN
    assert entry["controller"]
    assert entry["time"].endswith("+00:00")
    assert entry["evidence"] == {"exit_code": 5}


def test_what_is_there_is_not_noted_again(database_server: FakeManager) -> None:
    open_run(database_server, stopped_at="x")
    assert record(database_server, "noted", content={"stopped_at": "x"})["changed"] is False
    assert record(database_server, "noted", content={"other": None})["changed"] is True
    assert record(database_server, "noted")["changed"] is False


def test_a_second_failure_of_a_step_is_another_one(database_server: FakeManager) -> None:
    open_run(database_server)
    for evidence in ({"exit_code": 5}, {"exit_code": 6}, {"exit_code": 5}):
        wish: dict[str, Any] = {"steps": {"stop": "failed"}, "evidence": evidence}
        assert record(database_server, "noted", **wish)["changed"] is True
        assert record(database_server, "noted", **wish)["changed"] is False
    assert [entry["evidence"]["exit_code"] for entry in entries(database_server)] == [5, 6, 5]


def test_evidence_alone_is_noted(database_server: FakeManager) -> None:
    open_run(database_server)
    assert record(database_server, "noted", evidence={"code": "installer_running"})["changed"] is True


NOTES = st.dictionaries(
    st.text(min_size=1).filter(lambda key: key not in {*RUN, "opened", "steps", "position", "updated", "schema"}),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=5,
    ),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(NOTES)
def test_what_was_noted_is_read(database_server: FakeManager, notes: dict[str, Any]) -> None:
    database_server.files.clear()
    database_server.folders.clear()
    open_run(database_server, **notes)
    seen = read(database_server)
    assert {key: seen[key] for key in notes} == notes
    assert all(data.isascii() and data.endswith(b"}\r\n") for name, data in database_server.files.items() if name.endswith(".json"))


def test_the_newest_run_counts(database_server: FakeManager) -> None:
    for run_id in (OLDER, RUN_ID, NEWER):
        open_run(database_server, run_id)
    assert journal(database_server).read()[0]["run_id"] == NEWER
    assert journal(database_server).run_ids() == [OLDER, RUN_ID, NEWER]


def test_a_run_that_died_before_it_was_opened_hides_no_other(database_server: FakeManager) -> None:
    open_run(database_server, end_state="SUCCEEDED")
    database_server.make_folder(rf"{FOLDER}\runs\{NEWER}\entries")
    database_server.make_folder(rf"{FOLDER}\runs\copy of {RUN_ID}")
    assert journal(database_server).read()[0]["run_id"] == RUN_ID
    assert record(database_server, "pruned", keep=1)["changed"] is False


def test_a_run_of_a_clock_behind_would_not_be_found_again(database_server: FakeManager) -> None:
    open_run(database_server, NEWER)
    error = refused(database_server, "newer_run", "opened", content=RUN)
    assert NEWER in error.message


@pytest.mark.parametrize("key", ["management_server", "database_server", "target_version", "backup_folder"])
def test_a_run_of_the_same_name_is_not_taken_for_ones_own(database_server: FakeManager, key: str) -> None:
    open_run(database_server)
    refused(database_server, "journal_foreign", "opened", content={**RUN, key: "other"})


def test_the_journal_of_another_server_is_foreign(database_server: FakeManager) -> None:
    open_run(database_server)
    database_server.name = "JP1DB02"
    with pytest.raises(UpgradeError, match="JP1DB01") as caught:
        journal(database_server).read()
    assert caught.value.code == "journal_foreign"
    refused(database_server, "journal_foreign", "noted", content={"x": 1})


def test_only_a_run_that_was_opened_can_be_noted_in(database_server: FakeManager) -> None:
    open_run(database_server)
    refused(database_server, "unknown_run", "noted", run_id=NEWER, content={"end_state": "BLOCKED"})


def test_check_mode_knows_that_the_run_is_opened_before(database_server: FakeManager) -> None:
    lock(database_server)
    result = record(database_server, "noted", check_mode=True, content={"x": 1})
    assert len(result["not_evaluated"]) == 1
    assert result["after"]["documents"] == {"run": {}, "entries": []}


# Options


@pytest.mark.parametrize(
    ("state", "wish", "told"),
    [
        ("opened", {"run_id": "", "content": RUN}, "run_id: it is needed"),
        ("opened", {"token": "", "content": RUN}, "token: it is needed"),
        ("opened", {}, "content: it is needed"),
        ("opened", {"run_id": "run1", "content": RUN}, "'run1' is no time"),
        ("opened", {"run_id": "..\\..\\x", "content": RUN}, "is no time"),
        ("opened", {"content": {"target_version": "10-10"}}, "content: it lacks management_server"),
        ("opened", {"content": {**RUN, "state_before": "x"}}, "content: it lacks state_before"),
        ("opened", {"content": {**RUN, "steps": {}, "position": 3}}, "content: it has steps, position"),
        ("noted", {"run_id": "run1"}, "'run1' is no time"),
        ("noted", {"token": "", "content": {"x": 1}}, "token: it is needed"),
        ("noted", {"token": "..\\x", "content": {"x": 1}}, "token: "),
        ("noted", {"steps": {"stop": "finished"}}, "stop has the unknown state 'finished'"),
        ("noted", {"steps": {"stop": ["done"]}}, "unknown state"),
        ("noted", {"content": {(1, 2): 3}}, "content: it can not be written"),
        ("noted", {"evidence": {"x": {(1, 2): 3}}}, "evidence: it can not be written"),
        ("mirrored", {}, "content: it is needed"),
        ("locked", {}, "doing: it is needed"),
        ("unlocked", {"token": ""}, "token: it is needed"),
        ("pruned", {"token": ""}, "token: it is needed"),
    ],
)
def test_wrong_options_are_refused(database_server: FakeManager, state: str, wish: dict[str, Any], told: str) -> None:
    lock(database_server)
    assert told in refused(database_server, "bad_option", state, **wish).message


@pytest.mark.parametrize("key", [*RUN, "opened", "steps", "position", "updated", "schema"])
def test_what_was_written_once_is_not_noted_anew(database_server: FakeManager, key: str) -> None:
    open_run(database_server)
    assert key in refused(database_server, "bad_option", "noted", content={key: "other"}).message


def test_what_yaml_knows_and_json_does_not_is_written_as_text(database_server: FakeManager) -> None:
    open_run(database_server, day=date(2026, 3, 1))
    assert read(database_server)["day"] == "2026-03-01"
    assert record(database_server, "noted", content={"day": date(2026, 3, 1)})["changed"] is False


# Damage, which is refused, and of which nothing is overwritten

DAMAGE = pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"", "journal_damaged"),
        (b"\0\0\0\0", "journal_damaged"),
        (b"{", "journal_damaged"),
        (b"\xff\xfe", "journal_damaged"),
        (b"[]", "journal_damaged"),
        (b"5", "journal_damaged"),
        (b"null", "journal_damaged"),
        (b"[" * 100_000, "journal_damaged"),
        (b'{"schema": 1, "run_id": "%s"}' % RUN_ID.encode(), "journal_damaged"),
        (b'{"schema": 1, "run_id": "20260101T000000Z"}', "journal_foreign"),
        (b'{"schema": 1, "run_id": 5}', "journal_foreign"),
        (b'{"run_id": "%s"}' % RUN_ID.encode(), "journal_schema_unknown"),
        (b'{"schema": 2, "run_id": "%s"}' % RUN_ID.encode(), "journal_schema_unknown"),
        (b'{"schema": [1], "run_id": "%s"}' % RUN_ID.encode(), "journal_schema_unknown"),
    ],
    ids=range(14),
)


@DAMAGE
@WRITES
def test_a_run_that_can_not_be_read_is_kept(database_server: FakeManager, state: str, text: bytes, code: str) -> None:
    open_run(database_server)
    database_server.add_file(run_file(), text)
    refused(database_server, code, state, **WISHES[state])
    with pytest.raises(UpgradeError) as caught:
        journal(database_server).read()
    assert caught.value.code == code


@DAMAGE
@WRITES
@pytest.mark.parametrize("position", [1, 2])
def test_an_entry_that_can_not_be_read_is_kept(database_server: FakeManager, state: str, text: bytes, code: str, position: int) -> None:
    open_run(database_server, x=1)
    record(database_server, "noted", content={"x": 2})
    database_server.add_file(entry_file(position), text)
    error = refused(database_server, code, state, **WISHES[state])
    assert entry_file(position) in error.message


def test_a_missing_document_is_damage(database_server: FakeManager) -> None:
    open_run(database_server, x=1)
    database_server.remove_file(run_file())
    assert "it is missing" in refused(database_server, "journal_damaged", "noted", content={"x": 2}).message


def test_a_missing_entry_is_damage_unless_it_is_the_last(database_server: FakeManager) -> None:
    open_run(database_server, x=1)
    record(database_server, "noted", content={"x": 2})
    record(database_server, "noted", content={"x": 3})
    database_server.remove_file(entry_file(3))
    assert read(database_server)["x"] == 2
    database_server.remove_file(entry_file(1))
    assert "000001.json is missing" in refused(database_server, "journal_damaged", "noted", content={"x": 4}).message


def test_what_a_power_loss_tore_can_be_put_aside(database_server: FakeManager) -> None:
    open_run(database_server, x=1)
    record(database_server, "noted", content={"x": 2})
    database_server.add_file(entry_file(2), b"\0\0\0")
    assert "ends with .torn" in refused(database_server, "journal_damaged", "noted", content={"x": 3}).remedy
    database_server.move(entry_file(2), entry_file(2) + ".torn")
    record(database_server, "noted", content={"x": 3})
    assert (read(database_server)["x"], read(database_server)["position"]) == (3, 2)
    assert database_server.files[entry_file(2) + ".torn"] == b"\0\0\0"


def test_a_run_that_was_torn_when_it_was_opened_may_be_deleted(database_server: FakeManager) -> None:
    open_run(database_server)
    database_server.add_file(run_file(), b"")
    assert "delete the run's folder" in refused(database_server, "journal_damaged", "opened", content=RUN).remedy
    database_server.add_file(entry_file(1), b"x")
    assert "delete" not in refused(database_server, "journal_damaged", "opened", content=RUN).remedy


# The lock


def test_the_lock_is_taken_once(database_server: FakeManager) -> None:
    result = record(database_server, "locked", doing="upgrade", token="")
    token = result["after"]["token"]
    assert result["changed"] is True
    assert f"{LOCK}\\{token}.json" in database_server.files
    holder = journal(database_server).lock()["holder"]
    assert (holder["token"], holder["doing"], holder["process"]["pid"]) == (token, "upgrade", os.getppid())
    error = refused(database_server, "locked", "locked", doing="commit")
    assert f"upgrade on {holder['controller']}, since {holder['since']}" in error.message
    assert error.evidence["holder"]["token"] == token


def test_check_mode_takes_no_lock(database_server: FakeManager) -> None:
    before = database_server.picture()
    assert record(database_server, "locked", check_mode=True, doing="upgrade")["changed"] is True
    assert database_server.picture() == before


def test_the_lock_is_given_back_by_its_holder_only(database_server: FakeManager) -> None:
    lock(database_server)
    assert record(database_server, "unlocked", token=OTHER)["changed"] is False
    assert journal(database_server).lock()["held"] is True
    journal(database_server).give_back(OTHER)
    assert journal(database_server).lock()["held"] is True
    assert record(database_server, "unlocked")["changed"] is True
    assert journal(database_server).lock()["held"] is False
    assert record(database_server, "unlocked")["changed"] is False


def test_a_lock_that_nobody_has_signed_is_free(database_server: FakeManager) -> None:
    database_server.make_folder(LOCK)
    found = journal(database_server).lock()
    assert found == {"held": True, "holder": {}, "holder_gone": None}
    refused(database_server, "locked", "locked", doing="upgrade")
    assert record(database_server, "locked", doing="upgrade", take_over_from=found)["changed"] is True


def test_a_lock_is_taken_over_from_the_one_who_was_judged(database_server: FakeManager) -> None:
    lock(database_server, OTHER)
    found = journal(database_server).lock()
    result = record(database_server, "locked", doing="upgrade", take_over_from=found)
    assert result["evidence"]["taken_over_from"]["token"] == OTHER
    assert journal(database_server).lock()["holder"]["token"] == result["after"]["token"]
    refused(database_server, "locked", "locked", doing="upgrade", take_over_from=found)


def test_a_takeover_is_recorded_in_the_journal(database_server: FakeManager) -> None:
    open_run(database_server, x=1)
    found = journal(database_server).lock()
    token = record(database_server, "locked", doing="rollback", take_over_from=found, position=1)["after"]["token"]
    entry = entries(database_server)[-1]
    assert entry["holder"] == token
    assert entry["evidence"] == {"taken_over_from": {**HOLDER, "token": TOKEN}, "by": "rollback"}
    assert read(database_server)["x"] == 1


def test_two_at_the_same_time_are_both_seen(database_server: FakeManager) -> None:
    """The later one is about to step back."""
    lock(database_server)
    later = {**HOLDER, "schema": 1, "token": OTHER, "since": "2026-03-01T12:00:01.000+00:00"}
    database_server.add_file(f"{LOCK}\\{OTHER}.json", json.dumps(later).encode())
    assert journal(database_server).lock()["holder"]["token"] == TOKEN


@pytest.mark.parametrize("gone", [True, False, None])
def test_whether_the_holder_lives_is_looked_at(database_server: FakeManager, monkeypatch: pytest.MonkeyPatch, gone: bool | None) -> None:
    lock(database_server, process={"pid": 7})
    monkeypatch.setattr(_journal, "is_gone", lambda process: gone if process == {"pid": 7} else "another process")
    assert journal(database_server).lock()["holder_gone"] is gone


@pytest.mark.parametrize("position", [0, 2])
def test_a_holder_who_still_writes_keeps_the_lock(database_server: FakeManager, position: int) -> None:
    open_run(database_server, x=1)
    found = journal(database_server).lock()
    refused(database_server, "journal_moved", "locked", doing="upgrade", take_over_from=found, position=position)
    refused(database_server, "journal_moved", "locked", doing="upgrade", take_over_from=found, position=1, run_id=NEWER)
    assert record(database_server, "locked", doing="upgrade", take_over_from=found, position=1)["changed"] is True


def test_an_entry_that_comes_while_the_lock_is_taken_over_is_seen(database_server: FakeManager) -> None:
    open_run(database_server, x=1)
    found = journal(database_server).lock()

    def orphan_writes(path: str) -> None:
        database_server.before_change = lambda path: None
        record(database_server, "noted", content={"x": 2})

    database_server.before_change = orphan_writes
    with pytest.raises(UpgradeError) as caught:
        record(database_server, "locked", doing="upgrade", take_over_from=found, position=1)
    assert caught.value.code == "journal_moved"
    assert journal(database_server).lock()["held"] is False
    assert read(database_server)["x"] == 2


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "lock_damaged"),
        ("{", "lock_damaged"),
        ("[]", "lock_damaged"),
        (json.dumps({"schema": 1}), "lock_damaged"),
        (json.dumps({**HOLDER, "schema": 1, "since": 5}), "lock_damaged"),
        (json.dumps({**HOLDER, "schema": 1, "process": "7"}), "lock_damaged"),
        (json.dumps({**HOLDER, "schema": 1, "token": OTHER}), "lock_damaged"),
        (json.dumps({**HOLDER, "schema": 2}), "lock_schema_unknown"),
    ],
)
@pytest.mark.parametrize("state", ["locked", "unlocked"])
def test_a_lock_that_can_not_be_read_is_respected(database_server: FakeManager, state: str, text: str, code: str) -> None:
    database_server.add_file(f"{LOCK}\\{TOKEN}.json", text.encode())
    with pytest.raises(UpgradeError) as caught:
        journal(database_server).read()
    assert caught.value.code == code
    refused(database_server, code, state, doing="upgrade")


# Whoever has lost the lock


@WRITES
def test_who_has_lost_the_lock_writes_nothing(database_server: FakeManager, state: str) -> None:
    if state == "noted":
        open_run(database_server)
    else:
        lock(database_server)
    found = journal(database_server).lock()
    lock_of_other = record(database_server, "locked", doing="rollback", take_over_from=found)["after"]["token"]
    error = refused_but_for_folders(database_server, state)
    assert error.failure_class == "operator_needed"
    assert "rollback on" in error.message
    assert error.evidence["holder"]["token"] == lock_of_other


@WRITES
@pytest.mark.parametrize("left", [b"{", None])
def test_a_lost_lock_is_told_whatever_became_of_it(database_server: FakeManager, state: str, left: bytes | None) -> None:
    open_run(database_server)
    database_server.remove_folder(LOCK)
    if left is not None:
        database_server.add_file(f"{LOCK}\\{OTHER}.json", left)
    if state == "opened":
        database_server.remove_folder(rf"{FOLDER}\runs")
    assert "it is gone" in refused_but_for_folders(database_server, state).message


def refused_but_for_folders(world: FakeManager, state: str) -> UpgradeError:
    before = dict(world.files)
    with pytest.raises(UpgradeError) as caught:
        record(world, state, **WISHES[state])
    assert caught.value.code == "lock_lost"
    assert world.files == before
    return caught.value


def test_who_has_lost_the_lock_deletes_nothing(database_server: FakeManager) -> None:
    open_run(database_server, OLDER)
    open_run(database_server)
    refused(database_server, "lock_lost", "pruned", token=OTHER, keep=1)


@WRITES
def test_nothing_is_written_where_somebody_has_written(database_server: FakeManager, state: str) -> None:
    if state == "noted":
        open_run(database_server)
    else:
        lock(database_server)
    taken = entry_file(1) if state == "noted" else run_file()

    def other_writes(path: str) -> None:
        database_server.before_change = lambda path: None
        database_server.add_file(taken, b"theirs")

    database_server.before_change = other_writes
    with pytest.raises(UpgradeError) as caught:
        record(database_server, state, **WISHES[state])
    assert caught.value.code == "journal_moved"
    assert database_server.files[taken] == b"theirs"


def test_an_entry_whose_answer_was_lost_is_there_once(database_server: FakeManager, monkeypatch: pytest.MonkeyPatch) -> None:
    open_run(database_server)
    write = FakeManager.write_file
    wish: dict[str, Any] = {"content": {"x": 1}, "evidence": {"exit_code": 0}}

    def lose(self: FakeManager, path: str, data: bytes, **options: Any) -> None:
        write(self, path, data, **options)
        raise ConnectionLostError("Gone.", code="answer_lost")

    with monkeypatch.context() as patch:
        patch.setattr(FakeManager, "write_file", lose)
        assert record(database_server, "noted", **wish)["changed"] is True
    assert record(database_server, "noted", **wish)["changed"] is False
    assert len(entries(database_server)) == 1


def test_what_the_last_note_returned_is_not_read_again(database_server: FakeManager, monkeypatch: pytest.MonkeyPatch) -> None:
    open_run(database_server)
    documents = record(database_server, "noted", content={"x": 1})["after"]["documents"]
    with monkeypatch.context() as patch:
        patch.setattr(_journal.Journal, "documents", lambda *_: pytest.fail("it was read"))
        again = record(database_server, "noted", content={"x": 1}, documents=documents)
        more = record(database_server, "noted", content={"x": 2}, documents=documents)
    assert (again["changed"], more["changed"]) == (False, True)
    assert (read(database_server)["x"], read(database_server)["position"]) == (2, 2)
    run, noted = journal(database_server).documents(RUN_ID)
    assert more["after"]["documents"] == {"run": run, "entries": noted}


@pytest.mark.parametrize("documents", [{}, {"run": {"run_id": OLDER}, "entries": []}, {"entries": [{}]}])
def test_documents_of_another_run_do_not_count(database_server: FakeManager, documents: dict[str, Any]) -> None:
    open_run(database_server, x=1)
    assert record(database_server, "noted", content={"x": 2}, documents=documents)["after"]["position"] == 2


def test_an_entry_that_was_not_known_is_not_overwritten(database_server: FakeManager) -> None:
    open_run(database_server)
    documents = record(database_server, "noted", content={"x": 1})["after"]["documents"]
    record(database_server, "noted", content={"x": 2})
    refused(database_server, "journal_moved", "noted", content={"x": 3}, documents=documents)


# Copies, and old runs


def test_a_copy_is_kept_on_the_other_server(management_server: FakeManager) -> None:
    for x in (1, 2):
        record(management_server, "mirrored", content={"run": RUN, "entries": [x], "schema": 9}, token="")
    kept = json.loads(management_server.files[rf"{FOLDER}\mirror\{RUN_ID}.json"])
    assert kept == {"schema": 1, "run": RUN, "entries": [2]}


@pytest.mark.parametrize(("keep", "kept"), [(5, 3), (3, 3), (2, 2), (1, 1), (0, 1), (-1, 1)])
def test_old_runs_are_deleted_and_the_newest_never(database_server: FakeManager, keep: int, kept: int) -> None:
    runs = [OLDER, RUN_ID, NEWER]
    for run_id in runs:
        open_run(database_server, run_id, x=1)
    assert record(database_server, "pruned", keep=keep)["changed"] is (kept < 3)
    assert journal(database_server).run_ids() == runs[-kept:]
    assert not [name for name in database_server.files if OLDER in name] or kept == 3


@pytest.mark.parametrize("name", ["x", "run1", "20260301T120000", "20260301T120000Z ", "2026-03-01T12:00:00Z", "２0260301T120000Z"])
def test_a_run_has_the_name_of_a_time(database_server: FakeManager, name: str) -> None:
    lock(database_server)
    with pytest.raises(OptionError, match="run_id"):
        record(database_server, "opened", run_id=name, content=RUN)
