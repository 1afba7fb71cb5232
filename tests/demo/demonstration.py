# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Upgrades the lab's first system as a user would, runs the playbook again, and compares what the role says with what the lab sees."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.lab.control.errors import LabError
from tests.lab.control.lab import Lab
from tests.tools.collection import build, install

SYSTEM = 1


@dataclass(frozen=True)
class Playbook:
    """What is run.

    :ivar name: as C(ansible-playbook) takes it.
    :ivar folder: where it is run.
    :ivar environment: variables that are added to those of this process.
    """

    name: str
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_the_checkout(cls, checkout: Path) -> Playbook:
        """The playbook's file, in the checkout."""
        return cls("playbooks/upgrade.yml", checkout)

    @classmethod
    def installed(cls, folder: Path) -> Playbook:
        """The playbook's name, from the collection that is built and installed into an empty folder."""
        return cls("jp1.itdm.upgrade", folder, install(build(folder / "built"), folder))


@dataclass(frozen=True)
class Sight:
    """What the lab sees on both servers."""

    manager: dict[str, Any]
    database: dict[str, Any]

    @classmethod
    def of(cls, lab: Lab) -> Sight:
        """Look now."""
        manager, database = lab.state().system(SYSTEM)
        return cls(lab.look(manager.name), lab.look(database.name))

    @property
    def records(self) -> set[str]:
        """The ids of the records in the database."""
        return {record["id"] for record in self.database["records"]}


@dataclass(frozen=True)
class Played:
    """How a run of the playbook ended."""

    exit_code: int
    changed: int
    result: dict[str, Any]


def play(lab: Lab, playbook: Playbook) -> Played:
    """Run the playbook with the lab's inventory; its output goes to the terminal."""
    manager = lab.state().system(SYSTEM)[0].name
    with tempfile.TemporaryDirectory() as results:
        command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", os.path.relpath(lab.inventory_file, playbook.folder)]
        command += [playbook.name, "--limit", manager, "-e", f"upgrade_result_folder={results}"]
        print(f"\n$ ansible-playbook {' '.join(command[1:])}", flush=True)
        environment = {**os.environ, **playbook.environment, "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false", "PYTHONUNBUFFERED": "1"}
        changed = 0
        with subprocess.Popen(command, cwd=playbook.folder, env=environment, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            for line in process.stdout:
                print(line, end="", flush=True)
                changed += sum(int(count) for count in re.findall(r"\bok=\d+ +changed=(\d+) ", re.sub(r"\x1b\[[0-9;]*m", "", line)))
        file = Path(results) / f"{manager}.json"
        result = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        return Played(process.returncode, changed, result)


@dataclass(frozen=True)
class Demonstration:
    """What is to be reported, where the backup lies, and what the role and the lab do not agree about."""

    report: dict[str, Any]
    backup_folder: str
    problems: list[str]


def demonstrate(lab: Lab, playbook: Playbook) -> Demonstration:
    """Upgrade, run the playbook again, and compare."""
    manager, database = (host.name for host in lab.state().system(SYSTEM))
    before = Sight.of(lab)
    first = play(lab, playbook)
    requests = {host: len(lab.wire_log(host)) for host in (manager, database)}
    second = play(lab, playbook)
    after, count = Sight.of(lab), lab.records(SYSTEM)
    result = first.result
    if not result:
        raise LabError("The playbook wrote no result; its output above says why.")
    servers = {seen["host"]: seen for seen in result["servers"].values()}
    records = result["records"]
    report = {
        "end_state": result["end_state"],
        "versions": {host: {"before": seen["version_before"], "after": seen["version_after"]} for host, seen in servers.items()},
        "schema": {"before": result["schema_before"], "after": result["schema_after"]},
        "records": {"before": records["before"], "after": records["after"], "lost": records["lost"]},
        "downtime_seconds": result["downtime_seconds"],
        "http_requests": requests,
        "changed_on_second_run": second.changed,
    }
    versions = {
        manager: {"before": before.manager["version"], "after": after.manager["version"]},
        database: {"before": before.database["version"], "after": after.database["version"]},
    }
    seen = {
        "versions": (versions, report["versions"]),
        "schema": ({"before": before.database["schema"], "after": after.database["schema"]}, report["schema"]),
        "lost records": (len(count["lost"]), records["lost"]),
        "exit codes": ((0, 0), (first.exit_code, second.exit_code)),
        "end state of the second run": ("NOTHING_TO_DO", second.result.get("end_state")),
        "changes of the second run": (0, second.changed),
    }
    problems = [f"{what}: the lab sees {lab_sees}, the run says {said}" for what, (lab_sees, said) in seen.items() if lab_sees != said]
    if not len(before.records) <= records["before"] <= records["after"] <= len(after.records):
        problems.append(f"records: the lab counts {len(before.records)} before and {len(after.records)} after, the run says otherwise")
    if before.records - after.records:
        problems.append(f"{len(before.records - after.records)} records of before are missing")
    problems += [
        f"{name} is {service['state']}"
        for sight in (after.manager, after.database)
        for name, service in sight["services"].items()
        if service["start_type"] == "AUTO_START" and service["state"] != "RUNNING"
    ]
    return Demonstration(report, str(result["backup_folder"]), problems)


def words(done: Demonstration, database: str) -> str:
    """The report for people."""
    report = done.report
    schema, records = report["schema"], report["records"]
    lines = ["", f"The upgrade ended as {report['end_state']}."]
    for host, version in report["versions"].items():
        lines.append(f"  {host} had version {version['before']} and has {version['after']} now.")
    lines += [
        f"  The database's schema was {schema['before']} and is {schema['after']} now.",
        f"  The database held {records['before']} records before and {records['after']} after; {records['lost']} were lost.",
        f"  The services were down for {report['downtime_seconds']} seconds.",
        f"  The backup lies in {done.backup_folder} on {database}.",
        f"  HTTP requests: {', '.join(f'{count} to {host}' for host, count in report['http_requests'].items())}.",
        f"  The second run changed {report['changed_on_second_run'] or 'nothing'}.",
    ]
    return "\n".join(lines)


def main(checkout: Path, *, installed: bool) -> int:
    """Demonstrate with the lab of a checkout.

    :param installed: run the playbook of the collection as its users get it, not the checkout's.
    :returns: the exit code; 1 when something failed, or when the role and the lab do not agree.
    """
    lab = Lab(checkout)
    try:
        with tempfile.TemporaryDirectory() as folder:
            playbook = Playbook.installed(Path(folder)) if installed else Playbook.of_the_checkout(checkout)
            done = demonstrate(lab, playbook)
    except LabError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    print(words(done, lab.state().system(SYSTEM)[1].name))
    file = lab.folder / "demo.json"
    file.write_text(json.dumps(done.report, indent=2) + "\n", encoding="utf-8")
    print(f"  The same as JSON: {file.relative_to(checkout)}. The lab is still up; 'make lab-down' removes it.")
    for problem in done.problems:
        print(f"demo: {problem}", file=sys.stderr)
    return 1 if done.problems or done.report["end_state"] != "SUCCEEDED" else 0
