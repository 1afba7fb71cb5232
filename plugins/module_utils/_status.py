# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a system is, in lines for people. Pure rules.

Note that this module is private to the collection.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils._journal_format import STEPS, is_open
from ansible_collections.jp1.itdm.plugins.module_utils._result import NEXT_PLAYBOOK, playbook_command


def status_lines(system: str, journal: Mapping[str, Any], servers: Sequence[Mapping[str, Any]], place: Mapping[str, Any]) -> list[str]:
    """Return what is installed and runs, how far the last run came, who has the lock, and what to run next.

    :param system: the management server's name.
    :param journal: result of M(jp1.itdm.upgrade_journal) with C(state=read).
    :param servers: results of M(jp1.itdm.manager_info).
    :param place: C(playbook_dir) and C(inventory_sources).
    """
    lines = [_server_line(result) for result in servers]
    if "content" not in journal:
        return [*lines, f"The journal could not be read: {_why(journal)}"]
    run, lock = journal["content"], journal["lock"]
    return [*lines, *_run_lines(run), *_lock_lines(lock), _next_line(system, run, lock, place)]


def _why(result: Mapping[str, Any]) -> str:
    what = result.get("failure")
    return f"{what['message']} {what['remedy']}".strip() if what else str(result.get("msg", "the task failed."))


def _server_line(result: Mapping[str, Any]) -> str:
    if "state" not in result:
        return f"{(result.get('failure') or {}).get('host') or 'A server'} could not be read: {_why(result)}"
    state = result["state"]
    services = list(state["services"].values())
    running = sum(service["state"] == "running" for service in services)
    parts = [
        f"{state['host']} ({state['server'].replace('_', ' ')}) has version {state['product']['version'] or 'unknown'}",
        f"{running} of {len(services)} services run",
    ]
    database = state["database"]
    if database["schema"] is not None:
        parts.append(f"the database has schema {database['schema']} and {database['records']} records")
    if state["installers_running"]:
        parts.append(f"at work: {', '.join(state['installers_running'])}")
    return "; ".join(parts) + "."


def _run_lines(run: Mapping[str, Any]) -> Iterator[str]:
    if not run:
        yield "No run is known."
        return
    end = run.get("end_state")
    ended = "" if not end else ", committed" if run.get("committed") else f", {end}"
    rolling = ", its rollback has begun" if run.get("rolling_back") else ""
    yield (
        f"Run {run['run_id']} to version {run['target_version']} is {'open' if is_open(run) else 'closed'}{ended}{rolling}; "
        f"last entry at {run['updated']}; backup in {run['backup_folder']}."
    )
    for step, what in sorted(run["steps"].items(), key=lambda item: (item[1]["since"], _order(item[0]))):
        yield f"  {step}: {what['state']} since {what['since']}"


def _order(step: str) -> int:
    return STEPS.index(step) if step in STEPS else len(STEPS)


def _lock_lines(lock: Mapping[str, Any]) -> Iterator[str]:
    if not lock["held"]:
        return
    holder = lock["holder"]
    if not holder:
        yield "Lock: its folder is there, and nobody has it; the next run takes it."
        return
    known = {True: "has ended", False: "still runs", None: "can not be seen from here"}[lock["holder_gone"]]
    yield f"Lock: {holder['doing']} on {holder['controller']} since {holder['since']}; its ansible-playbook {known}."


def _next_line(system: str, run: Mapping[str, Any], lock: Mapping[str, Any], place: Mapping[str, Any]) -> str:
    def command(playbook: str) -> str:
        return playbook_command(playbook, system, str(place["playbook_dir"]), place.get("inventory_sources"))

    if lock["holder"] and lock["holder_gone"] is False:
        return "Next: wait for the end of the run that has the lock."
    begin = "Next, when the run that has the lock has ended:" if lock["holder"] and lock["holder_gone"] is None else "Next:"
    if run.get("rolling_back") or (run.get("rollback_requested") and is_open(run)):
        return f"{begin} {command('rollback.yml')}"
    if is_open(run):
        return f"{begin} {command(NEXT_PLAYBOOK.get(str(run.get('end_state')), 'upgrade.yml'))}"
    if run.get("end_state") == "SUCCEEDED" and not run.get("committed"):
        return f"{begin} {command('commit.yml')} closes the way back, {command('rollback.yml')} takes it."
    return f"{begin} {command('upgrade.yml')}"
