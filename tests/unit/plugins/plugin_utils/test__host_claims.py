# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who has a folder, whoever comes between whose operations."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from threading import Semaphore, Thread
from typing import Any

import pytest
from ansible_collections.jp1.itdm.plugins.module_utils._errors import CommandError
from ansible_collections.jp1.itdm.plugins.plugin_utils._host import Host
from ansible_collections.jp1.itdm.plugins.plugin_utils._runner import RawResult, Runner
from ansible_collections.jp1.itdm.tests.unit.plugins.plugin_utils.fake_cmd import Drive, FakeCmd
from hypothesis import given, settings
from hypothesis import strategies as st

BASE = r"C:\data (x86)"
LOCK = BASE + r"\lock"
Actor = Callable[[Callable[[], None]], bool]


class Dead(BaseException):
    """The server lost its power, or the shell was ended."""


class DriveRunner(Runner):
    """Runs lines on a drive in memory."""

    def __init__(self, drive: Drive, step: Callable[[], None]) -> None:
        super().__init__("JP1DB01", "cp932")
        self.drive, self.step = drive, step

    def run(self, line: str, **options: Any) -> RawResult:
        listing = re.search(r"dir /a-d.*call echo (\[\w+\.\d+\.)", line)
        if not listing:
            return RawResult(FakeCmd(self.drive, self.step).run(line), b"", b"", 0.0)
        self.step()
        names = "".join(f"{name}\n" for name in self.drive.inside(LOCK))
        there = f"#\n{names}/\n/\n" if LOCK in self.drive.folders else ""
        return RawResult(0, f"{there}{listing[1]}0]\n".encode(), b"", 0.0)

    def close(self) -> None:
        pass


def host(drive: Drive, step: Callable[[], None]) -> Host:
    return Host(DriveRunner(drive, step))


def claim(drive: Drive, name: str, taken_from: str | None) -> Actor:
    drive.files.add(f"{BASE}\\{name}.json")
    before = taken_from and f"{taken_from}.json"
    return lambda step: host(drive, step).claim_folder(LOCK, f"{BASE}\\{name}.json", taken_from=before)


def release(drive: Drive, name: str) -> Actor:
    def act(step: Callable[[], None]) -> bool:
        host(drive, step).release_folder(LOCK, f"{name}.json")
        return False

    return act


def dying(actor: Actor, after: int) -> Actor:
    """Let an actor die before one of its operations."""

    def act(step: Callable[[], None]) -> bool:
        left = iter(range(after))

        def last_step() -> None:
            if next(left, None) is None:
                raise Dead
            step()

        return actor(last_step)

    return act


def play(order: Iterable[int], *actors: Actor) -> list[Any]:
    """Let actors do one operation each in an order, and return what they return or raise."""
    results: list[Any] = [None for _actor in actors]
    running = dict.fromkeys(range(len(actors)))
    go, back = [Semaphore(0) for _actor in actors], Semaphore(0)

    def work(number: int) -> None:
        def step() -> None:
            back.release()
            go[number].acquire()

        try:
            step()
            results[number] = actors[number](step)
        except (Exception, Dead) as error:
            results[number] = error
        finally:
            del running[number]
            back.release()

    for number in range(len(actors)):
        Thread(target=work, args=(number,), daemon=True).start()
        back.acquire()
    turns = iter(order)
    while running:
        number = list(running)[next(turns, 0) % len(running)]
        go[number].release()
        back.acquire()
    return results


def locked_by(*names: str) -> Drive:
    drive = Drive(BASE, LOCK)
    drive.files = {f"{LOCK}\\{name}.json" for name in names}
    return drive


ORDER = st.lists(st.integers(0, 2), max_size=60)
SITUATIONS: dict[str, Callable[[], tuple[Drive, list[Actor]]]] = {}


def situation(make: Callable[[], tuple[Drive, list[Actor]]]) -> None:
    SITUATIONS[make.__name__] = make


@situation
def all_find_it_free() -> tuple[Drive, list[Actor]]:
    drive = Drive(BASE)
    return drive, [claim(drive, name, None) for name in "abc"]


@situation
def all_find_it_unsigned() -> tuple[Drive, list[Actor]]:
    drive = locked_by()
    return drive, [claim(drive, name, "") for name in "abc"]


@situation
def all_find_its_holder_dead() -> tuple[Drive, list[Actor]]:
    drive = locked_by("d")
    return drive, [claim(drive, name, "d") for name in "abc"]


@situation
def one_finds_it_free_and_others_between_folder_and_signature() -> tuple[Drive, list[Actor]]:
    drive = Drive(BASE)
    return drive, [claim(drive, "a", None), claim(drive, "b", ""), claim(drive, "c", "")]


@situation
def its_holder_was_not_dead_and_gives_it_back() -> tuple[Drive, list[Actor]]:
    drive = locked_by("d")
    return drive, [claim(drive, "a", "d"), claim(drive, "b", None), release(drive, "d")]


@situation
def it_is_given_back_and_taken_between() -> tuple[Drive, list[Actor]]:
    drive = locked_by("d")
    return drive, [claim(drive, "a", "d"), claim(drive, "b", ""), release(drive, "d")]


@pytest.mark.parametrize("name", SITUATIONS)
def test_at_most_one_gets_the_folder(name: str) -> None:
    @settings(max_examples=300)
    @given(ORDER)
    def check(order: list[int]) -> None:
        drive, actors = SITUATIONS[name]()
        results = play(order, *actors)
        winners = [who for who, result in zip("abc", results, strict=True) if result is True]
        assert len(winners) <= 1
        assert all(result in (True, False) or isinstance(result, CommandError) for result in results)
        inside = {file for file in drive.files if file.startswith(LOCK)}
        assert inside == {f"{LOCK}\\{who}.json" for who in winners}

    check()


@pytest.mark.parametrize("name", SITUATIONS)
@pytest.mark.parametrize("number", [0, 1, 2])
def test_who_comes_alone_gets_what_was_judged_rightly(name: str, number: int) -> None:
    drive, actors = SITUATIONS[name]()
    drive.files -= {f"{BASE}\\{who}.json" for index, who in enumerate("abc") if index != number}
    (result,) = play([], actors[number])
    free = {"its_holder_was_not_dead_and_gives_it_back": number == 0, "it_is_given_back_and_taken_between": number == 0}.get(name, True)
    assert result is free
    assert not [file for file in drive.files if not file.startswith(LOCK) and free]


@given(ORDER, st.sampled_from(sorted(SITUATIONS)), st.integers(0, 12))
@settings(max_examples=300)
def test_one_who_dies_on_the_way_leaves_nothing_that_can_not_be_taken(order: list[int], name: str, after: int) -> None:
    drive, (first, *others) = SITUATIONS[name]()
    _dead, *results = play(order, dying(first, after), *others)
    inside = [file.removeprefix(LOCK + "\\").removesuffix(".json") for file in drive.files if file.startswith(LOCK)]
    winners = [who for who, result in zip("bc", results, strict=True) if result is True]
    assert len(winners) <= 1
    assert set(winners) <= set(inside) <= {*winners, "a", "d"}
    if not winners:
        assert len(inside) <= 1
        found = inside[0] if inside else "" if LOCK in drive.folders else None
        assert play([], claim(drive, "x", found)) == [True]


def test_repeating_a_claim_does_no_harm() -> None:
    """The answer was lost, and the line is sent again."""
    for drive, taken_from in ((Drive(BASE), None), (locked_by(), ""), (locked_by("d"), "d")):
        for _time in range(2):
            assert play([], claim(drive, "a", taken_from)) == [True]
            assert drive.files == {f"{LOCK}\\a.json"}


def test_a_claim_that_stopped_behind_its_first_move_goes_on() -> None:
    drive = locked_by("d")
    play([], dying(claim(drive, "a", "d"), 3))
    assert drive.files == {f"{BASE}\\a.json", f"{BASE}\\a.json.old"}
    assert play([], claim(drive, "a", "d")) == [True]
    assert drive.files == {f"{LOCK}\\a.json"}


def test_other_files_claim_nothing() -> None:
    drive = locked_by()
    drive.files.add(LOCK + r"\readme.txt")
    assert play([], claim(drive, "a", "")) == [True]
    play([], release(drive, "a"))
    assert drive.files == {LOCK + r"\readme.txt"}


@pytest.mark.parametrize("name", ["a", "b"])
def test_only_the_holder_gives_the_folder_back(name: str) -> None:
    drive = locked_by("a")
    play([], release(drive, name))
    assert (LOCK in drive.folders) is (name == "b")
    assert drive.files == ({f"{LOCK}\\a.json"} if name == "b" else set())


def test_a_folder_that_can_not_be_made_is_no_folder_of_another() -> None:
    drive = Drive(BASE)
    with pytest.raises(CommandError) as caught:
        host(drive, lambda: None).claim_folder(LOCK, BASE + r"\missing.json")
    assert caught.value.code == "file_operation_failed"
