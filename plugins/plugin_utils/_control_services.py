# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start and stop the product's services.

Note that this module is private to the collection.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils._errors import OptionError, PreconditionError, VerificationError
from ansible_collections.jp1.itdm.plugins.module_utils._parse_services import Service
from ansible_collections.jp1.itdm.plugins.module_utils._profile import expand
from ansible_collections.jp1.itdm.plugins.plugin_utils import _windows as windows
from ansible_collections.jp1.itdm.plugins.plugin_utils._inspect import services_by_name
from ansible_collections.jp1.itdm.plugins.plugin_utils._product import Product, output_of
from ansible_collections.jp1.itdm.plugins.plugin_utils._step import Seen, Step, Unmet

_POLL_SECONDS = 1.0


def patterns_for(product: Product, purpose: str) -> list[str]:
    """Return the name patterns of the services that a purpose is about.

    :param purpose: V(operation), V(license_registration) or V(installation), see the module M(jp1.itdm.manager_service).
    """
    profile = product.profile
    if purpose == "license_registration":
        return list(profile["services.for_license"])
    if purpose == "installation" and product.server == "database_server":
        return list(profile["services.stop_before_database_install"])
    return list(profile[f"services.{product.server}"])


class ControlServices(Step):
    """Bring the services of one purpose into one state; proven by the service control manager."""

    def __init__(self, product: Product, state: str, purpose: str) -> None:
        if purpose == "installation" and state == "started":
            raise OptionError("purpose: installation goes with state: stopped only.")
        self.product = product
        self.wanted = "running" if state == "started" else "stopped"
        self.purpose = purpose
        self.patterns = patterns_for(product, purpose)
        self.title = f"{'Start' if state == 'started' else 'Stop'} the services of the {product.server.replace('_', ' ')}"

    def _services(self) -> list[Service]:
        found: list[Service] = self.product.host.ask(found=windows.services(self.patterns)).found
        return found

    def _wrong(self, services: list[Service]) -> list[Service]:
        # what is not started with Windows need not run
        return [
            service for service in services if service.state != self.wanted and (self.wanted == "stopped" or service.start_type == "auto")
        ]

    def probe(self) -> Seen:
        services = self._services() if self.patterns else []
        nothing_to_stop = self.wanted == "stopped" and not services
        return Seen(nothing_to_stop or (bool(services) and not self._wrong(services)), {"services": services_by_name(services)})

    def pre_check(self, seen: Seen) -> Iterator[Unmet]:
        if not seen.state["services"]:
            field = "services.for_license" if self.purpose == "license_registration" else f"services.{self.product.server}"
            yield Unmet(
                PreconditionError(
                    f"No service matches {', '.join(self.patterns) or 'an empty list'}.",
                    code="services_unknown",
                    remedy=f"Correct the profile's field {field}.",
                )
            )

    def settle(self) -> None:
        if action := self._action():
            self.product.await_end(action)

    def execute(self, seen: Seen) -> dict[str, Any]:
        action = self._action()
        if action is None or self.product.profile[f"{action}.method"] == "services" or self._program_is_gone(action):
            return self._by_service_control_manager()
        return output_of(self.product.run(action))

    def _action(self) -> str | None:
        if self.product.server == "database_server":
            return None
        if self.wanted == "stopped":
            return "stop_services"
        return "start_for_license" if self.purpose == "license_registration" else "start_services"

    def _program_is_gone(self, action: str) -> bool:
        # a half-installed product may have lost its stop command while its services still run
        if self.wanted != "stopped" or not self.product.can(action):
            return False
        template = self.product.profile[f"{action}.argv"][0]
        if "{install_folder}" not in template:  # one of Windows, or of the operator's own
            return False
        program = expand(template, {"install_folder": self.product.installation.install_folder})
        return not self.product.host.ask(there=windows.file_exists(program)).there

    def _by_service_control_manager(self) -> dict[str, Any]:
        host, limit = self.product.host, self.product.profile["services.time_limit"]
        wrong = [service.name for service in self._wrong(self._services())]
        for name in wrong if self.wanted == "running" else reversed(wrong):
            if self.wanted == "running":
                host.start_service(name, limit)
            else:
                host.stop_service(name, limit)
        return {"by": "service control manager", "services": wrong}

    def post_check(self, seen: Seen) -> dict[str, Any]:
        end = time.monotonic() + self.product.profile["services.time_limit"]
        while True:
            services = self._services()
            wrong = self._wrong(services)
            settled = not any(service.state.endswith("_pending") for service in wrong)
            if services and not wrong:
                return {"services": services_by_name(services)}
            if settled or time.monotonic() > end:
                shown = [
                    f"service {service.name} is {service.state} (exit code {service.exit_code}, its own {service.service_exit_code})"
                    for service in wrong
                ]
                raise VerificationError(
                    f"{'; '.join(shown)}, not {self.wanted}." if shown else f"No service matches {', '.join(self.patterns)} any more.",
                    code=f"services_not_{self.wanted}",
                    remedy="Look at the product's log and at the Windows event log.",
                    evidence={"services": services_by_name(services)},
                )
            time.sleep(_POLL_SECONDS)
