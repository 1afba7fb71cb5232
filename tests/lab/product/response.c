/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later */
#include "installer.h"
#include "files.h"
#include "site.h"

static bool refuse(const wchar_t *path, const wchar_t *what)
{
    say(SAY_BAD_RESPONSE_FILE, path, what);
    return false;
}

static void read_text(const wchar_t *path, const wchar_t *key, const wchar_t *fallback, wchar_t *value, DWORD size)
{
    GetPrivateProfileStringW(L"Setup", key, fallback, value, size, path);
}

static bool read_choice(const wchar_t *path, const wchar_t *key, bool *choice)
{
    wchar_t value[16];
    read_text(path, key, L"", value, 16);
    *choice = lab_same(value, L"yes");
    return *choice || lab_same(value, L"no") || refuse(path, key);
}

static bool same_folder(const wchar_t *left, const wchar_t *right)
{
    wchar_t first[MAX_PATH], second[MAX_PATH];
    return lab_same(join(first, left, L""), join(second, right, L""));
}

/* Role and servers are asked for once; later they are known. */
static bool read_role(const wchar_t *path, struct response *response)
{
    read_text(path, L"Role", site.role, response->role, NAME_SIZE);
    read_text(path, L"ManagementServer", site.management_server, response->management_server, NAME_SIZE);
    read_text(path, L"DatabaseServer", site.database_server, response->database_server, NAME_SIZE);
    if (!lab_same(response->role, L"management") && !lab_same(response->role, L"database"))
        return refuse(path, L"Role");
    if (site.role[0] && !lab_same(site.role, response->role))
        return refuse(path, L"Role");
    return (response->management_server[0] && response->database_server[0]) || refuse(path, L"ManagementServer, DatabaseServer");
}

bool response_read(const wchar_t *path, struct response *response)
{
    wchar_t version[VERSION_SIZE], temporary[MAX_PATH];
    if (!file_exists(path))
        return refuse(path, lab_system_message(ERROR_FILE_NOT_FOUND));
    GetTempPathW(MAX_PATH, temporary);
    read_text(path, L"LogFile", L"", response->log_file, MAX_PATH);
    if (!response->log_file[0])
        join(response->log_file, temporary, L"jp1itdm_setup.log");
    read_text(path, L"InstallDir", site.install, response->install_folder, MAX_PATH);
    if (installed_version(version) && !same_folder(response->install_folder, site.install))
        return refuse(path, L"InstallDir");
    return read_choice(path, L"AutoUpdate", &response->auto_update) && read_choice(path, L"StartServices", &response->start_services) &&
           read_role(path, response);
}
