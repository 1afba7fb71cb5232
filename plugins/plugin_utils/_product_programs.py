# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running the product's programs as its profile says: in the connection's shell, or detached, or by a person.

Note that this module is private to the collection.
"""

from __future__ import annotations

import ntpath
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils._errors import (
    CommandError,
    ConnectionLostError,
    OperatorNeededError,
    OptionError,
    TimeLimitError,
    UnknownOutcomeError,
    UpgradeError,
)
from ansible_collections.jp1.itdm.plugins.module_utils._profile import ASKING_ACTIONS, LONG_ACTIONS, SECRET_VARIABLES, Profile, expand
from ansible_collections.jp1.itdm.plugins.plugin_utils import _windows as windows
from ansible_collections.jp1.itdm.plugins.plugin_utils._host import CommandResult, Host
from ansible_collections.jp1.itdm.plugins.plugin_utils._job import Job, run_job
from ansible_collections.jp1.itdm.plugins.plugin_utils._job_view import COMMAND_FILE, TASK_FOLDER
from ansible_collections.jp1.itdm.plugins.plugin_utils._paths import windows_path

DEFAULT_JOURNAL_FOLDER = r"C:\ProgramData\jp1_itdm_upgrade"
_TAIL = 2000  # characters of a program's output that go into a result
_POLL_SECONDS = 2.0
# A program whose start was not answered may be seen a little later.
_QUIET_LOOKS = 3


class ProductPrograms:
    """The programs of the product on one server.

    :param host: the server.
    :param profile: the product profile.
    :param server: V(management_server) or V(database_server).
    :param secrets: values of C(database_password) and C(license_key), as far as they were given.
    :param confirmed: actions with method V(manual) that a person says to have done.
    :param run_id: the run that detached jobs belong to.
    :param journal_folder: the folder on the server that holds their folders.
    """

    def __init__(
        self,
        host: Host,
        profile: Profile,
        server: str,
        secrets: Mapping[str, str] | None = None,
        confirmed: Iterable[str] = (),
        *,
        run_id: str = "run",
        journal_folder: str = DEFAULT_JOURNAL_FOLDER,
    ) -> None:
        self.host = host
        self.profile = profile
        self.server = server
        self.secrets = {name: value for name, value in (secrets or {}).items() if value and name in SECRET_VARIABLES}
        self.confirmed = frozenset(confirmed)
        self.run_id = run_id
        self.journal_folder = journal_folder
        self.jobs_folder = f"{journal_folder}\\jobs"
        self._kept: list[Job] = []

    @property
    def install_folder(self) -> str:
        """Where the product is installed, for the templates."""
        raise NotImplementedError

    def can(self, action: str) -> bool:
        """Say whether the profile has a command for an action."""
        return bool(self.profile[f"{action}.method"] == "command")

    def run(self, action: str, *, response: str = "", **variables: str) -> CommandResult:
        """Run the profile's command for an action, and require an accepted exit code.

        Where the server does not show an action's effect, the job of a detached program stays until L(forget_jobs), so that a later run can
        take its end up.

        :param response: the template of a response file, which C(response_file) then names; only administrators may read it.
        :param variables: values for the templates, besides the install folder and the secrets.
        :raises OperatorNeededError: C(manual_step): the profile leaves this to a person.
        :raises OptionError: C(no_method): the profile has no way to do it.
        :raises CommandError: C(exit_code), with the end of the output as evidence.
        """
        profile = self.profile
        values = {"install_folder": self.install_folder, **variables, **self.secrets}
        method = profile[f"{action}.method"]
        if method == "manual":
            return self._manual(action, expand(profile[f"{action}.instruction"], values))
        if method != "command":
            raise OptionError(
                f"profile {profile.name}: {action}.method is {method}.",
                code="no_method",
                remedy=f"Set {action}.method and {action}.argv, or method manual with an instruction.",
            )
        content = expand(response, values).encode() if response else None
        if profile[f"{action}.run_in"] == "task":
            result = self._run_detached(action, values, content)
        else:
            result = self._run_in_shell(action, values, content)
        accepted = self._accepted(action)
        if result.exit_code not in accepted:
            self.forget_jobs()
            raise CommandError(
                f"{self._argv(action, values)[0]} ended with exit code {result.exit_code}; accepted are {', '.join(map(str, accepted))}.",
                code="exit_code",
                remedy="Read its messages in the evidence.",
                evidence={"action": action, **output_of(result)},
            )
        return result

    def _run_detached(self, action: str, values: dict[str, str], response: bytes | None) -> CommandResult:
        job = self.job(step_name(action, values.get("version", "")), values.get("log_file", ""))
        files = {}
        if response is not None:
            files = {"response.txt": response}
            values["response_file"] = job.file("response.txt")
        keep = not self.shows(action)
        result = run_job(job, self._argv(action, values), files=files, keep=keep, **self._options(action, values))
        if keep:
            self._kept.append(job)
        return result

    def _run_in_shell(self, action: str, values: dict[str, str], response: bytes | None) -> CommandResult:
        with self._response_file(action, response) as path:
            values["response_file"] = path
            options = {**self._options(action, values), "on_time_limit": "leave", "secrets": self.secrets.values()}
            # what only asks can be asked again when its answer was lost
            return self.host.run(self._argv(action, values), idempotent=action in ASKING_ACTIONS, **options)

    def _argv(self, action: str, values: Mapping[str, str]) -> list[str]:
        return [expand(word, values) for word in self.profile[f"{action}.argv"]]

    def _options(self, action: str, values: Mapping[str, str]) -> dict[str, Any]:
        stdin = expand(self.profile[f"{action}.stdin"], values)
        return {
            "time_limit": self.profile[f"{action}.time_limit"],
            "stdin": stdin.encode() if stdin else None,
            "working_folder": expand(self.profile[f"{action}.working_folder"], values) or None,
            "on_output": self._show,
        }

    def _show(self, text: str) -> None:
        self.host.log(1, text.rstrip())

    @contextmanager
    def _response_file(self, action: str, content: bytes | None) -> Iterator[str]:
        if content is None:
            yield ""
            return
        path = self._response_path(action)
        try:
            self.host.write_file(path, content, owner_only=True, replace=True)
            yield path
        except ConnectionLostError as error:
            # a program whose start was not answered may not have read the file yet; await_end removes it
            if error.code != "answer_lost":
                self._remove_response(action, path)
            raise
        except BaseException:
            self._remove_response(action, path)
            raise
        self._remove_response(action, path)

    def _response_path(self, action: str) -> str:
        temporary = self.host.ask(found=windows.environment_variables(["TEMP"])).found.get("TEMP", "C:\\Windows\\Temp")
        return f"{temporary}\\jp1itdm-{action}.rsp"

    def _remove_response(self, action: str, path: str = "") -> None:
        try:
            self.host.remove_file(path or self._response_path(action))
        except UpgradeError as error:  # this must neither hide a failure nor make one
            self.host.log(0, f"Delete the response file, which could not be removed: {error}")

    def _accepted(self, action: str) -> list[int]:
        damaged = self.profile["database_status.damaged_exit_codes"] if action == "database_status" else []
        return [*self.profile[f"{action}.accepted_exit_codes"], *self.profile[f"{action}.restart_exit_codes"], *damaged]

    # Jobs

    def job(self, step: str, log_file: str = "") -> Job:
        """Return the detached job of a step in this run.

        :param step: as L(step_name) returns it.
        :param log_file: what its program writes while it runs.
        """
        return Job(self.host, self.jobs_folder, f"{self.run_id}-{step}", log_file=log_file, secrets=self.secrets.values())

    def left_steps(self) -> list[str]:
        """Return the steps of this run whose jobs are on the server, started or not, sorted."""
        items = self.host.ask(items=windows.folder(self.jobs_folder)).items or []
        begin = f"{self.run_id}-"
        return sorted(item.name.removeprefix(begin) for item in items if item.is_folder and item.name.startswith(begin))

    def jobs_brought_back(self) -> list[Job]:
        """Return the jobs, of whatever run, that were removed and whose tasks are there again: a power loss can undo their deletion."""
        seen = self.host.ask(tasks=windows.tasks(TASK_FOLDER), items=windows.folder(self.jobs_folder))
        there = {item.name.lower() for item in seen.items or []}
        # another product's journal folder may be another one, and its tasks are none of ours
        return [
            Job(self.host, self.jobs_folder, name)
            for name, fields in sorted(seen.tasks.items())
            if name.lower() not in there
            and f"{windows_path(self.jobs_folder)}\\{name}\\{COMMAND_FILE}".lower() in [field.strip(' "').lower() for field in fields]
        ]

    def take_up(self, action: str, version: str = "") -> dict[str, Any] | None:
        """Wait for what this run's playbook has left of an action, and return the end of the step's own job, None when there is none.

        A job for another version is waited for, too, because two installers must never meet. What ran in the connection's shell has left
        no job, only its program.

        :param version: the version that the step is for.
        :raises UpgradeError: as L(Job.wait), except that a lost job is simply gone: the server is looked at next.
        """
        if not self.can(action):
            return None
        if self.profile[f"{action}.run_in"] == "shell":
            try:
                self._await_end(self._own_programs([action]), self.profile[f"{action}.time_limit"], looks=1)
            except TimeLimitError:
                self._remove_left_response([action])
                raise
        ends = {step: self._take_up(step) for step in self.left_steps() if action_of(step) == action}
        return ends.get(step_name(action, version))

    def _take_up(self, step: str) -> dict[str, Any] | None:
        action, job = action_of(step), self.job(step)
        end: dict[str, Any] | None = None
        if job.look() is not None:
            self.host.log(0, f"takes up {step}, which was started before")
            try:
                result = job.wait(self.profile[f"{action}.time_limit"], self._show)
                end = {**output_of(result), "accepted": result.exit_code in self._accepted(action)}
            except UnknownOutcomeError as error:
                end = {**error.as_result(), "accepted": False}
        if end and end["accepted"] and not self.shows(action):
            self._kept.append(job)
        else:
            job.remove()
        return end

    def forget_jobs(self) -> None:
        """Remove the jobs that were kept: their ends were taken up for good."""
        while self._kept:
            self._kept.pop().remove()

    def await_end(self, *actions: str) -> None:
        """Wait until no program of these actions runs any more, whoever started it, and remove what it was given to read.

        :raises TimeLimitError: C(time_limit): it takes longer than the profile allows them.
        """
        names = self._own_programs(actions)
        if set(actions) & set(LONG_ACTIONS):
            names |= set(self.profile["product.installer_processes"])
        try:
            self._await_end(names, max(self.profile[f"{action}.time_limit"] for action in actions), _QUIET_LOOKS)
        finally:
            self._remove_left_response(actions)

    def _remove_left_response(self, actions: Sequence[str]) -> None:
        if "install" in actions and self.profile["install.response_file"] and self.profile["install.run_in"] == "shell":
            self._remove_response("install")

    def _own_programs(self, actions: Sequence[str]) -> set[str]:
        programs = [self.profile[f"{action}.argv"][0] for action in actions if self.can(action)]
        # a program of Windows may run for many reasons
        return {ntpath.basename(program) for program in programs if program.startswith("{")}

    def _await_end(self, names: set[str], limit: int, looks: int) -> None:
        end = time.monotonic() + limit
        quiet = 0
        while names and quiet < looks:
            found = self.host.ask(found=windows.running_processes(sorted(names))).found
            quiet = 0 if found else quiet + 1
            if found and time.monotonic() > end:
                raise TimeLimitError(
                    f"{', '.join(sorted(process.name for process in found))} on {self.host.name} still runs after {limit} seconds.",
                    code="time_limit",
                    remedy="Wait for its end, then run the same playbook again.",
                )
            if quiet < looks:
                time.sleep(_POLL_SECONDS)

    # What a person does

    def shows(self, action: str) -> bool:
        """Say whether the server shows an action's effect by itself."""
        if action == "setup_database":
            return self.can("database_status") and bool(self.profile["database_status.schema"])
        if action == "register_license":
            return self.can("license_status")
        # files do not show that a person has finished writing them, nor records that they came from the backup
        return action not in ("backup", "restore")

    def _manual(self, action: str, instruction: str) -> CommandResult:
        if self.shows(action):
            raise OperatorNeededError(
                instruction,
                code="manual_step",
                remedy="Then run the same playbook again; it looks whether it was done.",
                evidence={"action": action},
            )
        if action in self.confirmed:
            return CommandResult(0, "", "", 0.0)
        raise OperatorNeededError(
            instruction,
            code="manual_step",
            remedy="Then confirm it, because the server does not show it.",
            evidence={"action": action, "confirm": action},
        )

    def restart_wanted(self, action: str, result: CommandResult) -> bool:
        """Say whether a command's exit code asks for a restart of the server."""
        return result.exit_code in self.profile[f"{action}.restart_exit_codes"]


def step_name(action: str, version: str) -> str:
    """Return what a job is called besides its run: an installation of one version is another step than that of another."""
    return f"{action}-{version}" if version else action


def action_of(step: str) -> str:
    """Return the action of a step's name."""
    return step.partition("-")[0]


def output_of(result: CommandResult) -> dict[str, Any]:
    """Return a command's end as evidence: exit code, the last of its output, seconds."""
    return {
        "exit_code": result.exit_code,
        "stdout": result.stdout[-_TAIL:],
        "stderr": result.stderr[-_TAIL:],
        "elapsed": round(result.elapsed, 1),
    }
