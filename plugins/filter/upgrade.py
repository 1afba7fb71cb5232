# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of the upgrade as filters, for the role's tasks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils import _journal_format, _policy, _result, _rollback, _status
from ansible_collections.jp1.itdm.plugins.module_utils._checks import BLOCKER, check_system
from ansible_collections.jp1.itdm.plugins.module_utils._rollback import SERVERS

# What an interrupted run of the same upgrade makes untrue; everything else still blocks. The old media are compared with what is
# installed, which is the new version halfway; its services may be down and its programs missing, and the backup may have taken its
# space already.
_EXPECTED_IN_OPEN_RUN = (
    "same_version",
    "services_known",
    "services_running",
    "product_installed",
    "programs_known",
    "old_media",
    "backup_space",
)


def system_findings(state: Mapping[str, Any], target_version: str, max_clock_difference: float = 60.0) -> list[dict[str, str]]:
    """Return the findings that need both servers."""
    findings = check_system(state["management_server"], state["database_server"], target_version, float(max_clock_difference))
    return [finding.as_dict() for finding in findings]


def installed_versions(state: Mapping[str, Any]) -> list[str | None]:
    """Return the different versions that are installed on the two servers."""
    return sorted({state[server]["product"]["version"] for server in SERVERS}, key=str)


def finding_lines(findings: Sequence[Mapping[str, str]]) -> list[str]:
    """Return findings as sentences: host, check, what was found, what to do."""
    return [f"{item['host']} [{item['check']}] {item['message']} {item['remedy']}" for item in findings]


def blockers(
    findings: Sequence[Mapping[str, str]], open_run: Mapping[str, Any], target_version: str, skip_database_upgrade: bool = False
) -> list[dict[str, str]]:
    """Return the findings that stop the run.

    :param open_run: the journal's run that is still open, or an empty mapping.
    :param skip_database_upgrade: whether the run leaves Setup out.
    """
    left_out = ("setup_known",) if skip_database_upgrade else ()
    found = [dict(item) for item in findings if item["severity"] == BLOCKER and item["check"] not in left_out]
    if not open_run:
        return found
    found = [item for item in found if item["check"] not in _EXPECTED_IN_OPEN_RUN]
    common = {"severity": BLOCKER, "host": open_run["management_server"]}
    if open_run["target_version"] != target_version:
        found.append(
            {
                **common,
                "check": "open_run",
                "message": f"Run {open_run['run_id']} to version {open_run['target_version']} is still open.",
                "remedy": "Finish it with the same target version, or run rollback.yml.",
            }
        )
    if open_run.get("rolling_back"):
        found.append(
            {
                **common,
                "check": "open_run",
                "message": f"The rollback of run {open_run['run_id']} is not finished.",
                "remedy": "Run rollback.yml.",
            }
        )
    return found


def lock_refusal(
    journal: Mapping[str, Any],
    states: Sequence[Mapping[str, Any]],
    now: str,
    quiet_time: float = 1800.0,
    take_over: bool = False,
) -> str:
    """Say why the lock may not be taken; an empty text when it may be.

    :param journal: the result of M(jp1.itdm.upgrade_journal) with C(state=read).
    :param states: the states of both servers.
    :param now: the time, ISO 8601.
    """
    run = journal.get("content") or {}
    return _journal_format.lock_refusal(
        journal["lock"],
        [f"{program} on {state['host']}" for state in states for program in state["installers_running"]],
        running=_journal_format.states_in(run, "running") if _journal_format.is_open(run) else [],
        updated=str(run.get("updated", "")),
        now=now,
        quiet_time=float(quiet_time),
        take_over=bool(take_over),
    )


def description_problems(host: str, groups: Mapping[str, Sequence[str]], hostvars: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with the inventory's description of a management server's system."""
    database_servers = groups.get("jp1_itdm_database_servers", [])
    own = hostvars[host].get("upgrade_database_server")
    if not own:
        return [f"{host}: upgrade_database_server is not set. Name the database server of this management server."]
    if own not in database_servers:
        return [
            f"{host}: upgrade_database_server names {own!r}, which is not in the inventory group jp1_itdm_database_servers. "
            "Correct the name, or put the server into the group."
        ]
    problems = [
        f"{host}: {other} names the same upgrade_database_server, {own}. Every management server has a database server of its own."
        for other in groups.get("jp1_itdm_management_servers", [])
        if other != host and hostvars[other].get("upgrade_database_server") == own
    ]
    media, old = hostvars[host].get("upgrade_media_folder"), hostvars[host].get("upgrade_old_media_folder")
    if media and media == old:
        problems.append(
            f"{host}: upgrade_media_folder and upgrade_old_media_folder are the same folder, {media}. "
            "Name the new version's media in the one and the installed version's in the other."
        )
    return problems


class FilterModule:
    """The filters of the collection."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {
            "blockers": blockers,
            "description_problems": description_problems,
            "end_state_without_rollback": _result.end_state_without_rollback,
            "failure": _result.failure,
            "finding_lines": finding_lines,
            "installed_versions": installed_versions,
            "last_line": _result.last_line,
            "lock_refusal": lock_refusal,
            "policy_problems": _policy.policy_problems,
            "refusal_line": _result.refusal_line,
            "rollback_plan": _rollback.rollback_plan,
            "state_differences": _rollback.state_differences,
            "states_in": _journal_format.states_in,
            "status_lines": _status.status_lines,
            "step_state": _result.step_state,
            "system_findings": system_findings,
            "upgrade_problems": _result.upgrade_problems,
            "upgrade_result": _result.upgrade_result,
        }
