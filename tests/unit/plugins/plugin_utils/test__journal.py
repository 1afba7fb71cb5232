# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.jp1.itdm.plugins.module_utils._errors import OptionError, PreconditionError, UpgradeError
from ansible_collections.jp1.itdm.plugins.plugin_utils._journal import Journal, RecordRun
from ansible_collections.jp1.itdm.tests.unit.plugins.fake_manager import FakeManager
from ansible_collections.jp1.itdm.tests.unit.plugins.plugin_utils.test_every_step import JOURNAL, run
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

RUN_FILE = JOURNAL + r"\run.json"
OPENED: dict[str, Any] = {"target_version": "10-10", "state_before": {"records": 200}}


def journal(world: FakeManager) -> Journal:
    return Journal(world, JOURNAL)  # type: ignore[arg-type]


def record(world: FakeManager, state: str, run_id: str = "run1", **content: Any) -> dict[str, Any]:
    return run(RecordRun(journal(world), state, run_id, content))


def refused(world: FakeManager, code: str, *arguments: Any, **content: Any) -> None:
    before = world.picture()
    with pytest.raises(UpgradeError) as caught:
        record(world, *arguments, **content)
    assert caught.value.code == code
    assert world.picture() == before


def test_an_empty_folder_knows_no_run(database_server: FakeManager) -> None:
    assert journal(database_server).open_run() == {}
    assert journal(database_server).last_closed() == {}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.dictionaries(st.text(min_size=1).filter(lambda key: key not in ("schema", "run_id")), st.text()))
def test_what_was_written_is_read(database_server: FakeManager, content: dict[str, str]) -> None:
    database_server.files.clear()
    journal(database_server).write({**content, "run_id": "run1"})
    assert journal(database_server).open_run() == {**content, "run_id": "run1"}


def test_the_state_before_is_written_once(database_server: FakeManager) -> None:
    record(database_server, "opened", **OPENED)
    again = record(database_server, "opened", target_version="10-20", state_before={"records": 1})
    assert again["changed"] is False
    assert journal(database_server).open_run() == {**OPENED, "run_id": "run1"}


def test_notes_are_added_to_the_run(database_server: FakeManager) -> None:
    record(database_server, "opened", **OPENED)
    record(database_server, "noted", records_at_stop=205)
    record(database_server, "noted", records_at_stop=206, restoring=True)
    expected = {**OPENED, "run_id": "run1", "records_at_stop": 206, "restoring": True}
    assert journal(database_server).open_run() == expected


def test_a_note_that_is_there_changes_nothing(database_server: FakeManager) -> None:
    record(database_server, "opened", **OPENED)
    assert record(database_server, "noted", target_version="10-10")["changed"] is False
    assert record(database_server, "noted", target_version=None)["changed"] is True


def test_a_closed_run_is_kept_and_makes_room(database_server: FakeManager) -> None:
    record(database_server, "opened", **OPENED)
    record(database_server, "closed", end_state="SUCCEEDED")
    assert journal(database_server).open_run() == {}
    assert journal(database_server).last_closed() == {**OPENED, "run_id": "run1", "end_state": "SUCCEEDED"}
    assert record(database_server, "opened", "run2", **OPENED)["changed"] is True


def test_the_last_closed_run_is_the_youngest(database_server: FakeManager) -> None:
    for run_id in ("20260301T120000Z", "20260302T120000Z", "20260228T120000Z"):
        record(database_server, "opened", run_id, **OPENED)
        record(database_server, "closed", run_id)
    assert journal(database_server).last_closed()["run_id"] == "20260302T120000Z"


@pytest.mark.parametrize("state", ["opened", "noted", "closed"])
def test_another_run_that_is_open_is_left_alone(database_server: FakeManager, state: str) -> None:
    record(database_server, "opened", **OPENED)
    refused(database_server, "open_run", state, "run2", end_state="SUCCEEDED")


@pytest.mark.parametrize("state", ["opened", "noted", "closed"])
def test_a_run_has_a_name(database_server: FakeManager, state: str) -> None:
    with pytest.raises(OptionError, match="run_id"):
        record(database_server, state, "")


# A run that was closed, and is then rolled back on request


def test_a_closed_run_can_be_noted_in_again(database_server: FakeManager) -> None:
    record(database_server, "opened", **OPENED)
    record(database_server, "closed", end_state="SUCCEEDED")
    record(database_server, "noted", end_state="ROLLBACK_FAILED")
    expected = {**OPENED, "run_id": "run1", "end_state": "ROLLBACK_FAILED"}
    assert journal(database_server).open_run() == expected


def test_a_closed_run_can_end_differently(database_server: FakeManager) -> None:
    record(database_server, "opened", **OPENED)
    record(database_server, "closed", end_state="SUCCEEDED")
    assert record(database_server, "closed", end_state="ROLLED_BACK")["changed"] is True
    assert journal(database_server).open_run() == {}
    assert journal(database_server).last_closed() == {**OPENED, "run_id": "run1", "end_state": "ROLLED_BACK"}
    assert record(database_server, "closed", end_state="ROLLED_BACK")["changed"] is False


@pytest.mark.parametrize("state", ["noted", "closed"])
def test_a_run_that_was_never_opened_does_not_take_over_another_ones_state(database_server: FakeManager, state: str) -> None:
    refused(database_server, "unknown_run", state, "run2", end_state="BLOCKED")
    record(database_server, "opened", **OPENED)
    record(database_server, "closed", end_state="SUCCEEDED")
    refused(database_server, "unknown_run", state, "run2", end_state="BLOCKED")


# Damage


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "journal_damaged"),
        ("{", "journal_damaged"),
        ("[]", "journal_damaged"),
        ("5", "journal_damaged"),
        ("null", "journal_damaged"),
        ('{"schema": 1}', "journal_damaged"),
        ('{"run_id": "run1"}', "journal_damaged"),
        ('{"schema": 2, "run_id": "run1"}', "journal_schema_unknown"),
        ('{"schema": 1, "run_id": 5}', "journal_schema_unknown"),
    ],
)
@pytest.mark.parametrize("state", ["opened", "noted", "closed"])
def test_a_journal_that_can_not_be_read_is_kept(database_server: FakeManager, state: str, text: str, code: str) -> None:
    database_server.add_file(RUN_FILE, text.encode())
    refused(database_server, code, state, end_state="x")
    with pytest.raises(PreconditionError):
        journal(database_server).open_run()


def test_bytes_that_are_no_text_are_damage(database_server: FakeManager) -> None:
    database_server.add_file(RUN_FILE, b"\xff\xfe")
    refused(database_server, "journal_damaged", "noted")


def test_the_file_is_readable_json(database_server: FakeManager) -> None:
    record(database_server, "opened", note="ツール")
    text = database_server.files[RUN_FILE].decode()
    assert "ツール" in text
    assert json.loads(text)["schema"] == 1


def test_a_result_does_not_repeat_the_state_before(database_server: FakeManager) -> None:
    assert record(database_server, "opened", **OPENED)["after"] == {"run": {"run_id": "run1", "target_version": "10-10"}}
