/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   importdb.exe: Database Manager's restore as a command. It checks everything before it touches anything, and then replaces everything. */
#include "export.h"
#include "site.h"

static bool summary_value(const wchar_t *folder, const wchar_t *key, wchar_t value[VERSION_SIZE])
{
    wchar_t path[MAX_PATH];
    return GetPrivateProfileStringW(L"Export", key, L"", value, VERSION_SIZE, join(path, folder, EXPORT_FILE)) > 0;
}

static bool number_is(const wchar_t *folder, const wchar_t *key, unsigned long long number)
{
    wchar_t value[VERSION_SIZE];
    return summary_value(folder, key, value) && _wcstoui64(value, NULL, 10) == number;
}

static bool complete(const wchar_t *folder, const struct records *records)
{
    wchar_t packages[MAX_PATH], schema[VERSION_SIZE];
    struct folder_sum sum = sum_files(join(packages, folder, EXPORT_PACKAGES), ANY_PACKAGE);
    return !records->foreign && number_is(folder, L"Records", records->count) && summary_value(folder, L"Schema", schema) &&
           lab_same(schema, records->schema) && number_is(folder, L"Packages", sum.files) && number_is(folder, L"PackageBytes", sum.bytes);
}

static bool replace_records(const struct records *records, int lines)
{
    if (!database_lock())
        return false;
    bool good = schema_write(site.database, records->schema) && records_write(site.database, records->text, records_head(records, lines));
    database_unlock();
    return good;
}

static int replace_all(const wchar_t *folder, const struct records *records, const struct lab_fault *fault)
{
    wchar_t packages[MAX_PATH];
    bool good = replace_records(records, records->count / 2);
    lab_fault_at(fault, LAB_MIDDLE);
    Sleep((DWORD)lab_setting_number(L"product", L"seconds", 1) * 1000);
    good = good && replace_records(records, records->count) && delete_files(site.packages, ANY_PACKAGE) >= 0;
    int copied = good ? copy_files(join(packages, folder, EXPORT_PACKAGES), ANY_PACKAGE, site.packages) : -1;
    if (copied < 0) {
        say(SAY_CANNOT_WRITE, site.data, GetLastError());
        return FAILED;
    }
    lab_fault_at(fault, LAB_AFTER);
    say(SAY_IMPORT_ENDS, records->count, copied);
    return DONE;
}

static int import_from(const wchar_t *folder, const struct lab_fault *fault)
{
    struct records records;
    int result = EXPORT_DAMAGED;
    bool found = records_read(folder, &records);
    if (found && complete(folder, &records)) {
        say(SAY_IMPORT_BEGINS, folder);
        result = replace_all(folder, &records, fault);
    } else {
        say(SAY_EXPORT_DAMAGED, folder);
    }
    if (found)
        records_free(&records);
    return result;
}

int run_importdb(int argc, wchar_t **argv)
{
    struct lab_fault fault;
    char password[SECRET_SIZE];
    wchar_t folder[MAX_PATH], version[VERSION_SIZE];
    lab_fault_program(L"importdb", product_version, &fault);
    if (argc != 3 || !lab_same(argv[1], L"/f") || !GetFullPathNameW(argv[2], MAX_PATH, folder, NULL)) {
        say(SAY_BAD_CALL, L"importdb /f FOLDER");
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
    if (summary_value(folder, L"Version", version) && !lab_same(version, product_version)) {
        say(SAY_OTHER_VERSION, version, product_version);
        return EXPORT_OF_OTHER_VERSION;
    }
    if (management_services_run()) {
        say(SAY_SERVICES_RUN);
        return SERVICES_RUN;
    }
    return import_from(folder, &fault);
}
