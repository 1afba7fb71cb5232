/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later */
#include "files.h"

#include <stdio.h>
#include <string.h>

wchar_t *join(wchar_t *path, const wchar_t *folder, const wchar_t *name)
{
    size_t length = wcslen(folder);
    const wchar_t *between = length && folder[length - 1] == L'\\' ? L"" : L"\\";
    _snwprintf(path, MAX_PATH, L"%ls%ls%ls", folder, between, name);
    path[MAX_PATH - 1] = 0;
    return path;
}

bool file_exists(const wchar_t *path)
{
    return GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES;
}

void make_folder(const wchar_t *path)
{
    wchar_t part[MAX_PATH];
    for (const wchar_t *end = wcschr(path, L'\\'); end; end = wcschr(end + 1, L'\\')) {
        wcsncpy(part, path, end - path);
        part[end - path] = 0;
        CreateDirectoryW(part, NULL);
    }
    CreateDirectoryW(path, NULL);
}

bool write_data(const wchar_t *path, const void *data, size_t size)
{
    DWORD written = 0;
    HANDLE file = CreateFileW(path, GENERIC_WRITE, FILE_SHARE_READ, NULL, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return false;
    bool good = WriteFile(file, data, (DWORD)size, &written, NULL) && written == size && FlushFileBuffers(file);
    CloseHandle(file);
    return good;
}

bool write_text(const wchar_t *path, const char *text)
{
    return write_data(path, text, strlen(text));
}

bool replace_data(const wchar_t *path, const void *data, size_t size)
{
    wchar_t temporary[MAX_PATH];
    _snwprintf(temporary, MAX_PATH, L"%ls.tmp", path);
    return write_data(temporary, data, size) && MoveFileExW(temporary, path, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH);
}

bool delete_file(const wchar_t *path)
{
    for (int i = 0; i < 25; i++) {
        if (DeleteFileW(path) || GetLastError() == ERROR_FILE_NOT_FOUND || GetLastError() == ERROR_PATH_NOT_FOUND)
            return true;
        Sleep(200);
    }
    return false;
}

static int each_file(const wchar_t *folder, const wchar_t *pattern, bool (*act)(const wchar_t *path, const WIN32_FIND_DATAW *found, void *data),
                     void *data)
{
    int count = 0;
    wchar_t path[MAX_PATH];
    WIN32_FIND_DATAW found;
    HANDLE search = FindFirstFileW(join(path, folder, pattern), &found);
    if (search == INVALID_HANDLE_VALUE)
        return 0;
    do {
        if (found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY)
            continue;
        count = act(join(path, folder, found.cFileName), &found, data) ? count + 1 : -1;
    } while (count >= 0 && FindNextFileW(search, &found));
    FindClose(search);
    return count;
}

static bool add(const wchar_t *path, const WIN32_FIND_DATAW *found, void *data)
{
    (void)path;
    struct folder_sum *sum = data;
    sum->files++;
    sum->bytes += found->nFileSizeLow + ((unsigned long long)found->nFileSizeHigh << 32);
    return true;
}

static bool copy(const wchar_t *path, const WIN32_FIND_DATAW *found, void *data)
{
    wchar_t target[MAX_PATH];
    return CopyFileW(path, join(target, data, found->cFileName), FALSE);
}

static bool delete(const wchar_t *path, const WIN32_FIND_DATAW *found, void *data)
{
    (void)found;
    (void)data;
    return delete_file(path);
}

struct folder_sum sum_files(const wchar_t *folder, const wchar_t *pattern)
{
    struct folder_sum sum = {0, 0};
    each_file(folder, pattern, add, &sum);
    return sum;
}

int copy_files(const wchar_t *folder, const wchar_t *pattern, const wchar_t *target)
{
    make_folder(target);
    return each_file(folder, pattern, copy, (void *)target);
}

int delete_files(const wchar_t *folder, const wchar_t *pattern)
{
    return each_file(folder, pattern, delete, NULL);
}
