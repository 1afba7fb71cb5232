/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   SETUP.EXE /u: removes programs, services, settings and the licence; the data folder stays, and so does the product's own registry key. */
#include "installer.h"
#include "files.h"
#include "scm.h"
#include "site.h"

static bool anything_installed(const wchar_t *installed)
{
    return installed[0] || file_exists(site.bin);
}

static void remove_folders(void)
{
    wchar_t manager[MAX_PATH];
    delete_files(site.conf, L"*");
    RemoveDirectoryW(site.bin);
    RemoveDirectoryW(site.conf);
    RemoveDirectoryW(join(manager, site.install, L"mgr")); /* stays while it holds the log folder */
}

int uninstaller(const wchar_t *log_file)
{
    struct lab_fault fault;
    wchar_t installed[VERSION_SIZE], temporary[MAX_PATH], log[MAX_PATH];
    lab_fault_program(L"uninstaller", product_version, &fault);
    GetTempPathW(MAX_PATH, temporary);
    join(log, temporary, L"jp1itdm_uninstall.log");
    if (!open_log(log_file ? log_file : log)) {
        say(SAY_CANNOT_WRITE, log_file ? log_file : log, GetLastError());
        return BAD_CALL;
    }
    installed_version(installed);
    if (!anything_installed(installed)) {
        say(SAY_NOT_INSTALLED);
        return NOT_INSTALLED;
    }
    lab_fault_at(&fault, LAB_BEFORE);
    say(SAY_UNINSTALL_BEGINS, installed);
    int result = check_installed_version(installed);
    if (!result)
        result = check_services();
    if (result)
        return result;
    say(SAY_REMOVING, site.bin);
    if (!programs_remove(&fault))
        return FAILED;
    services_remove();
    remove_folders();
    unregister_version();
    lab_fault_at(&fault, LAB_AFTER);
    say(SAY_UNINSTALL_ENDS, site.data);
    return DONE;
}
