/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   SETUP.EXE: the installer. It runs from the media and needs nothing of an earlier installation, so that it repairs a half one. The old
   program files go first, the new ones come one by one, and the version is written last. */
#include "installer.h"
#include "files.h"
#include "site.h"

#include <stdio.h>

static int check(const wchar_t *media, const wchar_t *installed)
{
    wchar_t path[MAX_PATH], version[VERSION_SIZE];
    GetPrivateProfileStringW(L"Media", L"Version", L"", version, VERSION_SIZE, join(path, media, L"media.ini"));
    if (!lab_same(version, product_version)) {
        say(SAY_MEDIA_INCOMPLETE, path);
        return FAILED;
    }
    int result = check_installed_version(installed);
    if (!result)
        result = check_services();
    return result ? result : check_space();
}

static void take_over(const struct response *response)
{
    site_set_install(response->install_folder);
    wcscpy(site.role, response->role);
    wcscpy(site.management_server, response->management_server);
    wcscpy(site.database_server, response->database_server);
    make_folder(site.bin);
    make_folder(site.conf);
    make_folder(site.log);
    make_folder(site.data);
}

/* The settings of the installation; the licence registration is kept, except by an older version. */
static bool configure(const struct response *response, const wchar_t *media, const wchar_t *installed)
{
    wchar_t path[MAX_PATH], uninstall[MAX_PATH + 16];
    const char *components = response->auto_update ? "[Components]\r\nAutoUpdate=yes\r\n" : "[Components]\r\nAutoUpdate=no\r\n";
    if (version_step(installed) > version_step(product_version) && file_exists(join(path, site.conf, L"license.dat"))) {
        delete_file(path);
        say(SAY_LICENSE_LOST);
    }
    if (!services_install() || !write_text(join(path, site.conf, L"components.ini"), components) || !site_save(product_version))
        return false;
    _snwprintf(uninstall, MAX_PATH + 16, L"\"%ls\\SETUP.EXE\" /u", media);
    register_version(product_version, uninstall);
    return true;
}

static int install(const struct response *response, const wchar_t *media, const wchar_t *installed)
{
    struct lab_fault fault;
    lab_fault_program(L"installer", product_version, &fault);
    lab_fault_at(&fault, LAB_BEFORE);
    say(SAY_INSTALL_BEGINS, product_version, installed[0] ? installed : L"-");
    int result = check(media, installed);
    if (result)
        return result;
    take_over(response);
    if (!programs_remove(NULL) || !programs_copy(media, &fault) || !configure(response, media, installed))
        return FAILED;
    if (response->start_services)
        services_start();
    else
        say(SAY_SERVICES_NOT_WANTED);
    lab_fault_at(&fault, LAB_AFTER);
    say(SAY_INSTALL_ENDS, product_version);
    return DONE;
}

int installer(int argc, wchar_t **argv)
{
    const wchar_t *option_file = NULL;
    bool silent = false, uninstall = false;
    wchar_t response_file[MAX_PATH], media[MAX_PATH], installed[VERSION_SIZE];
    struct response response;
    for (int i = 1; i < argc; i++) {
        if (lab_same(argv[i], L"/s"))
            silent = true;
        else if (lab_same(argv[i], L"/u"))
            uninstall = true;
        else if (i + 1 < argc && (lab_same(argv[i], L"/f") || lab_same(argv[i], L"/l")))
            option_file = argv[++i];
        else
            silent = false;
    }
    if (!silent) {
        say(SAY_NEEDS_DESKTOP);
        return BAD_CALL;
    }
    if (uninstall)
        return uninstaller(option_file);
    if (!option_file || !GetFullPathNameW(option_file, MAX_PATH, response_file, NULL) || !response_read(response_file, &response))
        return BAD_RESPONSE_FILE;
    if (!open_log(response.log_file)) {
        say(SAY_CANNOT_WRITE, response.log_file, GetLastError());
        return BAD_RESPONSE_FILE;
    }
    media_folder(media);
    installed_version(installed);
    return install(&response, media, installed);
}
