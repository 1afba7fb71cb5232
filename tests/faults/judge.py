# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a case ended, by what the lab sees on the hosts, and whether what the runs said about it is true."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tests.integration.lab_system import NEW, OLD, PROGRAMS, Picture, records_in
from tests.integration.upgrade.ansible_runs import Run

from . import journal
from .scene import EXECUTABLES, Scene
from .starts import started_twice

NEW_AND_HEALTHY, OLD_AND_EQUAL, STOPPED = "new and healthy", "old and equal", "stopped"
GOALS = (NEW_AND_HEALTHY, OLD_AND_EQUAL)
_LAST_LINE = re.compile(r'"?msg"?: "?([A-Z_]{6,}: .*?)"?(?: *\}| PLAY RECAP)')
_SERVICES = {"manager": ("JP1_ITDM_Service", "JP1_ITDM_Web", "LabAgents"), "database": ("JP1_ITDM_DB",)}


@cache
def _program(build: Path, version: str) -> str:
    return hashlib.sha256((build / version / "SETUP.EXE").read_bytes()).hexdigest()


def not_healthy(picture: Picture, version: str, build: Path) -> list[str]:
    """What is missing for two servers that run a version wholly; empty when nothing is.

    :param build: the folder of the lab's media, by version.
    """
    wrong: list[str] = []
    program = _program(build, version)
    for role, seen in (("manager", picture.manager), ("database", picture.database)):
        if seen["version"] != version or seen["product_ini"].get("Version") != version:
            wrong.append(f"{role}: version {seen['version']}, settings of {seen['product_ini'].get('Version')}")
        if list(seen["programs"].values()) != [program] * PROGRAMS:
            wrong.append(f"{role}: {sum(each == program for each in seen['programs'].values())} program files of {version}")
        states = {name: seen["services"].get(name, {}).get("state") for name in _SERVICES[role]}
        wrong += [f"{role}: {name} is {state}" for name, state in states.items() if state != "RUNNING"]
    if not picture.manager["license_registered"]:
        wrong.append("manager: no licence")
    formats = {record["format"] for record in picture.database["records"]}
    if picture.database["schema"] != version or formats != {version}:
        wrong.append(f"database: schema {picture.database['schema']}, records in {', '.join(sorted(formats))}")
    return wrong


_EQUAL = ("version", "uninstall", "product_key", "product_ini", "programs", "license_registered", "schema", "packages")


def not_equal(before: Picture, now: Picture) -> list[str]:
    """In what the servers differ from before, besides records that came in since; empty when in nothing."""
    wrong: list[str] = []
    for role, was, seen in (("manager", before.manager, now.manager), ("database", before.database, now.database)):
        wrong += [f"{role}: {key} is {seen[key]} instead of {was[key]}" for key in _EQUAL if seen[key] != was[key]]
        services = {name: (service["state"], service["start_type"]) for name, service in was["services"].items()}
        found = {name: (service["state"], service["start_type"]) for name, service in seen["services"].items()}
        if services != found:
            wrong.append(f"{role}: services are {found} instead of {services}")
    formats = {record["format"] for record in now.database["records"]}
    if formats != {record["format"] for record in before.database["records"]}:
        wrong.append(f"database: records in {', '.join(sorted(formats))}")
    if missing := set(before.records) - set(now.records):
        wrong.append(f"database: {len(missing)} records of before are missing")
    return wrong


def said(run: Run) -> tuple[str, str]:
    """The end state and the next command that a run has printed, both empty where it has printed nothing.

    Only upgrade and rollback write a result, and a rollback that was refused at its beginning does not.
    """
    if run.result:
        return str(run.result.get("end_state", "")), str(run.result.get("next_command", ""))
    line = next(iter(_LAST_LINE.findall(run.text)[-1:]), "")
    _words, found, command = line.rpartition(": ansible-playbook ")
    return line.partition(":")[0], f"ansible-playbook {command}" if found else ""


class Judgement:
    """The end of a case.

    :ivar end: V(new and healthy), V(old and equal) or V(stopped).
    :ivar problems: why the case has failed; empty when it has passed.
    """

    def __init__(self, scene: Scene, before: Picture) -> None:
        self.scene = scene
        self.system = scene.system
        self.before = before
        self.build = self.system.lab.folder / "build/product/media"
        self.problems: list[str] = []
        self.end = STOPPED
        self.picture = before
        self.differences: dict[str, list[str]] = {}
        self.lost = 0
        self.twice: list[str] = []
        self.false_in_journal: list[str] = []

    def look(self) -> str:
        """Look at the servers and say in which end they are."""
        self.picture = self.system.look()
        self.differences = {
            NEW_AND_HEALTHY: not_healthy(self.picture, NEW, self.build),
            OLD_AND_EQUAL: not_healthy(self.picture, OLD, self.build) + not_equal(self.before, self.picture),
        }
        self.end = next((goal for goal, wrong in self.differences.items() if not wrong), STOPPED)
        return self.end

    # What a run has said

    def check_run(self, run: Run) -> None:
        """Compare what a run said at its end with what is there, and with the journal."""
        state, command = said(run)
        truth = {"SUCCEEDED": NEW_AND_HEALTHY, "NOTHING_TO_DO": NEW_AND_HEALTHY, "ROLLED_BACK": OLD_AND_EQUAL}
        if not state:
            self.problems.append(f"a run did not say how it ended: {run.text[-300:]}")
            return
        if state in truth and truth[state] != self.end:
            self.problems.append(f"a run ended in {state}, but the servers are not {truth[state]}: {self.differences[truth[state]]}")
        if state not in ("SUCCEEDED", "NOTHING_TO_DO") and not command:
            self.problems.append(f"{state} names no next command")
        if command and command not in run.text:
            self.problems.append("the last line does not end with the next command")
        self._check_journal(run, state)

    def read_journal(self) -> journal.JournalRecord:
        """The journal on the database server."""
        text = self.system.inside(self.system.database, "python3", "-c", journal.READ, journal.FOLDER)
        return journal.parse(json.loads(text))

    def _check_journal(self, run: Run, state: str) -> None:
        record = self.read_journal()
        self.false_in_journal += record.problems
        last = record.last
        if last is None or last.run_id != run.result.get("run_id"):
            if state not in ("BLOCKED", "NOTHING_TO_DO"):
                self.false_in_journal.append(f"the journal does not know run {run.result.get('run_id')}")
            return
        unwritten = "could not be noted in the journal" in run.text  # nothing false stands there then, and the run has said so
        if last.end_state != state and state not in ("BLOCKED", "NOTHING_TO_DO") and not unwritten:
            self.false_in_journal.append(f"the journal says {last.end_state or 'nothing'}, the run {state}")
        if last.open and state in ("SUCCEEDED", "ROLLED_BACK"):
            self.false_in_journal.append(f"the run ended in {state} and is still open")
        if not last.open and self.end == STOPPED:
            self.false_in_journal.append("the run is closed, but the servers are neither new nor as before")
        begun = any(event.kind == "start" and event.name == "SETUP" for server in self.scene.servers for event in self.scene.events(server))
        if begun and not last.notes.get("installation_begun"):
            self.false_in_journal.append("an installer ran, and the journal does not say that installations were begun")
        self.false_in_journal += _false_steps(last, state)

    # What counts at the very end

    def check_records(self, result: Mapping[str, Any]) -> None:
        """No record may be missing that the backup held, and the reported number of lost ones has to be the lab's."""
        records = self.system.lab.records(self.system.number)
        self.lost = len(records["lost"])
        reported = (result.get("records") or {}).get("lost")
        if records["twice"]:
            self.problems.append(f"records are there twice: {records['twice'][:5]}")
        if self.end == NEW_AND_HEALTHY and self.lost:
            self.problems.append(f"{self.lost} records are lost although the upgrade came through")
        if reported != self.lost:
            self.problems.append(f"the run reported {reported} lost records, the lab counts {self.lost}")
        folder = str(result.get("backup_folder", ""))[3:].replace("\\", "/")
        if folder and "database/records.dat" in self.system.files(self.system.database, folder):
            held = records_in(self.system.read(self.system.database, f"{folder}/database/records.dat"))
            if missing := set(held) - set(records["in_database"]):
                self.problems.append(f"{len(missing)} records of the backup are missing")

    def check_thrown_away(self, asked: bool) -> None:
        """Records that the new version has accepted may only be thrown away by one who was asked.

        :param asked: whether somebody was.
        """
        started = [event for event in self.scene.events("management") if (event.kind, event.name) == ("start", "jdmservice")]
        new = [event.time for event in started if event.version == NEW]
        records = self.system.lab.records(self.system.number)
        lost = set(records["lost"])
        thrown = [name for when, name in records["accepted"] if name in lost and new and when >= f"{min(new):%Y-%m-%dT%H:%M:%S}"]
        if thrown and not asked:
            self.problems.append(f"{len(thrown)} records that the new version has accepted were thrown away, and nobody was asked")

    def check_starts(self) -> None:
        """No program may have been started beside itself or after its success."""
        for server, host in self.scene.servers.items():
            ended = [(when, what) for when, where, what in self.scene.ended if where == host]
            self.twice += [f"{host}: {problem}" for problem in started_twice(self.scene.events(server), ended)]

    def check_leftovers(self) -> None:
        """Nothing may be left behind: jobs, tasks, lock, half-written files, programs."""
        record = self.read_journal()
        if record.jobs:
            self.problems.append(f"jobs are left: {record.jobs}")
        if record.holders is not None:
            self.problems.append(f"the lock is still held: {record.holders}")
        for host in self.scene.servers.values():
            self.problems += [f"{host}: {text}" for text in self._left_on(host)]

    def _left_on(self, host: str) -> Iterable[str]:
        tasks = self.system.inside(host, "sh", "-c", "wine reg query 'HKLM\\SOFTWARE\\Lab\\Tasks' /reg:64 2>/dev/null || true")
        yield from (f"task left: {line.strip()}" for line in tasks.splitlines() if "jp1_itdm" in line)
        names = "-name '*.b64' -o -name '*.new' -o -name 'jp1itdm-*.rsp' -o -name 'jp1itdm-*.tmp' -o -path '*jp1_itdm_upgrade/jobs/*'"
        files = self.system.inside(host, "sh", "-c", f"cd /opt/lab && find prefix/drive_c drive_d \\( {names} \\) 2>/dev/null || true")
        yield from (f"file left: {name}" for name in files.splitlines())
        yield from (f"still runs: {line}" for line in self.scene.processes(*EXECUTABLES, host=host))


def _false_steps(run: journal.RunRecord, state: str) -> list[str]:
    """States of steps that can not be at a run's end."""
    allowed = {
        "SUCCEEDED": ("done", "skipped"),
        "ROLLED_BACK": ("pending", "failed", "rolled_back", "skipped", "done"),
    }.get(state)
    if allowed is None:
        return []
    return [f"the run ended in {state}, and step {step} is {what}" for step, what in run.steps.items() if what not in allowed]
