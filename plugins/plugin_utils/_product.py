# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The product on one server, as its profile describes it: where it is, and how its programs are run.

Note that this module is private to the collection.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils._errors import (
    CommandError,
    OperatorNeededError,
    OptionError,
    PreconditionError,
    UnknownOutcomeError,
    VerificationError,
)
from ansible_collections.jp1.itdm.plugins.module_utils._parse_registry import UninstallEntry
from ansible_collections.jp1.itdm.plugins.module_utils._profile import SECRET_VARIABLES, Profile, expand
from ansible_collections.jp1.itdm.plugins.plugin_utils import _windows as windows
from ansible_collections.jp1.itdm.plugins.plugin_utils._host import CommandResult, Host
from ansible_collections.jp1.itdm.plugins.plugin_utils._job import Job, run_job
from ansible_collections.jp1.itdm.plugins.plugin_utils._probe import Probe

DEFAULT_JOURNAL_FOLDER = r"C:\ProgramData\jp1_itdm_upgrade"
UNKNOWN_DATABASE: dict[str, Any] = {"records": None, "schema": None, "damaged": None}
_TAIL = 2000  # characters of a program's output that go into a result


@dataclass(frozen=True)
class Installation:
    """The installed product.

    :param installed: whether the product is among the installed programs.
    :param version: C(VV-RR) or C(VV-RR-SS), or an empty text when it can not be told.
    :param version_text: the version as the registry states it.
    :param install_folder: without a backslash at its end.
    """

    installed: bool
    version: str
    version_text: str
    install_folder: str

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)


def find_installation(entries: list[UninstallEntry], profile: Profile) -> Installation:
    """Find the product among the installed programs."""
    for entry in entries:
        if re.fullmatch(profile["product.display_name"], entry.name):
            match = re.fullmatch(profile["product.version_pattern"], entry.version)
            version = "-".join(group for group in match.groups() if group) if match else ""
            folder = entry.install_location or profile["product.install_folder"]
            return Installation(True, version, entry.version, folder.rstrip("\\"))
    return Installation(False, "", "", profile["product.install_folder"].rstrip("\\"))


class Product:
    """The product on one server.

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
        self._installation: Installation | None = None

    def installation_probe(self) -> Probe[Installation]:
        """Return the question for the installed product."""
        inner = windows.uninstall_entries(self.profile["product.registry_view"])
        return Probe(inner.command, lambda answer: find_installation(inner.parse(answer), self.profile))

    @property
    def installation(self) -> Installation:
        """The installed product, asked for once."""
        if self._installation is None:
            self._installation = self.host.ask(found=self.installation_probe()).found
        return self._installation

    @installation.setter
    def installation(self, found: Installation | None) -> None:
        self._installation = found

    def require_installed(self) -> Installation:
        """Return the installed product.

        :raises PreconditionError: C(not_installed).
        """
        found = self.installation
        if not found.installed:
            raise PreconditionError(
                f"{self.profile['product.display_name']} is not installed here.",
                code="not_installed",
                remedy="Check that the inventory names the right server.",
            )
        return found

    def can(self, action: str) -> bool:
        """Say whether the profile has a command for an action."""
        return bool(self.profile[f"{action}.method"] == "command")

    def run(self, action: str, **variables: str) -> CommandResult:
        """Run the profile's command for an action, and require an accepted exit code.

        :param variables: values for the templates, besides the install folder and the secrets.
        :raises OperatorNeededError: C(manual_step): the profile leaves this to a person.
        :raises OptionError: C(no_method): the profile has no way to do it.
        :raises CommandError: C(exit_code), with the end of the output as evidence.
        """
        profile = self.profile
        values = {"install_folder": self.installation.install_folder, **variables, **self.secrets}
        method = profile[f"{action}.method"]
        if method == "manual":
            return self._manual(action, expand(profile[f"{action}.instruction"], values))
        if method != "command":
            raise OptionError(
                f"profile {profile.name}: {action}.method is {method}.",
                code="no_method",
                remedy=f"Set {action}.method and {action}.argv, or method manual with an instruction.",
            )
        argv = [expand(word, values) for word in profile[f"{action}.argv"]]
        result = self._start(action, argv, values)
        accepted = self._accepted(action)
        if result.exit_code not in accepted:
            raise CommandError(
                f"{argv[0]} ended with exit code {result.exit_code}; accepted are {', '.join(map(str, accepted))}.",
                code="exit_code",
                remedy="Read its messages in the evidence.",
                evidence={"action": action, **output_of(result)},
            )
        return result

    def _start(self, action: str, argv: list[str], values: Mapping[str, str]) -> CommandResult:
        profile, host = self.profile, self.host
        stdin = expand(profile[f"{action}.stdin"], values)
        options: dict[str, Any] = {
            "time_limit": profile[f"{action}.time_limit"],
            "stdin": stdin.encode() if stdin else None,
            "working_folder": expand(profile[f"{action}.working_folder"], values) or None,
            "on_output": lambda text: host.log(1, text.rstrip()),
            "secrets": self.secrets.values(),
        }
        if profile[f"{action}.run_in"] == "task":
            return run_job(self.job(action), argv, **options)
        return host.run(argv, on_time_limit="leave", **options)

    def _accepted(self, action: str) -> list[int]:
        damaged = self.profile["database_status.damaged_exit_codes"] if action == "database_status" else []
        return [*self.profile[f"{action}.accepted_exit_codes"], *self.profile[f"{action}.restart_exit_codes"], *damaged]

    def job(self, action: str) -> Job:
        """Return the detached job of an action in this run."""
        return Job(self.host, f"{self.journal_folder}\\jobs", f"{self.run_id}-{action}")

    def take_up(self, action: str) -> dict[str, Any] | None:
        """Wait for the job that an earlier run of this run's playbook has left, and return its end; None when there is none.

        :raises UpgradeError: as L(Job.wait), except that a lost job is simply gone: the server is looked at next.
        """
        if not self.can(action) or self.profile[f"{action}.run_in"] != "task":
            return None
        job = self.job(action)
        if job.look() is None:
            return None
        self.host.log(0, f"takes up {action}, which an earlier run has started")
        try:
            result = job.wait(self.profile[f"{action}.time_limit"], lambda text: self.host.log(1, text.rstrip()))
        except UnknownOutcomeError as error:
            job.remove()
            return {**error.as_result(), "accepted": False}
        job.remove()
        return {**output_of(result), "accepted": result.exit_code in self._accepted(action)}

    def shows(self, action: str) -> bool:
        """Say whether the server shows an action's effect, so that nobody has to confirm it."""
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

    def pattern(self, field: str, text: str) -> str | None:
        """Return what a pattern of the profile finds in a text: its first group, or the whole match; None for nothing."""
        pattern = self.profile[field]
        match = re.search(pattern, text) if pattern else None
        return (match[1] if match.re.groups else match[0]) if match else None

    def database_status(self, action: str = "database_status", **variables: str) -> dict[str, Any]:
        """Return C(records) and C(schema) of the database or of a backup, and whether it is C(damaged).

        Each of them is None where the profile can not tell; it never tells of a backup whether it is damaged.
        """
        if not self.can(action):
            return dict(UNKNOWN_DATABASE)
        result = self.run(action, **variables)
        records = self.pattern("database_status.records", result.stdout)
        damaged = self.profile["database_status.damaged_exit_codes"] if action == "database_status" else []
        return {
            "records": int(records) if records and records.isdigit() else None,
            "schema": self.pattern("database_status.schema", result.stdout),
            "damaged": result.exit_code in damaged if damaged else None,
        }

    def license_registered(self) -> bool | None:
        """Return whether a licence is registered; None where the profile can not tell."""
        if not self.can("license_status"):
            return None
        return self.pattern("license_status.registered", self.run("license_status").stdout) is not None


def require_undamaged(status: Mapping[str, Any], remedy: str) -> None:
    """Require that the database is not damaged, as far as the profile can tell.

    :param status: what L(Product.database_status) returned.
    :raises VerificationError: C(database_damaged).
    """
    if status["damaged"]:
        raise VerificationError("The database says that it is damaged.", code="database_damaged", remedy=remedy, evidence=dict(status))


def output_of(result: CommandResult) -> dict[str, Any]:
    """Return a command's end as evidence: exit code, the last of its output, seconds."""
    return {
        "exit_code": result.exit_code,
        "stdout": result.stdout[-_TAIL:],
        "stderr": result.stderr[-_TAIL:],
        "elapsed": round(result.elapsed, 1),
    }
