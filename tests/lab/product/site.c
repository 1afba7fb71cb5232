/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later */
#include "site.h"
#include "files.h"

#include <stdio.h>

#define PRODUCT_KEY L"SOFTWARE\\HITACHI\\JP1ITDMM"
#define UNINSTALL_KEY L"SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\JP1ITDMManager"

struct site site;

static bool get_value(const wchar_t *key, const wchar_t *name, wchar_t *value, DWORD characters)
{
    DWORD size = characters * sizeof *value;
    if (!RegGetValueW(HKEY_LOCAL_MACHINE, key, name, RRF_RT_REG_SZ, NULL, value, &size))
        return true;
    value[0] = 0;
    return false;
}

static void set_value(const wchar_t *key, const wchar_t *name, const wchar_t *value)
{
    RegSetKeyValueW(HKEY_LOCAL_MACHINE, key, name, REG_SZ, value, (DWORD)((wcslen(value) + 1) * sizeof *value));
}

static void default_folder(const wchar_t *variable, const wchar_t *otherwise, wchar_t *folder)
{
    wchar_t base[MAX_PATH];
    if (!GetEnvironmentVariableW(variable, base, MAX_PATH))
        wcscpy(base, otherwise);
    join(folder, base, L"Hitachi\\jp1itdmm");
}

void site_set_install(const wchar_t *folder)
{
    join(site.install, folder, L"");
    join(site.bin, folder, L"mgr\\bin");
    join(site.conf, folder, L"mgr\\conf");
    join(site.log, folder, L"mgr\\log");
}

static void read_setting(const wchar_t *name, const wchar_t *value_name, wchar_t *value)
{
    wchar_t settings[MAX_PATH];
    join(settings, site.conf, L"product.ini");
    if (!GetPrivateProfileStringW(L"Server", name, L"", value, NAME_SIZE, settings))
        get_value(PRODUCT_KEY, value_name, value, NAME_SIZE);
}

void site_load(void)
{
    wchar_t folder[MAX_PATH];
    if (!get_value(PRODUCT_KEY, L"InstallPath", folder, MAX_PATH))
        default_folder(L"ProgramFiles(x86)", L"C:\\Program Files (x86)", folder);
    site_set_install(folder);
    if (!get_value(PRODUCT_KEY, L"DataPath", site.data, MAX_PATH))
        default_folder(L"ProgramData", L"C:\\ProgramData", site.data);
    join(site.database, site.data, L"Database");
    join(site.packages, site.data, L"Packages");
    read_setting(L"Role", L"ServerRole", site.role);
    read_setting(L"ManagementServer", L"ManagementServer", site.management_server);
    read_setting(L"DatabaseServer", L"DatabaseServer", site.database_server);
}

bool site_save(const wchar_t *version)
{
    char text[1024];
    wchar_t path[MAX_PATH];
    snprintf(text, sizeof text, "[Server]\r\nRole=%ls\r\nManagementServer=%ls\r\nDatabaseServer=%ls\r\nVersion=%ls\r\n", site.role,
             site.management_server, site.database_server, version);
    set_value(PRODUCT_KEY, L"ServerRole", site.role);
    set_value(PRODUCT_KEY, L"ManagementServer", site.management_server);
    set_value(PRODUCT_KEY, L"DatabaseServer", site.database_server);
    set_value(PRODUCT_KEY, L"InstallPath", site.install);
    set_value(PRODUCT_KEY, L"DataPath", site.data);
    return write_text(join(path, site.conf, L"product.ini"), text);
}

bool on_management_server(void)
{
    return lab_same(site.role, L"management");
}

bool on_database_server(void)
{
    return lab_same(site.role, L"database");
}

bool installed_version(wchar_t version[VERSION_SIZE])
{
    return get_value(UNINSTALL_KEY, L"DisplayVersion", version, VERSION_SIZE);
}

void register_version(const wchar_t *version, const wchar_t *uninstall_command)
{
    set_value(UNINSTALL_KEY, L"DisplayName", PRODUCT_NAME);
    set_value(UNINSTALL_KEY, L"Publisher", L"Hitachi, Ltd.");
    set_value(UNINSTALL_KEY, L"InstallLocation", site.install);
    set_value(UNINSTALL_KEY, L"UninstallString", uninstall_command);
    set_value(UNINSTALL_KEY, L"DisplayVersion", version);
    RegFlushKey(HKEY_LOCAL_MACHINE);
}

void unregister_version(void)
{
    RegDeleteTreeW(HKEY_LOCAL_MACHINE, UNINSTALL_KEY);
    RegDeleteKeyW(HKEY_LOCAL_MACHINE, UNINSTALL_KEY);
    RegFlushKey(HKEY_LOCAL_MACHINE);
}
