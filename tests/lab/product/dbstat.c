/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   dbstat.exe: how many records the database, or an export, holds. */
#include "database.h"
#include "site.h"

static bool read_locked(const wchar_t *folder, struct records *records)
{
    if (!database_lock())
        return false;
    bool found = records_read(folder, records);
    database_unlock();
    return found;
}

int run_dbstat(int argc, wchar_t **argv)
{
    struct lab_fault fault;
    struct records records;
    bool of_export = argc == 3 && lab_same(argv[1], L"/backup");
    const wchar_t *folder = of_export ? argv[2] : site.database;
    lab_fault_program(L"dbstat", product_version, &fault);
    if (argc != 1 && !of_export) {
        say(SAY_BAD_CALL, L"dbstat [/backup FOLDER]");
        return BAD_CALL;
    }
    lab_fault_at(&fault, LAB_BEFORE);
    if (!read_locked(folder, &records)) {
        say(SAY_DATABASE_MISSING, folder);
        return FAILED;
    }
    say(of_export ? SAY_STATUS_EXPORT : SAY_STATUS_DATABASE);
    lab_print(L"records=%d\r\n", records.count);
    lab_fault_at(&fault, LAB_MIDDLE);
    lab_print(L"schema=%ls\r\n", records.schema);
    lab_fault_at(&fault, LAB_AFTER);
    if (records.foreign)
        say(SAY_DATABASE_DAMAGED, records.foreign, records.schema);
    return records.foreign ? DATABASE_DAMAGED : DONE;
}
