/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The database in use: its lock, its password, and storing a record. */
#include "database.h"
#include "files.h"
#include "site.h"

#include <string.h>

#define LOCK_MS 30000

static HANDLE mutex;

bool database_lock(void)
{
    if (!mutex)
        mutex = CreateMutexW(NULL, FALSE, L"Global\\JP1ITDM_Database");
    DWORD state = WaitForSingleObject(mutex, LOCK_MS);
    if (state == WAIT_OBJECT_0 || state == WAIT_ABANDONED) /* abandoned: its owner died, and every reader checks what it reads */
        return true;
    say(SAY_DATABASE_BUSY);
    return false;
}

void database_unlock(void)
{
    ReleaseMutex(mutex);
}

/* Cuts off a last line without its end: the rest of a record whose writer died before it could accept it. */
static bool cut_torn_line(HANDLE file)
{
    LARGE_INTEGER size, position;
    DWORD got;
    char character = 0;
    if (!GetFileSizeEx(file, &size))
        return false;
    for (position = size; position.QuadPart > 0; position.QuadPart--) {
        LARGE_INTEGER before = {.QuadPart = position.QuadPart - 1};
        if (!SetFilePointerEx(file, before, NULL, FILE_BEGIN) || !ReadFile(file, &character, 1, &got, NULL))
            return false;
        if (character == '\n')
            break;
    }
    return SetFilePointerEx(file, position, NULL, FILE_BEGIN) && (position.QuadPart == size.QuadPart || SetEndOfFile(file));
}

static HANDLE open_records(void)
{
    wchar_t path[MAX_PATH];
    join(path, site.database, L"records.dat");
    return CreateFileW(path, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
}

bool database_recover(void)
{
    if (!database_lock())
        return false;
    HANDLE file = open_records();
    bool good = file != INVALID_HANDLE_VALUE && cut_torn_line(file);
    CloseHandle(file);
    database_unlock();
    return good;
}

static bool append(const char *line, DWORD length)
{
    DWORD written = 0;
    HANDLE file = open_records();
    if (file == INVALID_HANDLE_VALUE)
        return false;
    bool good = cut_torn_line(file) && WriteFile(file, line, length, &written, NULL) && written == length && FlushFileBuffers(file);
    CloseHandle(file);
    return good;
}

bool record_store(const char *id, const char *text)
{
    wchar_t schema[VERSION_SIZE];
    char line[4096];
    if (!database_lock())
        return false;
    bool good = schema_read(site.database, schema) && append(line, record_line(line, sizeof line, schema, id, text));
    database_unlock();
    return good;
}

bool password_right(const char *password)
{
    wchar_t path[MAX_PATH];
    struct salted_hash stored;
    return read_hash(join(path, site.database, L"auth"), L"Auth", &stored) && secret_matches(password, &stored);
}

bool password_set(const char *password)
{
    wchar_t path[MAX_PATH];
    struct salted_hash hash;
    return hash_secret(password, &hash) && write_hash(join(path, site.database, L"auth"), "[Auth]\r\n", &hash);
}
