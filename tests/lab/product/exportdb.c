/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   exportdb.exe: Database Manager's backup as a command. The records are those of one moment; export.ini comes last. */
#include "export.h"
#include "site.h"

#include <stdio.h>

static bool holds_export(const wchar_t *folder)
{
    wchar_t path[MAX_PATH];
    return file_exists(join(path, folder, EXPORT_FILE)) || file_exists(join(path, folder, L"records.dat")) ||
           file_exists(join(path, folder, L"schema.ini"));
}

/* The fault "full disk": as much is written as fits, then the program fails. */
static bool disk_full(const wchar_t *folder, size_t size)
{
    wchar_t full[MAX_PATH];
    if (!GetFullPathNameW(folder, MAX_PATH, full, NULL))
        return false;
    if (lab_disk_free(full[0]) >= size + sum_files(site.packages, ANY_PACKAGE).bytes)
        return false;
    say(SAY_NO_BACKUP_SPACE, full[0]);
    return true;
}

static bool write_summary(const wchar_t *folder, const struct records *records, const char *time, struct folder_sum packages)
{
    char text[512];
    wchar_t path[MAX_PATH];
    snprintf(text, sizeof text, "[Export]\r\nVersion=%ls\r\nSchema=%ls\r\nRecords=%d\r\nPackages=%d\r\nPackageBytes=%llu\r\nTime=%s\r\n",
             product_version, records->schema, records->count, packages.files, packages.bytes, time);
    return write_text(join(path, folder, EXPORT_FILE), text);
}

static int write_export(const wchar_t *folder, const struct records *records, const char *time, const struct lab_fault *fault)
{
    wchar_t path[MAX_PATH];
    make_folder(folder);
    join(path, folder, L"records.dat");
    bool good = schema_write(folder, records->schema) && write_data(path, records->text, records_head(records, records->count / 2));
    lab_fault_at(fault, LAB_MIDDLE);
    Sleep((DWORD)lab_setting_number(L"product", L"seconds", 1) * 1000);
    if (good && disk_full(folder, records->size))
        return NO_BACKUP_SPACE;
    good = good && write_data(path, records->text, records->size);
    int packages = copy_files(site.packages, ANY_PACKAGE, join(path, folder, EXPORT_PACKAGES));
    good = good && packages >= 0 && write_summary(folder, records, time, sum_files(path, ANY_PACKAGE));
    if (!good) {
        say(SAY_CANNOT_WRITE, folder, GetLastError());
        return FAILED;
    }
    lab_fault_at(fault, LAB_AFTER);
    say(SAY_EXPORT_ENDS, records->count, packages);
    return DONE;
}

/* The records of one moment, and that moment. */
static bool snapshot(struct records *records, char time[TIME_SIZE])
{
    if (!database_lock())
        return false;
    bool found = records_read(site.database, records);
    utc_now(time);
    database_unlock();
    if (!found)
        say(SAY_DATABASE_MISSING, site.database);
    return found;
}

static int export_to(const wchar_t *folder, const struct lab_fault *fault)
{
    struct records records;
    char time[TIME_SIZE];
    int result = DATABASE_DAMAGED;
    say(SAY_EXPORT_BEGINS, folder);
    if (!snapshot(&records, time))
        return FAILED;
    if (records.foreign)
        say(SAY_DATABASE_DAMAGED, records.foreign, records.schema);
    else
        result = write_export(folder, &records, time, fault);
    records_free(&records);
    return result;
}

int run_exportdb(int argc, wchar_t **argv)
{
    struct lab_fault fault;
    char password[SECRET_SIZE];
    lab_fault_program(L"exportdb", product_version, &fault);
    if (argc != 3 || !lab_same(argv[1], L"/f")) {
        say(SAY_BAD_CALL, L"exportdb /f FOLDER");
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
    if (holds_export(argv[2])) {
        say(SAY_EXPORT_EXISTS, argv[2]);
        return EXPORT_EXISTS;
    }
    return export_to(argv[2], &fault);
}
