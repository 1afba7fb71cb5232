/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   What must hold before the product is installed or removed. */
#include "installer.h"
#include "scm.h"
#include "site.h"

#define NEEDED_BYTES 2400000000ULL

int check_installed_version(const wchar_t *installed)
{
    if (version_step(installed) <= version_step(product_version) || lab_setting_number(L"product", L"allow_downgrade", 0))
        return DONE;
    say(SAY_NEWER_INSTALLED, installed, product_version);
    return NEWER_INSTALLED;
}

int check_services(void)
{
    if (!site.role[0]) /* first installation */
        return DONE;
    if (management_services_run()) {
        say(SAY_SERVICES_RUN);
        return MANAGER_SERVICES_RUN;
    }
    if (service_active(SERVICE_DATABASE)) {
        say(SAY_DATABASE_SERVICE_RUNS, SERVICE_DATABASE);
        return DATABASE_SERVICE_RUNS;
    }
    return DONE;
}

static bool enough_space(wchar_t drive)
{
    unsigned long long free_bytes = lab_disk_free(drive);
    if (free_bytes >= NEEDED_BYTES)
        return true;
    say(SAY_NO_INSTALL_SPACE, drive, free_bytes, NEEDED_BYTES);
    return false;
}

int check_space(void)
{
    wchar_t windows[MAX_PATH];
    GetWindowsDirectoryW(windows, MAX_PATH);
    return enough_space(windows[0]) && enough_space(site.install[0]) ? DONE : NO_INSTALL_SPACE;
}
