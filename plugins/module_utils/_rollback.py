# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs from the state before, and what has to be undone: pure rules.

A system's state is a mapping with C(management_server) and C(database_server), each as RV(manager_info.state) returns it.

Note that this module is private to the collection.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils._journal_format import states_in

SERVERS = ("management_server", "database_server")
_INSTALL_STEPS = {"install_on_management_server": "management_server", "install_on_database_server": "database_server"}
# States of steps whose effect nobody has seen.
_UNSURE = ("running", "failed", "unknown")
_LICENSE_STEPS = ("start_for_license", "register_license")

State = Mapping[str, Any]


def programs_differ(before: State, now: State) -> list[str]:
    """Return in which ways a server's installed programs differ from before; empty when they are the same."""
    differences = [
        f"{label} is {now['product'][key] or 'missing'} instead of {before['product'][key]}"
        for key, label in (("version", "version"), ("install_folder", "install folder"))
        if before["product"][key] != now["product"][key]
    ]
    old, new = before["program_files"], now["program_files"]
    for verb, paths in (
        ("missing", old.keys() - new.keys()),
        ("additional", new.keys() - old.keys()),
        ("altered", {path for path in old.keys() & new.keys() if old[path] != new[path]}),
    ):
        if paths:
            differences.append(f"{len(paths)} {verb} program files ({', '.join(sorted(paths)[:3])})")
    return differences


def state_differences(before: State, now: State, restored_records: Any = None) -> list[str]:
    """Return every difference between a system's state before and now, one sentence each; empty when equal.

    :param restored_records: the number of records in the backup that was restored, or that an earlier rollback has left; None when there
        is neither, and then no record that was there before may be missing.
    """
    return [f"{now[server]['host']}: {text}" for server in SERVERS for text in _server_differences(before[server], now[server])] + [
        f"{now['database_server']['host']}: {text}"
        for text in _record_differences(before["database_server"], now["database_server"], as_count(restored_records))
    ]


def _server_differences(before: State, now: State) -> Iterator[str]:
    yield from programs_differ(before, now)
    # a run that an earlier version of the collection has opened does not know them
    for file, digest in (before.get("settings") or {}).items():
        if (now.get("settings") or {}).get(file) != digest:
            yield f"the settings in {file} are not those of before"
    for name, service in before["services"].items():
        present = now["services"].get(name)
        if present is None:
            yield f"service {name} is missing"
            continue
        for key, label in (("state", "is"), ("start_type", "has start type")):
            if present[key] != service[key]:
                yield f"service {name} {label} {present[key]} instead of {service[key]}"
    for name in sorted(now["services"].keys() - before["services"].keys()):
        yield f"service {name} was not there before"
    if before["license_registered"] != now["license_registered"]:
        yield f"licence registered is {now['license_registered']} instead of {before['license_registered']}"
    if now["database"].get("damaged") and not before["database"].get("damaged"):
        yield "the database says that it is damaged"
    if before["database"]["schema"] != now["database"]["schema"]:
        yield f"database schema is {now['database']['schema']} instead of {before['database']['schema']}"


def _record_differences(before: State, now: State, restored: int | None) -> Iterator[str]:
    # the services accept records again as soon as they run, so only a smaller number is a loss
    expected = restored if restored is not None else before["database"]["records"]
    found = now["database"]["records"]
    if expected is None:
        return
    if found is None:
        yield f"the database does not tell its {expected} records; see why it does not answer, or restore the backup by hand"
    elif found < expected:
        yield f"the database holds {found} records instead of {expected}"


def rollback_plan(run: Mapping[str, Any], now: State, order: Sequence[str]) -> dict[str, Any]:
    """Say what a rollback has to do, from what differs and from nothing else.

    An installation that was touched takes the documented way back (Configuration Guide 5.10): old version, licence, restore.
    Where nothing was touched only the services are started: a restore would throw later records away.

    :param run: the journal's run: C(state_before); C(records_at_stop): how many records the database held when the services were
        stopped for the upgrade; C(records_expected): how many it held after an earlier rollback of this run, which are fewer than before
        where the backup held fewer; C(installation_begun); C(restore_due) and C(license_due): what an earlier rollback of this run found
        and did not finish; C(steps): a step that an earlier rollback has begun is taken again, to find out what became of it.
    :param order: the profile's field C(rollback.order).
    :returns: C(touched): the servers whose programs differ; C(reasons): texts; C(restore) and C(license): whether the backup
        is restored and the licence registered;
        C(new_records): how many records the new version's services have accepted, V(null) where that can not be counted;
        C(steps): what to do, in order.
    """
    before = run["state_before"]
    reasons = {server: programs_differ(before[server], now[server]) for server in SERVERS}
    touched = [server for server in SERVERS if reasons[server]]
    data = _data_differs(before["database_server"]["database"], now["database_server"]["database"], run)
    restore = bool(touched or data)
    registered = (before["management_server"]["license_registered"], now["management_server"]["license_registered"])
    # an installation may lose the licence; one that was not there before is not to be registered
    license_lost = registered[0] is not False and ("management_server" in touched or registered[1] is False or bool(run.get("license_due")))
    unsure = states_in(run, *_UNSURE)
    steps = [step for step in order if f"rollback.{step}" in unsure or _needed(step, touched, restore, license_lost)]
    return {
        "touched": touched,
        "reasons": [f"{now[server]['host']}: {text}" for server in SERVERS for text in reasons[server]]
        + [f"{now['database_server']['host']}: {text}" for text in data],
        "restore": restore,
        "license": license_lost,
        "new_records": _new_records(run, now),
        "steps": steps,
    }


def _data_differs(before: Mapping[str, Any], now: Mapping[str, Any], run: Mapping[str, Any]) -> list[str]:
    differences = ["the restore of an earlier rollback is not finished"] if run.get("restore_due") else []
    if not run.get("installation_begun") and now["schema"] is None and now["records"] is None and not now.get("damaged"):
        return differences  # it does not answer, and nothing was done to it that could have changed it
    if before["schema"] is None and run.get("installation_begun"):
        differences.append("installations were begun, and the database does not show whether it was changed")
    if now.get("damaged") and not before.get("damaged"):
        differences.append("the database says that it is damaged")
    if before["schema"] != now["schema"]:
        differences.append(f"database schema is {now['schema']} instead of {before['schema']}")
    records = (as_count(run.get("records_expected", before["records"])), as_count(now["records"]))
    if records[0] is not None and (records[1] is None or records[1] < records[0]):
        differences.append(f"the database holds {records[1]} records instead of {records[0]}")
    return differences


def _needed(step: str, touched: Sequence[str], restore: bool, license_lost: bool) -> bool:
    if step in _INSTALL_STEPS:
        return _INSTALL_STEPS[step] in touched
    if step in _LICENSE_STEPS:
        return license_lost
    if step == "restore_database":
        return restore
    if step == "stop_services":
        return restore
    return True


def as_count(value: Any) -> int | None:
    """Return a number of records that a template may have turned into a text; None for nothing."""
    return int(value) if isinstance(value, int) or str(value).isdecimal() else None


def _new_records(run: Mapping[str, Any], now: State) -> int | None:
    programs = [server["management_server"]["product"]["version"] for server in (run["state_before"], now)]
    # what was started may have run, even if a power loss has torn the entry of its version
    if programs[0] == programs[1] and "start" not in states_in(run, "running", "done", "failed", "unknown"):
        return 0
    counted, at_stop = now["database_server"]["database"]["records"], as_count(run.get("records_at_stop"))
    return None if counted is None or at_stop is None else max(0, counted - at_stop)


def records_lost(backed_up: Any, counts: Sequence[Any]) -> int | None:
    """Return how many records a restore throws away.

    :param backed_up: the number of records in the backup.
    :param counts: the numbers that were counted after the backup, at the stop before the upgrade and before the restore.
    :returns: the number, or None where the profile has no way to count.
    """
    held = as_count(backed_up)
    known = [count for count in map(as_count, counts) if count is not None]
    if held is None or not known:
        return None
    return max(0, max(known) - held)
