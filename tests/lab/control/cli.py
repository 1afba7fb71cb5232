# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's command line."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from .errors import LabError
from .lab import Lab
from .names import LOCALES, VERSIONS

_FAULT_HELP = """examples:
  fault JP1MGR01 program:installer kind=fail when=middle exit_code=3 version=10-10
  fault JP1DB01 disk:D free=1000000
  fault JP1MGR01 service:JP1_ITDM_Service start=fail exit_code=7
  fault JP1DB01 wire kind=drop_before action=Command skip=3
  fault JP1DB01 endpoint wrap=bare
  fault JP1DB01 program:installer        (no keys: this fault is removed)
  fault JP1DB01 clear                    (all faults of the host are removed; without a host: of all)
  fault JP1DB01 restart | power-loss | off | on | pause | unpause
  fault JP1DB01 certificate kind=expired
  fault JP1DB01                          (shows the host's faults)
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python tests/lab", description="A lab of Windows-like hosts for this collection.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    up = commands.add_parser("up", help="start a new lab (removes the one that runs)")
    up.add_argument("--systems", type=int, default=1, help="systems of a management and a database server (default: 1)")
    up.add_argument("--version", choices=VERSIONS, default="10-00", help="installed version of the product (default: 10-00)")
    up.add_argument("--locale", choices=sorted(LOCALES), default="en", help="language of Windows (default: en)")

    reset = commands.add_parser("reset", help="back to the state after 'up'")
    reset.add_argument("--system", type=int, help="only this system")
    reset.add_argument("--version", choices=VERSIONS, help="another version of the product than 'up' was given")
    reset.add_argument("--locale", choices=sorted(LOCALES), help="another language of Windows than 'up' was given")

    down = commands.add_parser("down", help="remove the lab")
    down.add_argument("--images", action="store_true", help="also this checkout's images and secrets")

    commands.add_parser("image", help="make the image with Windows programs, if needed")
    commands.add_parser("status", help="what runs, and which faults are set")
    commands.add_parser("inventory", help="print the Ansible inventory (it holds the lab's passwords)")

    fault = commands.add_parser(
        "fault", help="make something fail", epilog=_FAULT_HELP, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    fault.add_argument("host", help="host name, or 'clear' for all hosts")
    fault.add_argument("what", nargs="?", help="section of faults.ini, wire, endpoint, clear, or an action on the whole host")
    fault.add_argument("keys", nargs="*", metavar="key=value")

    look = commands.add_parser("look", help="what is really on a host, as JSON; not by WinRM")
    look.add_argument("host")

    records = commands.add_parser("records", help="records that were accepted, and those that are lost")
    records.add_argument("--system", type=int, default=1)

    logs = commands.add_parser("logs", help="output of a host's WinRM endpoint, or its wire log")
    logs.add_argument("host")
    logs.add_argument("--wire", action="store_true", help="the requests, one JSON object a line")
    return parser


def main(checkout: Path, arguments: list[str] | None = None) -> int:
    """Run one command.

    :param checkout: root of the checkout.
    :returns: the exit code.
    """
    options = _parser().parse_args(arguments)
    try:
        lab = Lab(checkout, say=lambda line: print(f"lab: {line}", flush=True))
        _COMMANDS[options.command](lab, options)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("lab: interrupted; 'python tests/lab down' removes what is left", file=sys.stderr)
        return 130
    return 0


def _up(lab: Lab, options: argparse.Namespace) -> None:
    start = time.monotonic()
    state = lab.up(options.systems, options.version, options.locale)
    inventory = lab.inventory_file.relative_to(lab.checkout)
    what = f"{options.systems} system(s) at {state.version}, locale {state.locale}"
    print(f"lab: up in {time.monotonic() - start:.1f} s: {what}")
    print(f"Next: ansible-playbook -i {inventory} playbooks/upgrade.yml")
    print("      python tests/lab status | reset | down")


def _reset(lab: Lab, options: argparse.Namespace) -> None:
    start = time.monotonic()
    lab.reset(options.system, version=options.version, locale=options.locale)
    print(f"lab: reset in {time.monotonic() - start:.1f} s")


def _down(lab: Lab, options: argparse.Namespace) -> None:
    lab.down(images=options.images)
    print("lab: down")


def _image(lab: Lab, _: argparse.Namespace) -> None:
    print(f"lab: {lab.make_images()}")


def _status(lab: Lab, _: argparse.Namespace) -> None:
    state, running = lab.state(), lab.running()
    print(f"lab {lab.identity}: version {state.version}, locale {state.locale}, network {state.network} ({state.subnet})")
    for host in state.hosts:
        place = f"{host.address:14}  WinRM 127.0.0.1:{host.port}  {host.container}"
        print(f"  {host.name}  {running[host.name]:8}  {host.role:10}  {place}")
        for section, keys in lab.faults(host.name).items():
            print(f"      fault {section}: {json.dumps(keys)}")


def _inventory(lab: Lab, _: argparse.Namespace) -> None:
    lab.state()
    print(lab.inventory_file.read_text(encoding="utf-8"), end="")


def _value(text: str) -> object:
    """A number or truth value where JSON would read one, else the text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _fault(lab: Lab, options: argparse.Namespace) -> None:
    if options.host == "clear":
        lab.clear_faults()
        return
    keys = dict(key.partition("=")[::2] for key in options.keys)
    actions = {
        "restart": lab.restart,
        "power-loss": lab.power_loss,
        "off": lab.switch_off,
        "on": lab.switch_on,
        "pause": lab.pause,
        "unpause": lab.unpause,
        "clear": lab.clear_faults,
    }
    if options.what is None:
        print(json.dumps(lab.faults(options.host), indent=2))
    elif options.what in actions:
        actions[options.what](options.host)
    elif options.what == "certificate":
        lab.certificate(options.host, **keys)
    elif options.what == "wire":
        lab.wire_fault(options.host, **{key: _value(value) for key, value in keys.items()})
    elif options.what == "endpoint":
        lab.endpoint(options.host, **{key: _value(value) for key, value in keys.items()})
    else:
        lab.fault(options.host, options.what, **keys)


def _look(lab: Lab, options: argparse.Namespace) -> None:
    print(json.dumps(lab.look(options.host), indent=2, ensure_ascii=False))


def _records(lab: Lab, options: argparse.Namespace) -> None:
    records = lab.records(options.system)
    accepted = records["accepted"]
    print(f"accepted since the start: {len(accepted)}" + (f", the last at {accepted[-1][0]}" if accepted else ""))
    print(f"in the database:          {len(records['in_database'])}")
    print(f"accepted, but lost:       {len(records['lost'])} {' '.join(records['lost'][:20])}")


def _logs(lab: Lab, options: argparse.Namespace) -> None:
    if options.wire:
        for entry in lab.wire_log(options.host):
            print(json.dumps(entry, ensure_ascii=False))
    else:
        print(lab.log(options.host), end="")


_COMMANDS = {
    "up": _up,
    "reset": _reset,
    "down": _down,
    "image": _image,
    "status": _status,
    "inventory": _inventory,
    "fault": _fault,
    "look": _look,
    "records": _records,
    "logs": _logs,
}
