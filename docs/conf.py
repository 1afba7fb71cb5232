# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Sphinx makes the documentation site ('make docs'). Nothing is fetched, so there are no links into other projects' sites."""

from __future__ import annotations

project = "jp1.itdm"
copyright = "The jp1.itdm authors"
title = html_short_title = "jp1.itdm"
extensions = ["sphinx_antsibull_ext"]
pygments_style = "ansible"
highlight_language = "YAML+Jinja"
html_theme = "sphinx_ansible_theme"
html_show_sphinx = False
display_version = False
html_use_smartypants = False
default_role = "any"
