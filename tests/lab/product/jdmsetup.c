/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   jdmsetup.exe: Setup's upgrade of the database. The records are rewritten in ten portions and the schema last, so that a killed or
   failed Setup leaves records in two formats. */
#include "database.h"
#include "site.h"

#include <stdlib.h>

#define PORTIONS 10

static bool write_upgraded(const struct records *records, int lines)
{
    size_t size;
    char *text = records_rewrite(records, lines, product_version, &size);
    bool good = records_write(site.database, text, size);
    free(text);
    return good;
}

static int upgrade(const struct records *records, const struct lab_fault *fault)
{
    DWORD portion_ms = (DWORD)lab_setting_number(L"product", L"seconds", 1) * 1000 / PORTIONS;
    for (int portion = 1; portion <= PORTIONS; portion++) {
        int lines = records->count * portion / PORTIONS;
        if (!database_lock())
            return FAILED;
        bool written = write_upgraded(records, lines);
        database_unlock();
        if (!written) {
            say(SAY_CANNOT_WRITE, site.database, GetLastError());
            return FAILED;
        }
        say(SAY_UPGRADE_PROGRESS, lines, records->count);
        if (portion == PORTIONS / 2)
            lab_fault_at(fault, LAB_MIDDLE);
        Sleep(portion_ms);
    }
    if (!schema_write(site.database, product_version)) {
        say(SAY_CANNOT_WRITE, site.database, GetLastError());
        return FAILED;
    }
    lab_fault_at(fault, LAB_AFTER);
    say(SAY_UPGRADE_ENDS);
    return DONE;
}

static int check_and_upgrade(struct records *records, const struct lab_fault *fault)
{
    if (version_step(records->schema) > version_step(product_version)) {
        say(SAY_SCHEMA_NEWER, records->schema, product_version);
        return FAILED;
    }
    if (lab_same(records->schema, product_version) && !records->foreign) {
        say(SAY_UPGRADE_NOT_NEEDED, product_version);
        return DONE;
    }
    say(SAY_UPGRADE_BEGINS, records->schema, product_version);
    return upgrade(records, fault);
}

int run_jdmsetup(int argc, wchar_t **argv)
{
    struct lab_fault fault;
    struct records records;
    char password[SECRET_SIZE];
    lab_fault_program(L"setup", product_version, &fault);
    if (argc != 3 || !lab_same(argv[1], L"/s") || !lab_same(argv[2], L"/upgradedb")) {
        say(SAY_BAD_CALL, L"jdmsetup /s /upgradedb");
        return BAD_CALL;
    }
    if (!on_database_server()) {
        say(SAY_NOT_HERE, site.role);
        return FAILED;
    }
    lab_fault_at(&fault, LAB_BEFORE);
    read_secret(password);
    if (!password_right(password)) {
        say(SAY_WRONG_PASSWORD);
        return WRONG_PASSWORD;
    }
    if (management_services_run()) {
        say(SAY_SERVICES_RUN);
        return SERVICES_RUN;
    }
    if (!records_read(site.database, &records)) {
        say(SAY_DATABASE_MISSING, site.database);
        return FAILED;
    }
    int result = check_and_upgrade(&records, &fault);
    records_free(&records);
    return result;
}
