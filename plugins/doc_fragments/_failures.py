# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Failure codes that several modules can return, with what they mean and what helps.

Note that this fragment is private to the collection.
"""

from __future__ import annotations


class ModuleDocFragment:
    """The failure codes, by where they come from."""

    # Options of the task, the connection, and commands in general: every module.
    DOCUMENTATION = r"""
options: {}
notes:
  - Every failure has a class, which the role's failure policy decides by, and a stable code, see RV(failure).
    The codes are listed here as C(code) (class).
  - C(bad_option) (precondition) - an option has a value that does not go with the others, or a template of the profile needs an option
    that is empty. Set the option that the message names.
  - C(become_refused) (precondition) - the task has C(become). Remove it.
  - C(wrong_target) (precondition) - the host of C(delegate_to) is not in the inventory group of its kind of server. Correct the
    group or C(upgrade_database_server).
  - C(unsupported_connection) (precondition) - the connection is not one that the collection can use. Set C(ansible_connection) to
    V(winrm), V(psrp) or V(ssh).
  - C(unsupported_shell) (precondition) - the connection is ssh and Ansible's shell type is not that of C(cmd.exe). Set
    C(ansible_shell_type) to V(cmd).
  - C(unknown_code_page) (precondition) - Python does not know the configured code page. Use a name such as V(cp932).
  - C(bad_path) (precondition) - a path is not an absolute Windows path, is a drive's root where a folder is needed, or has wildcards.
    Write it like V(D:\\JP1\\backup).
  - C(bad_command) (precondition) - a command is empty or has a control character. Correct the profile or the option it comes from.
  - C(command_too_long) (precondition) - a command is longer than C(cmd.exe) takes. Use shorter paths.
  - C(unreachable) (connection_lost) - the server can not be reached. Check that it runs, its name, the port and the firewall.
  - C(wrong_credentials) (connection_lost) - user name, password or ticket were rejected. Correct them, and allow WinRM to the account.
  - C(kerberos_failed) (connection_lost) - Kerberos does not work for the server. Check realm, KDC, full host name and clocks.
  - C(certificate_rejected) (connection_lost) - the server's certificate is expired, from an unknown authority or for another name.
    Renew it or trust its authority; never switch the check off.
  - C(old_tls) (connection_lost) - the server speaks only versions of TLS that the controller refuses. Use NTLM or Kerberos with
    message encryption over port 5985, or enable TLS 1.2 on the server.
  - C(host_key_rejected) (connection_lost) - the server's ssh host key is not the known one. Compare it on the server and put it into
    C(known_hosts); never switch the check off.
  - C(not_windows) (connection_lost) - what answers is not Windows Remote Management, or not C(cmd.exe) over ssh. Check address, port
    and scheme, and the default shell of the server's OpenSSH.
  - C(winrm_unavailable) (connection_lost) - the WinRM service can not answer now. Wait until the server has started.
  - C(too_many_shells) (connection_lost) - the account has no free WinRM shell. Wait, or raise the server's MaxShellsPerUser.
  - C(shell_lost) (connection_lost) - the WinRM shell is gone, probably because of a restart. Run the playbook again.
  - C(missing_library) (connection_lost) - a Python library of the connection is missing on the controller. Install pywinrm for V(winrm)
    or pypsrp for V(psrp), with its extra for Kerberos or CredSSP where that is used; for V(ssh) with a password, sshpass.
  - C(connection_failed) (connection_lost) - the connection failed in another way. Read the message; C(-vvvv) tells more.
  - C(answer_lost) (connection_lost) - the connection broke while a command ran, and whether it took effect is not known. The
    server is looked at and the step repeated; when it happens again, run the playbook again.
  - C(controller_gone) (connection_lost) - C(ansible-playbook) was ended while its task still ran. Run the playbook again.
  - C(time_limit) (timeout) - a command was still running at the end of its time limit. A product's program is left running; wait for
    its end or raise the profile's time limit, then run the playbook again.
  - C(probe_failed) (command) - the server did not answer a question. Run again with C(-vvvvv) to see the commands.
"""

    # The product profile and the programs that it names.
    PRODUCT = r"""
options: {}
notes:
  - C(unknown_profile) (precondition) - there is no such profile. Use a shipped one, or the path of a file on the controller.
  - C(bad_profile) (precondition) - the profile or an override has an unknown field or a wrong value. Correct what the message names.
  - C(no_method) (precondition) - the profile has no way to do what is needed. Give the action a method C(command) or C(manual).
  - C(bad_job_name) (precondition) - a run or step has a name that no file can have. Report it; the collection makes these names.
  - C(task_not_started) (command) - the Task Scheduler did not take a job. Check its service and the account's rights.
  - C(job_lost) (unknown_outcome) - a job ended without a result, for example by a restart of the server, which C(restarted) in the evidence
    tells. The server is looked at and the step repeated; when it happens again, run the playbook again.
  - C(manual_step) (operator_needed) - the profile leaves the action to a person. Do what the message says, then run the playbook again;
    what the server does not show has to be confirmed by O(confirmed_steps).
  - C(exit_code) (command) - a program of the product ended with an exit code that the profile does not accept. Read its output in
    the evidence.
"""

    # Files on the server.
    FILES = r"""
options: {}
notes:
  - C(file_missing), C(folder_missing), C(file_exists) and C(is_a_folder) (precondition) - a file or folder is not there, is there
    already, or is a folder instead of a file. Check the path that the message names.
  - C(guard_missing) (precondition) - something was left as it is, because the file that allows a change, such as the lock's, is gone. Look
    for another run.
  - C(file_operation_failed) (command) - a file could not be read or written. Check rights, free space, and that no program holds it
    open.
  - C(file_changed) (verification) - a file changed while it was read, or arrived otherwise than it was sent. Run again, and look for
    a program that writes to it.
"""

    # The installed product.
    INSTALLED = r"""
options: {}
notes:
  - C(not_installed) (precondition) - the product is not among the installed programs. Check that the inventory names the right
    server, and the profile's field C(product.display_name).
"""

    # What is asked of the database after it was changed.
    DATABASE = r"""
options: {}
notes:
  - C(database_damaged) (verification) - the program ended well, but the database says that it is damaged. Read the program's log; the
    exit codes that say so are the profile's field C(database_status.damaged_exit_codes).
"""

    # Backups.
    BACKUP = r"""
options: {}
notes:
  - C(backup_missing) (backup_rejected) - the folder has no manifest. Name the folder of a backup that the collection took.
  - C(backup_empty) (backup_rejected) - the backup has no file with content. Read the backup command's output, and take a new one.
  - C(backup_truncated) (backup_rejected) - files are missing or shorter than they were, or the backup holds fewer records than the
    database did. Take a new one.
  - C(backup_altered) (backup_rejected) - files were changed or added after the backup was taken. Do not use it.
  - C(backup_stale) (backup_rejected) - the backup belongs to another run. Name the folder of this run's backup.
  - C(restore_space) (precondition) - the drive of the database has less free space than the backup needs, so that a restore could fail.
    Free some, and run again; the profile's field C(database.folder) says where the database is.
  - C(manifest_damaged) (backup_rejected) - the manifest can not be read. Take a new backup; never edit a manifest.
  - C(manifest_schema_unknown) (backup_rejected) - another version of the collection wrote the manifest. Use that version.
"""

    # Versions.
    VERSION = r"""
options: {}
notes:
  - C(bad_version) (precondition) - a version has another format than V(VV-RR) or V(VV-RR-SS). Write it in quotes, such as V('10-10').
"""
