/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   icacls.exe: shows and notes rights (/inheritance:e|d|r, /grant[:r], /reset, /q /t /c /l). Rights are not enforced: they are kept in
   HKLM\SOFTWARE\Lab\Acl, where a test can see what was asked for. */
#include "common.h"

#include <sddl.h>
#include <stdio.h>

#define TRAP_EXIT_CODE 98
#define KEY L"SOFTWARE\\Lab\\Acl"
#define TEXT_SIZE 4096

static HKEY records;

static int failed(const wchar_t *path, DWORD error)
{
    lab_error(L"%ls: %ls\r\n", path, lab_system_message(error));
    lab_print(lab_text(L"Successfully processed 0 files; Failed processing 1 files\r\n",
                       L"0 個のファイルが正常に処理されました。1 個のファイルを処理できませんでした\r\n"));
    return error;
}

static int succeeded(void)
{
    lab_print(lab_text(L"Successfully processed 1 files; Failed processing 0 files\r\n",
                       L"1 個のファイルが正常に処理されました。0 個のファイルを処理できませんでした\r\n"));
    return 0;
}

/* "*S-1-5-18:(OI)(CI)F" or "name:F" -> "S-1-5-18:(OI)(CI)F"; an error when nobody has that name. */
static DWORD resolve(const wchar_t *grant, wchar_t *text, size_t size)
{
    static const struct {
        const wchar_t *name, *sid;
    } names[] = {{L"SYSTEM", L"S-1-5-18"}, {L"NT AUTHORITY\\SYSTEM", L"S-1-5-18"}, {L"Administrators", L"S-1-5-32-544"},
                 {L"BUILTIN\\Administrators", L"S-1-5-32-544"}, {L"Everyone", L"S-1-1-0"}, {L"Users", L"S-1-5-32-545"}, {L"BUILTIN\\Users", L"S-1-5-32-545"}};
    const wchar_t *colon = wcschr(grant, L':');
    wchar_t who[128];
    PSID sid;
    if (!colon || !colon[1] || colon - grant > 127)
        return ERROR_INVALID_PARAMETER;
    wcsncpy(who, grant, colon - grant);
    who[colon - grant] = 0;
    if (*who == L'*') {
        if (!ConvertStringSidToSidW(who + 1, &sid))
            return ERROR_NONE_MAPPED;
        LocalFree(sid);
        _snwprintf(text, size, L"%ls%ls", who + 1, colon);
        return 0;
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (lab_same(who, names[i].name)) {
            _snwprintf(text, size, L"%ls%ls", names[i].sid, colon);
            return 0;
        }
    return ERROR_NONE_MAPPED;
}

static const wchar_t *account_name(const wchar_t *sid)
{
    return lab_same(sid, L"S-1-5-18")       ? L"NT AUTHORITY\\SYSTEM"
           : lab_same(sid, L"S-1-5-32-544") ? L"BUILTIN\\Administrators"
           : lab_same(sid, L"S-1-5-32-545") ? L"BUILTIN\\Users"
           : lab_same(sid, L"S-1-1-0")      ? L"Everyone"
                                            : sid;
}

/* The record is a list of "SID:rights", separated by ";", the inherited ones first as "inherited". */
static void show(const wchar_t *path, wchar_t *record)
{
    bool first = true;
    for (wchar_t *part = wcstok(record, L";"); part; part = wcstok(NULL, L";")) {
        wchar_t *rights = wcschr(part, L':');
        if (rights)
            *rights++ = 0;
        wchar_t *last = rights ? wcsrchr(rights, L')') : NULL; /* (OI)(CI)F is shown as (OI)(CI)(F) */
        last = last ? last + 1 : rights;
        if (first)
            lab_print(L"%ls ", path);
        else
            lab_print(L"%*ls", (int)wcslen(path) + 1, L"");
        first = false;
        if (!rights)
            lab_print(L"BUILTIN\\Administrators:(I)(OI)(CI)(F)\r\n%*lsNT AUTHORITY\\SYSTEM:(I)(OI)(CI)(F)\r\n%*lsBUILTIN\\Users:(I)(OI)(CI)(RX)\r\n",
                      (int)wcslen(path) + 1, L"", (int)wcslen(path) + 1, L"");
        else if (last && *last && *last != L'(')
            lab_print(L"%ls:%.*ls(%ls)\r\n", account_name(part), (int)(last - rights), rights, last);
        else
            lab_print(L"%ls:%ls\r\n", account_name(part), rights);
    }
    lab_print(L"\r\n");
}

static int trap(const wchar_t *option)
{
    lab_error(L"icacls %ls is a trap: not allowed in this lab\r\n", option);
    return TRAP_EXIT_CODE;
}

int wmain(int argc, wchar_t **argv)
{
    struct lab_fault fault;
    wchar_t path[MAX_PATH], record[TEXT_SIZE] = L"inherited", grant[256];
    DWORD size = sizeof record;
    bool quiet = false, changed = false, replaced = false;
    lab_fault_program(L"icacls", NULL, &fault);
    lab_fault_at(&fault, LAB_BEFORE);
    if (argc < 2)
        return trap(L"without arguments");
    GetFullPathNameW(argv[1], MAX_PATH, path, NULL);
    if (GetFileAttributesW(path) == INVALID_FILE_ATTRIBUTES)
        return failed(argv[1], GetLastError());
    RegCreateKeyExW(HKEY_LOCAL_MACHINE, KEY, 0, NULL, 0, KEY_ALL_ACCESS | KEY_WOW64_64KEY, NULL, &records, NULL);
    RegQueryValueExW(records, path, NULL, NULL, (BYTE *)record, &size);
    for (int i = 2; i < argc; i++) {
        if (lab_same(argv[i], L"/q"))
            quiet = true;
        else if (lab_same(argv[i], L"/t") || lab_same(argv[i], L"/c") || lab_same(argv[i], L"/l"))
            continue;
        else if (lab_same(argv[i], L"/reset") || lab_same(argv[i], L"/inheritance:e") || lab_same(argv[i], L"/inheritance:d")) {
            changed = true;
            wcscpy(record, L"inherited");
        } else if (lab_same(argv[i], L"/inheritance:r")) {
            changed = true;
            if (!wcsncmp(record, L"inherited", 9))
                wmemmove(record, record + 9, wcslen(record + 9) + 1);
        } else if (lab_same(argv[i], L"/grant") || lab_same(argv[i], L"/grant:r")) {
            if (lab_same(argv[i], L"/grant:r") && !replaced && wcsncmp(record, L"inherited", 9))
                *record = 0;
            changed = replaced = true;
            if (i + 1 >= argc)
                return failed(argv[i], ERROR_INVALID_PARAMETER);
            for (; i + 1 < argc && argv[i + 1][0] != L'/'; i++) {
                DWORD error = resolve(argv[i + 1], grant, 256);
                if (error)
                    return failed(argv[i + 1], error);
                if (wcslen(record) + wcslen(grant) + 2 < TEXT_SIZE)
                    wcscat(wcscat(record, L";"), grant);
            }
        } else
            return trap(argv[i]);
    }
    if (!changed)
        show(argv[1], record);
    else {
        RegSetValueExW(records, path, 0, REG_SZ, (BYTE *)record, 2 * (wcslen(record) + 1));
        if (!quiet)
            lab_print(lab_text(L"processed file: %ls\r\n", L"処理ファイル: %ls\r\n"), argv[1]);
    }
    lab_fault_at(&fault, LAB_AFTER);
    return succeeded();
}
