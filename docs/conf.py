# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Sphinx makes the documentation site ('make docs'). Nothing is fetched: the few pages of Ansible that it links to are listed here."""

from __future__ import annotations

import zlib
from pathlib import Path

project = "jp1.itdm"
copyright = "The jp1.itdm authors"
html_title = html_short_title = "jp1.itdm"
html_theme = "sphinx_ansible_theme"
html_show_sphinx = False
pygments_style = "ansible"
highlight_language = "YAML+Jinja"
smartquotes = False
extensions = ["sphinx.ext.intersphinx", "sphinx_antsibull_ext"]

_ANSIBLE = {
    "action_plugins": "plugins/action.html#action-plugins",
    "ansible_collections.ansible.builtin.psrp_connection": "collections/ansible/builtin/psrp_connection.html",
    "ansible_collections.ansible.builtin.ssh_connection": "collections/ansible/builtin/ssh_connection.html",
    "ansible_collections.ansible.builtin.winrm_connection": "collections/ansible/builtin/winrm_connection.html",
    "ansible_configuration_settings": "reference_appendices/config.html#ansible-configuration-settings",
    "common_return_values": "reference_appendices/common_return_values.html#common-return-values",
}
_LIST = Path(__file__).parent / "site" / "ansible.inv"
_LIST.write_bytes(
    b"# Sphinx inventory version 2\n# Project: Ansible\n# Version: latest\n# The remainder of this file is compressed using zlib.\n"
    + zlib.compress("".join(f"{label} std:label -1 {page} -\n" for label, page in _ANSIBLE.items()).encode())
)
intersphinx_mapping = {"ansible": ("https://docs.ansible.com/ansible/latest/", str(_LIST))}
