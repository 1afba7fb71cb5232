# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from ansible_collections.jp1.itdm.plugins.module_utils import _journal_format as form
from ansible_collections.jp1.itdm.plugins.module_utils._errors import OptionError, PreconditionError, UpgradeError
from ansible_collections.jp1.itdm.tests.unit.plugins.journals import HOLDER, RUN, RUN_ID, TOKEN
from hypothesis import given
from hypothesis import strategies as st

OTHER_ID = "20260201T120000Z"
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=4
)
NOTES = st.dictionaries(st.text(), VALUES, max_size=4)
STEPS = st.dictionaries(st.sampled_from([*form.STEPS, "rollback.stop_services"]), st.sampled_from(form.STEP_STATES), max_size=3)
WISHES = st.lists(st.tuples(NOTES, STEPS, NOTES), max_size=5)


def make_entries(wishes: list[tuple[dict[str, Any], dict[str, str], dict[str, Any]]], run_id: str = RUN_ID) -> list[dict[str, Any]]:
    return [
        form.new_entry(run_id, position, f"2026-03-01T12:00:{position:02d}+00:00", TOKEN, notes=notes, steps=steps, evidence=evidence)
        for position, (notes, steps, evidence) in enumerate(wishes, start=1)
    ]


def written(entries: list[dict[str, Any]]) -> dict[str, str]:
    return {form.entry_name(entry["position"]): form.dump(entry).decode("ascii") for entry in entries}


def parse(files: dict[str, str]) -> list[dict[str, Any]]:
    return form.parse_entries("F", files, RUN_ID)


# Round trips


@given(WISHES)
def test_entries_are_read_as_they_were_written(wishes: Any) -> None:
    entries = make_entries(wishes)
    assert parse(written(entries)) == entries


@given(NOTES)
def test_a_document_is_one_line_of_ascii(document: dict[str, Any]) -> None:
    line = form.dump(document)
    assert line.endswith(b"}\r\n")
    assert line.count(b"\n") == 1
    assert json.loads(line) == {**document, "schema": 1}


@given(NOTES)
def test_a_run_is_read_as_it_was_written(more: dict[str, Any]) -> None:
    run = {**{key: value for key, value in more.items() if key != "schema"}, **RUN}
    if form.run_problem(run):
        assert set(run) & {"steps", "position", "updated"}
    else:
        assert form.parse_run("F\\run.json", form.dump(run).decode(), RUN_ID) == run


def test_the_same_document_is_always_the_same_line() -> None:
    assert form.dump({"b": 1, "a": 2}) == form.dump({"a": 2, "b": 1})


def test_what_is_no_plain_data_becomes_text() -> None:
    assert form.plain("content", {"since": date(2026, 3, 1)}) == {"since": "2026-03-01"}


@given(VALUES)
def test_plain_data_stays_as_it_is(value: Any) -> None:
    assert form.plain("content", {"x": value}) == {"x": value}


@pytest.mark.parametrize("value", [{(1, 2): 3}, {"x": {b"y": 1}}])
def test_what_json_does_not_know_is_refused(value: Any) -> None:
    with pytest.raises(OptionError, match="evidence"):
        form.plain("evidence", value)


def test_a_value_in_itself_is_refused() -> None:
    value: dict[str, Any] = {}
    value["x"] = value
    with pytest.raises(OptionError):
        form.plain("content", value)


# What a journal says


@given(WISHES)
def test_the_last_word_counts(wishes: Any) -> None:
    entries = make_entries(wishes)
    folded = form.fold(RUN, entries)
    for key in {key for notes, _steps, _evidence in wishes for key in notes} - {*RUN, "steps", "position", "updated"}:
        assert folded[key] == next(notes[key] for notes, _steps, _evidence in reversed(wishes) if key in notes)
    for step in {step for _notes, steps, _evidence in wishes for step in steps}:
        last = next(entry for entry in reversed(entries) if step in entry["steps"])
        assert folded["steps"][step] == {"state": last["steps"][step], "since": last["time"]}
    assert folded["position"] == len(entries)
    assert folded["updated"] == (entries[-1]["time"] if entries else "")


@given(WISHES)
def test_what_was_written_once_is_never_replaced(wishes: Any) -> None:
    notes = dict.fromkeys([*RUN, "steps", "position"], "other")
    folded = form.fold(RUN, make_entries([*wishes, (notes, {}, {})]))
    assert {key: folded[key] for key in RUN} == RUN
    assert folded["steps"] != "other"
    assert folded["position"] == len(wishes) + 1


@given(WISHES, st.integers(0, 5))
def test_a_journal_only_grows(wishes: Any, count: int) -> None:
    entries = make_entries(wishes)
    before, after = form.fold(RUN, entries[:count]), form.fold(RUN, entries)
    assert set(before["steps"]) <= set(after["steps"])
    assert before["position"] <= after["position"]


@given(WISHES)
def test_steps_are_found_by_their_state(wishes: Any) -> None:
    run = form.fold(RUN, make_entries(wishes))
    assert sorted(form.states_in(run, *form.STEP_STATES)) == sorted(run["steps"])
    assert form.states_in(run) == []
    assert all(run["steps"][step]["state"] == "running" for step in form.states_in(run, "running"))


def test_no_run_has_no_steps() -> None:
    assert form.states_in({}, "running") == []


@pytest.mark.parametrize(
    ("run", "is_open"),
    [
        ({}, False),
        ({"run_id": RUN_ID}, True),
        ({"end_state": None}, True),
        ({"end_state": "SUCCEEDED"}, False),
        ({"end_state": "ROLLED_BACK"}, False),
        ({"end_state": "SUCCEEDED", "rolling_back": False}, False),
        ({"end_state": "SUCCEEDED", "rolling_back": True}, True),
        *(({"end_state": state}, True) for state in ("PAUSED", "NEEDS_OPERATOR", "ROLLBACK_FAILED", "BLOCKED")),
    ],
)
def test_a_run_is_open_until_it_has_ended_well(run: dict[str, Any], is_open: bool) -> None:
    assert form.is_open(run) is is_open


@pytest.mark.parametrize(
    ("name", "good"), [(RUN_ID, True), ("", False), (RUN_ID + "\n", False), ("2026", False), ("٢" * 8 + RUN_ID[8:], False)]
)
def test_the_name_of_a_run_is_a_time(name: str, good: bool) -> None:
    assert form.is_run_id(name) is good


# Damage


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "it is missing"),
        ("", "it is empty"),
        (" \r\n", "it is empty"),
        ("[]", "it is no JSON object"),
        ("{", "Expecting property name"),
    ],
)
@pytest.mark.parametrize("alone", [True, False])
def test_a_run_that_can_not_be_read_says_why(text: str | None, why: str, alone: bool) -> None:
    with pytest.raises(PreconditionError) as caught:
        form.parse_run("F\\run.json", text, RUN_ID, alone=alone)
    assert caught.value.code == "journal_damaged"
    assert caught.value.message.startswith(f"F\\run.json can not be read: {why}")
    # what was torn when the run was opened may go; behind it nothing may
    assert ("delete" in caught.value.remedy.lower()) is (alone and text is not None)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"backup_folder": None}, "it lacks backup_folder"),
        ({"state_before": 5}, "it lacks state_before"),
        ({"steps": {}, "position": 1}, "it has steps, position, which only entries have"),
    ],
)
def test_a_run_that_is_none_says_why(wrong: dict[str, Any], why: str) -> None:
    with pytest.raises(PreconditionError) as caught:
        form.parse_run("F\\run.json", form.dump({**RUN, **wrong}).decode(), RUN_ID)
    assert caught.value.message == f"F\\run.json can not be read: {why}."


@given(WISHES.filter(lambda wishes: len(wishes) > 1), st.data())
def test_a_gap_is_damage(wishes: Any, data: Any) -> None:
    files = written(make_entries(wishes))
    gone = data.draw(st.sampled_from(sorted(files)[:-1]))
    del files[gone]
    with pytest.raises(PreconditionError, match=rf"{gone} is missing") as caught:
        parse(files)
    assert caught.value.code == "journal_damaged"


@given(WISHES.filter(bool), st.data())
def test_a_torn_entry_is_damage(wishes: Any, data: Any) -> None:
    files = written(make_entries(wishes))
    name = data.draw(st.sampled_from(sorted(files)))
    files[name] = files[name][: data.draw(st.integers(0, len(files[name]) - 4))]
    with pytest.raises(PreconditionError, match=name) as caught:
        parse(files)
    assert caught.value.code == "journal_damaged"
    assert (".torn" in caught.value.remedy) == (name == max(files))


@given(WISHES.filter(bool), st.data())
def test_an_entry_of_another_run_is_foreign(wishes: Any, data: Any) -> None:
    files = written(make_entries(wishes))
    name = data.draw(st.sampled_from(sorted(files)))
    files[name] = written(make_entries(wishes, OTHER_ID))[name]
    with pytest.raises(PreconditionError, match=OTHER_ID) as caught:
        parse(files)
    assert caught.value.code == "journal_foreign"


@given(WISHES.filter(lambda wishes: len(wishes) > 1), st.data())
def test_an_entry_in_the_place_of_another_is_damage(wishes: Any, data: Any) -> None:
    files = written(make_entries(wishes))
    one, other = data.draw(st.permutations(sorted(files)))[:2]
    files[one] = files[other]
    with pytest.raises(PreconditionError, match="no entry of this place"):
        parse(files)


@pytest.mark.parametrize("name", ["000001.JSON", "1.json", "notes.json", "000001 - Copy.json"])
def test_a_file_that_is_no_entry_is_damage(name: str) -> None:
    with pytest.raises(PreconditionError) as caught:
        parse({name: form.dump(make_entries([({}, {}, {})])[0]).decode()})
    assert caught.value.code == "journal_damaged"


@pytest.mark.parametrize("schema", [0, 2, "1", None, 1.5, [1]])
@pytest.mark.parametrize("what", ["run", "entry", "lock"])
def test_another_schema_is_refused_and_named(schema: Any, what: str) -> None:
    document = {"run": RUN, "entry": make_entries([({}, {}, {})])[0], "lock": HOLDER}[what]
    text = json.dumps({**document, "schema": schema})
    with pytest.raises(PreconditionError, match="schema") as caught:
        if what == "run":
            form.parse_run("F\\run.json", text, RUN_ID)
        elif what == "entry":
            parse({"000001.json": text})
        else:
            form.parse_holder(f"F\\{TOKEN}.json", text)
    assert caught.value.code == ("lock_schema_unknown" if what == "lock" else "journal_schema_unknown")


@pytest.mark.parametrize(
    "wrong",
    [
        {"position": 2},
        {"position": "1"},
        {"time": None},
        {"time": 5},
        {"steps": []},
        {"notes": "x"},
        {"steps": {"stop": "finished"}},
        {"steps": {"stop": ["done"]}},
        {"steps": {"stop": None}},
    ],
)
def test_an_entry_has_its_form(wrong: dict[str, Any]) -> None:
    entry = {**make_entries([({}, {}, {})])[0], **wrong}
    with pytest.raises(PreconditionError) as caught:
        parse({"000001.json": form.dump(entry).decode()})
    assert caught.value.code == "journal_damaged"
    assert caught.value.message.startswith("F\\000001.json can not be read: it ")


@pytest.mark.parametrize("key", [*RUN])
def test_a_run_has_its_form(key: str) -> None:
    for wrong in ({key: 5}, {key: None}):
        with pytest.raises(PreconditionError) as caught:
            form.parse_run("F\\run.json", form.dump({**RUN, **wrong}).decode(), RUN_ID)
        assert caught.value.code == ("journal_foreign" if key == "run_id" else "journal_damaged")


def read_holder(**wrong: Any) -> dict[str, Any]:
    return form.parse_holder(f"F\\{TOKEN}.json", json.dumps({"schema": 1, **HOLDER, **wrong}))


def test_a_holder_is_read() -> None:
    assert read_holder() == HOLDER


@pytest.mark.parametrize("wrong", [{"doing": 5}, {"since": None}, {"controller": ["x"]}, {"process": "1"}, {"token": 1}])
def test_a_lock_has_to_say_who_holds_it(wrong: dict[str, Any]) -> None:
    with pytest.raises(PreconditionError) as caught:
        read_holder(**wrong)
    assert caught.value.code == "lock_damaged"
    assert caught.value.message == f"F\\{TOKEN}.json can not be read: it does not say who holds it."
    assert caught.value.remedy == "Make sure that no other run works on the system, then delete the folder of the lock."


def test_a_lock_belongs_to_the_token_that_its_file_is_named_by() -> None:
    with pytest.raises(PreconditionError) as caught:
        read_holder(token="another")
    assert caught.value.code == "lock_damaged"
    assert caught.value.message == f"F\\{TOKEN}.json can not be read: it belongs to the token another."
    assert "delete the folder of the lock" in caught.value.remedy


def test_a_lock_that_is_no_json_names_its_file() -> None:
    with pytest.raises(PreconditionError, match=r"F.t\.json") as caught:
        form.parse_holder("F\\t.json", "{")
    assert "delete the folder of the lock" in caught.value.remedy


PARSERS: dict[str, Callable[[str], Any]] = {
    "run": lambda text: form.parse_run("F\\run.json", text, RUN_ID),
    "entry": lambda text: form.parse_entries("F", {"000001.json": text}, RUN_ID),
    "lock": lambda text: form.parse_holder(f"F\\{TOKEN}.json", text),
}


@pytest.mark.parametrize("what", PARSERS)
def test_any_text_is_read_or_refused(what: str) -> None:
    documents = VALUES | st.fixed_dictionaries({"schema": st.just(1)}, optional=dict.fromkeys([*RUN, *HOLDER, "position", "steps"], VALUES))

    @given(st.text() | documents.map(json.dumps))
    def check(text: str) -> None:
        try:
            PARSERS[what](text)
        except UpgradeError as error:
            assert error.code in {f"{kind}_{code}" for kind in ("journal", "lock") for code in ("damaged", "foreign", "schema_unknown")}

    check()


# Options


@given(NOTES)
def test_notes_say_nothing_anew(notes: dict[str, Any]) -> None:
    taken = set(notes) & {*RUN, "steps", "position", "updated", "schema"}
    try:
        form.check_notes(RUN, notes)
    except OptionError:
        assert taken
    else:
        assert not taken


@pytest.mark.parametrize("key", [*RUN, "steps", "position", "updated", "schema"])
def test_what_was_written_once_can_not_be_noted(key: str) -> None:
    with pytest.raises(OptionError, match=f"content: {key}: what was written"):
        form.check_notes(RUN, {key: 1, "more": 2})


@given(STEPS)
def test_known_states_are_right(steps: dict[str, str]) -> None:
    form.check_steps(steps)


def test_an_unknown_state_is_named() -> None:
    with pytest.raises(OptionError, match="stop has the unknown state 'ended'") as caught:
        form.check_steps({"stop": "ended"})
    assert "rolled_back" in caught.value.remedy


# The lock


def holder(gone: bool | None, **own: Any) -> dict[str, Any]:
    return {"held": True, "holder": {**HOLDER, **own}, "holder_gone": gone}


FREE = {"held": False, "holder": {}, "holder_gone": None}
UNSIGNED = {"held": True, "holder": {}, "holder_gone": None}
LATER = "2026-03-01T12:30:00.000001"  # as Ansible's now(utc=true) writes it


def refusal(lock: dict[str, Any], busy: tuple[str, ...] = (), now: str = LATER, **options: Any) -> str:
    return form.lock_refusal(lock, busy, now=now, **options)


@pytest.mark.parametrize("lock", [FREE, UNSIGNED, holder(True), {}])
@pytest.mark.parametrize("busy", [(), ("SETUP.EXE on JP1DB01",)])
def test_a_lock_without_a_living_holder_is_free(lock: dict[str, Any], busy: tuple[str, ...]) -> None:
    """What a dead run has left at work is taken up by the run that goes on."""
    assert refusal(lock, busy, now="2026-03-01T12:00:01", running=["backup"]) == ""


@pytest.mark.parametrize("gone", [False, None])
def test_a_person_may_say_that_the_holder_is_dead(gone: bool | None) -> None:
    assert refusal(holder(gone), ("SETUP.EXE",), now="", running=["backup"], take_over=True) == ""


def test_who_holds_the_lock_is_told() -> None:
    told = refusal(holder(False), now="2036-03-01T12:00:00+00:00")
    assert told == "upgrade on awx01 holds the lock since 2026-03-01T12:00:00.000+00:00, and its ansible-playbook still runs."


def test_silence_proves_death_where_nothing_works() -> None:
    assert refusal(holder(None)) == ""
    assert "SETUP.EXE on JP1DB01" in refusal(holder(None), ("SETUP.EXE on JP1DB01",))
    assert "nobody has seen the end of backup" in refusal(holder(None), running=["backup"])


@pytest.mark.parametrize(
    ("updated", "now", "quiet_time", "free"),
    [
        ("", LATER, 1800, True),
        ("", "2026-03-01T12:29:59", 1800, False),
        ("", "2026-03-01T12:30:00Z", 1800, True),
        ("", "2026-03-01T21:30:00+09:00", 1800, True),
        ("", "2026-03-01T21:29:59+09:00", 1800, False),
        ("2026-03-01T12:10:00+00:00", LATER, 1800, False),
        ("2026-03-01T12:10:00.000+00:00", "2026-03-01T12:40:00", 1800, True),
        ("2026-03-01T21:10:00+09:00", "2026-03-01T12:40:00", 1800, True),
        ("2026-02-01T12:10:00+00:00", "2026-03-01T12:20:00", 1800, False),
        ("2027-03-01T12:00:00+00:00", LATER, 1800, False),
        ("no time", LATER, 1800, True),
        ("", "no time", 1800, False),
        ("", "", 0, False),
        ("", "2026-03-01T12:00:00", 0, True),
    ],
)
def test_how_long_the_journal_is_silent(updated: str, now: str, quiet_time: float, free: bool) -> None:
    told = refusal(holder(None), now=now, updated=updated, quiet_time=quiet_time)
    assert (told == "") is free
    assert free or f"after {quiet_time} seconds" in told


def test_without_any_time_nobody_is_taken_for_dead() -> None:
    assert refusal(holder(None, since="yesterday")) != ""
