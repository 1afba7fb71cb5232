# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting and stopping the services of one server.

Note that this module is private to the collection.
"""

from __future__ import annotations

import time

from ansible_collections.jp1.itdm.plugins.module_utils._errors import CommandError, PreconditionError, TimeLimitError
from ansible_collections.jp1.itdm.plugins.module_utils._parse_services import Service
from ansible_collections.jp1.itdm.plugins.plugin_utils import _windows
from ansible_collections.jp1.itdm.plugins.plugin_utils._host_core import HostCore
from ansible_collections.jp1.itdm.plugins.plugin_utils._quoting import command_line

_ALREADY_RUNNING = 1056
_NOT_RUNNING = 1062
_CANNOT_ACCEPT_NOW = 1061  # it is just starting or stopping


class HostServices(HostCore):
    """Starts and stops services and waits until they have."""

    #: Seconds between two looks at a service: first, and at most.
    service_poll: tuple[float, float] = (0.5, 5.0)

    def start_service(self, name: str, time_limit: float) -> Service:
        """Start a service and wait until it runs; one that runs is left alone.

        :param time_limit: seconds.
        :raises PreconditionError: code C(service_missing).
        :raises CommandError: code C(service_not_started), with the exit codes that the service left.
        :raises TimeLimitError: code C(service_not_started).
        """
        return self._bring_to(name, "running", "start", _ALREADY_RUNNING, time_limit)

    def stop_service(self, name: str, time_limit: float) -> Service:
        """Stop a service and wait until it has stopped; one that is stopped is left alone.

        :param time_limit: seconds.
        :raises PreconditionError: code C(service_missing).
        :raises CommandError: code C(service_not_stopped), for example because other services depend on it.
        :raises TimeLimitError: code C(service_not_stopped).
        """
        return self._bring_to(name, "stopped", "stop", _NOT_RUNNING, time_limit)

    def _bring_to(self, name: str, state: str, verb: str, already: int, time_limit: float) -> Service:
        end = time.monotonic() + time_limit
        done = {"start": "started", "stop": "stopped"}[verb]
        service = self._service(name)
        asked = False
        pause, longest = self.service_poll
        while service.state != state:
            if not asked:
                result = self._internal(f"{command_line(['sc', verb, name])} <nul")
                if result.exit_code not in (0, already, _CANNOT_ACCEPT_NOW):
                    raise self._not_done(done, service, {"sc_exit_code": result.exit_code, "output": result.stdout[-1000:]})
                asked = result.exit_code != _CANNOT_ACCEPT_NOW
            service = self._service(name)
            if service.state == state:
                break
            if asked and verb == "start" and service.state == "stopped":
                raise self._not_done(done, service, {})
            if time.monotonic() >= end:
                raise TimeLimitError(
                    f"The service {name} on {self.name} was not {done} within {time_limit:g} s; it is {service.state}.",
                    code=f"service_not_{done}",
                    evidence={"host": self.name, "service": name, "state": service.state},
                )
            time.sleep(min(pause, max(0.0, end - time.monotonic())))
            pause = min(pause * 1.5, longest)
        self.log(2, f"{self.name}: service {name} is {state}")
        return service

    def _service(self, name: str) -> Service:
        found: list[Service] = self.ask(found=_windows.services([name])).found
        if not found:
            raise PreconditionError(
                f"{self.name} has no service {name}.",
                code="service_missing",
                remedy="Check the service names in the product profile.",
                evidence={"host": self.name, "service": name},
            )
        return found[0]

    def _not_done(self, done: str, service: Service, evidence: dict[str, object]) -> CommandError:
        return CommandError(
            f"The service {service.name} on {self.name} could not be {done} (exit code {service.exit_code},"
            f" the service's own {service.service_exit_code}).",
            code=f"service_not_{done}",
            remedy="Look at the service's log and at the Windows event log.",
            evidence={
                "host": self.name,
                "service": service.name,
                "state": service.state,
                "exit_code": service.exit_code,
                "service_exit_code": service.service_exit_code,
                **evidence,
            },
        )
