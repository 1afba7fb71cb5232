/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   provision.exe belongs to the lab, not to the product: makes what a product in use has, before its servers ever met.
     provision database N   creates the database with N records and the packages; the password from standard input
     provision license      registers the licence key from standard input, with no service running
     provision agents EXE   installs the service LabAgents
   The programs must be installed already. */
#include "database.h"
#include "files.h"
#include "scm.h"
#include "site.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const owners[] = {"Sales", "Development", "Accounting", "営業部", "開発部", "総務部"};
static const wchar_t *const packages[] = {L"agent-update.pkg", L"security-patch.pkg", L"会計ソフト.pkg"};

static int fail(const wchar_t *what)
{
    lab_error(L"provision: %ls (%lu)\r\n", what, GetLastError());
    return 1;
}

static bool make_records(const wchar_t *schema, int count)
{
    char id[32], text[256], *records = malloc((size_t)count * 512 + 1), *end = records;
    for (int i = 1; i <= count; i++) {
        snprintf(id, sizeof id, "R-%06d", i);
        snprintf(text, sizeof text, "PC-%04d 192.168.%d.%d %s", i, i / 250, i % 250 + 1, owners[i % 6]);
        end += record_line(end, 512, schema, id, text);
    }
    bool good = records_write(site.database, records, end - records) && schema_write(site.database, schema);
    free(records);
    return good;
}

static bool make_packages(void)
{
    static char content[20000];
    wchar_t path[MAX_PATH];
    for (int i = 0; i < 3; i++) {
        for (size_t j = 0; j < sizeof content; j++)
            content[j] = (char)(j * 31 + j / 251 + i);
        if (!write_data(join(path, site.packages, packages[i]), content, sizeof content - i))
            return false;
    }
    return true;
}

static int make_database(int count)
{
    wchar_t schema[VERSION_SIZE];
    char password[SECRET_SIZE];
    if (!installed_version(schema))
        return fail(L"the product is not installed");
    make_folder(site.database);
    make_folder(site.packages);
    if (!read_secret(password) || !password_set(password))
        return fail(L"no password on standard input");
    return make_records(schema, count) && make_packages() ? 0 : fail(L"can not write the database");
}

static int register_license(void)
{
    char key[SECRET_SIZE];
    if (!read_secret(key) || !license_key_valid(key))
        return fail(L"no valid licence key on standard input");
    return license_register(key) ? 0 : fail(L"can not write the licence");
}

int wmain(int argc, wchar_t **argv)
{
    site_load();
    if (argc == 3 && lab_same(argv[1], L"database"))
        return make_database(_wtoi(argv[2]));
    if (argc == 2 && lab_same(argv[1], L"license"))
        return register_license();
    if (argc == 3 && lab_same(argv[1], L"agents"))
        return service_install(L"LabAgents", L"Lab: agents that report records", argv[2]) ? 0 : fail(L"can not install the service");
    return fail(L"provision database N | license | agents EXE");
}
