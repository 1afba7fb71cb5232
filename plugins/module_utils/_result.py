# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run says at its end: the end state, the records, and the exact next command. Pure rules.

Note that this module is private to the collection.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils import _policy
from ansible_collections.jp1.itdm.plugins.module_utils._journal_format import CLOSING
from ansible_collections.jp1.itdm.plugins.module_utils._rollback import as_count, records_lost

GREEN = ("SUCCEEDED", "NOTHING_TO_DO")
END_STATES = (*GREEN, "BLOCKED", "PAUSED", "ROLLED_BACK", "ROLLBACK_FAILED", "NEEDS_OPERATOR")

# Without the journal, or without the lock, no step of a rollback may be taken.
_NO_JOURNAL = ("lock_lost", "journal_moved", "journal_damaged", "journal_foreign", "journal_schema_unknown", "unknown_run")

#: The playbook that goes on after each end state.
NEXT_PLAYBOOK = {
    "BLOCKED": "upgrade.yml",
    "PAUSED": "upgrade.yml",
    "ROLLED_BACK": "upgrade.yml",
    "NEEDS_OPERATOR": "upgrade.yml",
    "ROLLBACK_FAILED": "rollback.yml",
}
_BEFORE_NEXT = {
    "BLOCKED": "Remove what is in the way, then run, with the same options",
    "PAUSED": "Nothing was undone; what runs was left to run. When it has ended and the servers answer, go on, with the same options, by",
    "ROLLED_BACK": "The old version runs again. Remove the cause, then run, with the same options",
    "NEEDS_OPERATOR": "Do what the message says, then run, with the same options",
    "ROLLBACK_FAILED": "Remove the cause, then continue the rollback, with the same options, by",
}


def failure(result: Mapping[str, Any], task: str, phase: str) -> dict[str, Any]:
    """Return a failed task's result as a failure: class, code, host, message, remedy, evidence, task and phase.

    A result that did not come from this collection has class V(unknown_outcome).
    """
    own = result.get("failure")
    known = (
        dict(own)
        if isinstance(own, Mapping)
        else {
            "class": "unknown_outcome",
            "code": f"{phase}_failed",
            "host": "",
            "message": str(result.get("msg", "The task failed.")),
            "remedy": "",
            "evidence": {},
        }
    )
    return {**known, "task": task, "phase": phase}


def end_state_without_rollback(what: Mapping[str, Any], run_open: bool = True, policy: Mapping[str, Any] | None = None) -> str:
    """Return the end state when a failure asks for no rollback, else an empty text.

    :param what: a failure as RV(failure) returns it.
    :param run_open: whether the run has noted the state before; without it nothing was changed.
    :param policy: C(upgrade_failure_policy).
    """
    if not run_open and what["phase"] != "take_up":
        return "BLOCKED"
    if what["code"] in _NO_JOURNAL:
        return "NEEDS_OPERATOR"
    return _policy.DECISIONS[_policy.decision(what["phase"], what["class"], policy)]


def step_state(what: Mapping[str, Any]) -> str:
    """Return the state in which a failure leaves its step."""
    return {"timeout": "running", "connection_lost": "unknown", "unknown_outcome": "unknown"}.get(what["class"], "failed")


def upgrade_result(pieces: Mapping[str, Any]) -> dict[str, Any]:
    """Put a run's result together.

    :param pieces: C(system), C(end_state), C(run), C(before), C(after), C(backup) (manifest or empty), C(verified_at) (ISO 8601),
        C(requested) (whether a rollback was asked for), C(rolling_back) (whether the open run has begun its rollback), C(failure),
        C(rollback_failure), C(playbook_dir), C(inventory_sources) and C(check_mode).
    """
    before, after, run = pieces.get("before") or {}, pieces.get("after") or {}, pieces.get("run") or {}
    manifest = pieces.get("backup") or {}
    result: dict[str, Any] = {
        "schema": 1,
        "system": pieces["system"],
        "end_state": pieces["end_state"],
        "check_mode": bool(pieces.get("check_mode")),
        "run_id": run.get("run_id", ""),
        "backup_folder": run.get("backup_folder", ""),
        "servers": {
            server: {
                "host": (after.get(server) or before[server])["host"],
                "version_before": before.get(server, {}).get("product", {}).get("version"),
                "version_after": after.get(server, {}).get("product", {}).get("version"),
            }
            for server in ("management_server", "database_server")
            if after.get(server) or before.get(server)
        },
        "schema_before": _database(before, "schema"),
        "schema_after": _database(after, "schema"),
        "records": _records(run, manifest, _database(before, "records"), _database(after, "records")),
        "downtime_seconds": _seconds(run.get("stopped_at"), pieces.get("verified_at")),
        "failure": pieces.get("failure") or {},
        "rollback_failure": pieces.get("rollback_failure") or {},
    }
    result["next_command"] = _next_command(pieces, result)
    return result


def _database(state: Mapping[str, Any], key: str) -> Any:
    return state.get("database_server", {}).get("database", {}).get(key)


def _records(run: Mapping[str, Any], manifest: Mapping[str, Any], before: Any, after: Any) -> dict[str, Any]:
    # what the journal says of a restore holds also where an earlier, interrupted run of the rollback has made it
    restored = run.get("restored") or {}
    restores = [
        *(run.get("restored_earlier") or ()),
        *([{**restored, "before": run.get("records_before_restore")}] if restored else ()),
    ]
    last = restores[-1] if restores else {}
    backed_up, at_stop = as_count(last.get("records", manifest.get("records"))), as_count(run.get("records_at_stop"))
    # a database that can not count has counted nothing before a restore either; the stop was before the first of them
    lost = [
        records_lost(backed_up, [as_count(restore["before"]) or None, at_stop if restore is restores[0] else None]) for restore in restores
    ]
    return {
        "before": before,
        "in_backup": backed_up,
        "at_stop": at_stop,
        "after": after,
        "at_risk": records_lost(backed_up, [at_stop]),
        "lost": None if None in lost else sum(count for count in lost if count),
        "lost_window": {"from": last.get("created", ""), "to": last.get("started", "")} if restores else {},
    }


def _seconds(begin: str | None, end: str | None) -> float | None:
    if not begin or not end:
        return None
    return round((datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds(), 1)


def _next_command(pieces: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    playbook = NEXT_PLAYBOOK.get(str(pieces["end_state"]))
    if playbook is None:
        return ""
    if pieces.get("check_mode") and pieces.get("requested"):
        playbook = "rollback.yml"
    if (pieces.get("requested") or pieces.get("rolling_back")) and pieces["end_state"] not in CLOSING:
        playbook = "rollback.yml"
    if "lock_lost" in (result["failure"].get("code"), result["rollback_failure"].get("code")):
        playbook = "status.yml"
    what = result["rollback_failure"] or result["failure"]
    options: list[str] = []
    if pieces["end_state"] == "NEEDS_OPERATOR":
        if result["rollback_failure"] and playbook != "status.yml":
            playbook = "rollback.yml"
        confirm = (what.get("evidence") or {}).get("confirm")
        if confirm:
            options = ["-e", json.dumps({"upgrade_confirmed_steps": [confirm]})]
        elif playbook == "rollback.yml" and what["class"] != "operator_needed":
            # the new version has accepted records: only a person can say that they may be thrown away
            options = ["-e", "upgrade_rollback_after_start=true"]
    return playbook_command(playbook, str(pieces["system"]), str(pieces["playbook_dir"]), pieces.get("inventory_sources"), options)


def playbook_command(playbook: str, system: str, playbook_dir: str, inventory_sources: Any, options: Sequence[str] = ()) -> str:
    """Return the command line that runs a playbook of the collection for one system, ready for a shell.

    :param inventory_sources: the files or hosts lists that the inventory came from.
    """
    words = ["ansible-playbook"]
    for source in _sources(inventory_sources):
        words += ["-i", source]
    return shlex.join([*words, f"{playbook_dir}/{playbook}", "--limit", system, *options])


def _sources(sources: Any) -> Sequence[str]:
    if isinstance(sources, str):
        return [sources]
    return [str(source) for source in sources or []]


def last_line(result: Mapping[str, Any]) -> str:
    """Return the sentence that a run ends with: end state, system, what happened, records, next command."""
    parts = [f"{result['end_state']}: {result['system']}:"]
    versions = sorted({str(server["version_after"]) for server in result["servers"].values() if server["version_after"]})
    if result["check_mode"]:
        parts.append("check mode, nothing was changed.")
    elif result["end_state"] == "SUCCEEDED":
        parts.append(f"both servers have version {' and '.join(versions)}.")
    elif result["end_state"] == "NOTHING_TO_DO":
        parts.append(f"both servers already have version {' and '.join(versions)} and run.")
    for key, label in (("failure", ""), ("rollback_failure", "The rollback failed: ")):
        what = result[key]
        if what:
            host = f"{what['host']}: " if what["host"] else ""
            parts.append(f"{label}[{what['phase']}, {what['code']}] {host}{what['message']} {what.get('remedy', '')}".strip())
    records = result["records"]
    if result["end_state"] == "ROLLED_BACK" and not result["check_mode"]:
        lost = records["lost"]
        window = records["lost_window"]
        parts.append(
            f"Records lost: {lost}."
            if lost is not None
            else f"Lost are all records that were accepted between {window['from']} and {window['to']}."
        )
    if result["next_command"]:
        before = (
            "It can be rolled back, with the same options, by"
            if result["check_mode"] and result["end_state"] == "ROLLED_BACK"
            else _BEFORE_NEXT[result["end_state"]]
        )
        parts.append(f"{before}: {result['next_command']}")
    return " ".join(part for part in parts if part)


def refusal_line(what: Mapping[str, Any], system: str, playbook_dir: str, inventory_sources: Any) -> str:
    """Return the sentence that every playbook but upgrade and rollback ends with when it fails.

    :param what: a failure as RV(failure) returns it, with the playbook's name as its phase.
    :param system: the management server's name.
    """
    playbook = "status.yml" if what["code"] == "lock_lost" else f"{what['phase']}.yml"
    host = f"{what['host']}: " if what["host"] else ""
    again = playbook_command(playbook, system, playbook_dir, inventory_sources)
    said = f"{host}{what['message']} {what['remedy']}".strip()
    return (
        f"BLOCKED: {system}: [{what['phase']}, {what['code']}] {said} Remove what is in the way, then run, with the same options: {again}"
    )


def upgrade_problems(state: Mapping[str, Any], target_version: str, skip_database_upgrade: bool = False) -> list[str]:
    """Return what is missing for a successful upgrade, one sentence each; empty when all is well."""
    problems = []
    for server in ("management_server", "database_server"):
        seen = state[server]
        if server == "management_server" and not seen["services"]:
            problems.append(f"{seen['host']}: none of the product's services is there.")
        if seen["product"]["version"] != target_version:
            problems.append(f"{seen['host']} has version {seen['product']['version']} instead of {target_version}.")
        problems += [
            f"{seen['host']}: service {name} is {service['state']}."
            for name, service in seen["services"].items()
            if service["start_type"] == "auto" and service["state"] != "running"
        ]
        problems += [
            f"{seen['host']}: {action} of the profile gave no answer. Run its command there by hand to see why."
            for action in seen["unanswered"]
        ]
    if state["management_server"]["license_registered"] is False:
        problems.append(f"{state['management_server']['host']}: no licence is registered.")
    if state["management_server"]["operation_window"] is False:
        problems.append(f"{state['management_server']['host']}: the operation window's port does not answer.")
    if state["database_server"]["database"].get("damaged"):
        problems.append(f"{state['database_server']['host']}: the database says that it is damaged.")
    schema = state["database_server"]["database"]["schema"]
    if schema is not None and schema != target_version and not skip_database_upgrade:
        problems.append(
            f"{state['database_server']['host']}: the database has schema {schema} instead of {target_version}. "
            "Upgrade it by Setup, or set upgrade_skip_database_upgrade: true."
        )
    return problems
