# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The base of all action plugins: from a task to a step on a host, and back to a result.

Verbosity: 1 begin of a step and the product's own progress, 2 end of a step, 4 connection operations, 5 raw commands and answers.

Note that this module is private to the collection.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.jp1.itdm.plugins.module_utils._argspec import DEFAULT_PROFILE, FROM_VARIABLES, Spec
from ansible_collections.jp1.itdm.plugins.module_utils._errors import OptionError, UpgradeError
from ansible_collections.jp1.itdm.plugins.module_utils._profile import SECRET_VARIABLES
from ansible_collections.jp1.itdm.plugins.plugin_utils._connections import open_runner
from ansible_collections.jp1.itdm.plugins.plugin_utils._host import Host
from ansible_collections.jp1.itdm.plugins.plugin_utils._product import DEFAULT_JOURNAL_FOLDER, Product
from ansible_collections.jp1.itdm.plugins.plugin_utils._profiles import load_profile
from ansible_collections.jp1.itdm.plugins.plugin_utils._step import Step, run_step

MASK = "********"
GROUPS = {
    "management_server": "jp1_itdm_management_servers",
    "database_server": "jp1_itdm_database_servers",
}
display = Display()


class HostAction(ActionBase):  # type: ignore[misc]
    """An action on one Windows host, reached by the connection of the task.

    A subclass names its option specification and makes its step.

    :cvar facts: keys of the result that later tasks compare and act on, so that they stay as they are also where a weak secret happens to
        be a part of a path or name. What programs printed was masked before it got there.
    """

    spec: Spec
    server: str | None = None
    facts: tuple[str, ...] = ()

    def product(self, host: Host, options: Mapping[str, Any]) -> Product:
        """Return the product on the host, as the options' profile describes it.

        :raises OptionError: the profile is unknown or wrong.
        """
        profile = load_profile(options.get("profile") or DEFAULT_PROFILE, options.get("profile_overrides"))
        secrets = {name: str(options[name]) for name in SECRET_VARIABLES if options.get(name)}
        server = options.get("server") or self.server
        return Product(
            host,
            profile,
            str(server),
            secrets,
            options.get("confirmed_steps") or (),
            run_id=options.get("run_id") or "run",
            journal_folder=options.get("journal_folder") or DEFAULT_JOURNAL_FOLDER,
        )

    def step(self, host: Host, options: dict[str, Any]) -> Step:
        """Make the step that this action runs."""
        raise NotImplementedError

    def act(self, host: Host, options: dict[str, Any]) -> dict[str, Any]:
        """Do the action's work and return its result."""
        return run_step(self.step(host, options), check_mode=self._task.check_mode, log=host.log)

    def work(self, name: str, options: dict[str, Any], secrets: Iterable[str], result: dict[str, Any]) -> None:
        """Put what the action does into the task's result; here by acting on the host over the task's connection."""
        host = self._open(name, secrets, options.get("reconnection_time") or 0)
        try:
            result.update(self.act(host, options))
        finally:
            result["http_requests"] = host.requests
            host.close()

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the task; a failure of any kind comes back as a failed result, never as an unreachable host."""
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        secrets: list[str] = []
        name = str(self._task.delegate_to or variables.get("inventory_hostname") or "")
        try:
            options = self._options(name, variables, secrets)
            self._check_target(name, options, variables)
            self.work(name, options, secrets, result)
        except UpgradeError as error:
            result.update(failed=True, changed=bool(error.evidence.get("executed")), **_failure(error, name))
        facts = {key: result.pop(key) for key in self.facts if key in result}
        return {**_masked(result, secrets), **facts}

    def _options(self, name: str, variables: Mapping[str, Any], secrets: list[str]) -> dict[str, Any]:
        if self._play_context.become or getattr(self._connection, "become", None) is not None:
            raise OptionError(
                f"become: {self._task.action} does not support become; it would be ignored.",
                code="become_refused",
                remedy="Remove become, and let the connection log in with an administrator's account.",
            )
        _unused, options = self.validate_argument_spec(self.spec)
        for option, variable in FROM_VARIABLES.items():
            for source in (variables, self._own_variables(name, variables)):
                if option in self.spec and options.get(option) in (None, "", [], {}) and variable in source:
                    options[option] = self._from_variable(option, variable, source)
        secrets.extend(str(options[option]) for option in SECRET_VARIABLES if options.get(option))
        return dict(options)

    def _own_variables(self, name: str, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the variables of the host that the task is delegated to; the task has those of the delegating host."""
        if not self._task.delegate_to or name not in variables.get("groups", {}).get("all", ()):
            return {}
        own: Mapping[str, Any] = variables.get("hostvars", {}).get(name, {})
        return own

    def _from_variable(self, option: str, variable: str, variables: Mapping[str, Any]) -> Any:
        """Return an option's value from its variable, with the type that the option has."""
        value = self._templar.template(variables[variable])
        if value is None or value == "":
            return None
        checked = ArgumentSpecValidator({option: self.spec[option]}).validate({option: value})
        if checked.error_messages:
            raise OptionError(f"{variable}: {'; '.join(checked.error_messages)}.", remedy=f"Correct {variable}.")
        return checked.validated_parameters[option]

    def _check_target(self, name: str, options: Mapping[str, Any], variables: Mapping[str, Any]) -> None:
        """Refuse a delegation to a host that the inventory does not know as the right kind of server."""
        server = options.get("server") or self.server
        if not self._task.delegate_to or server is None:
            return
        group = GROUPS[server]
        if name not in variables.get("groups", {}).get(group, ()):
            raise OptionError(
                f"delegate_to: {name!r} is not in the inventory group {group}.",
                code="wrong_target",
                remedy=f"Put {name} into {group}, or correct upgrade_database_server.",
            )

    def _open(self, name: str, secrets: Iterable[str], reconnection_time: float) -> Host:
        environment: dict[str, Any] = {}
        self._compute_environment_string(raw_environment_out=environment)
        runner = open_runner(self._connection, environment={key: str(value) for key, value in environment.items()})
        if reconnection_time < 0:
            raise OptionError("reconnection_time: it must not be negative.", remedy="Correct upgrade_reconnection_time.")
        runner.reconnection_time = reconnection_time

        def log(level: int, text: str) -> None:
            line = str(_masked(text, secrets))
            if level <= 0:
                display.display(f"<{name}> {line}")
            else:
                display.verbose(line, host=name, caplevel=level - 1)

        return Host(runner, name=name, log=log)


def _failure(error: UpgradeError, name: str) -> dict[str, Any]:
    return {"msg": f"{name}: {error}", "failure": {**error.as_result(), "host": name}}


def _masked(value: Any, secrets: Iterable[str]) -> Any:
    """Return plain data with every secret replaced, wherever it stands in a text."""
    # the longest first: a secret may be a part of another
    secrets = sorted(filter(None, secrets), key=len, reverse=True)
    if not secrets:
        return value
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, MASK)
        return value
    if isinstance(value, Mapping):
        return {_masked(key, secrets): _masked(item, secrets) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_masked(item, secrets) for item in value]
    return value
