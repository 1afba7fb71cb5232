/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   whoami.exe: the user, /user and /groups with /fo table|csv|list and /nh. [windows] elevated=0 shows the filtered token of an
   administrator: Administrators only to deny, medium integrity. What a task runs is told by its variable USERNAME to be SYSTEM. */
#include "common.h"

#include <sddl.h>
#include <stdio.h>

#define TRAP_EXIT_CODE 98

struct group {
    const wchar_t *name, *type, *sid, *attributes;
};

static const wchar_t *format = L"table";
static bool header = true;

static void print_rule(int columns)
{
    for (int i = 0; i < columns; i++)
        lab_print(L"%ls======================", i ? L" " : L"");
    lab_print(L"\r\n");
}

/* One row of `columns` values under `titles`. */
static void print_row(int columns, const wchar_t *const *titles, const wchar_t *const *values)
{
    bool csv = lab_same(format, L"csv"), list = lab_same(format, L"list");
    for (int i = 0; i < columns; i++) {
        if (csv)
            lab_print(L"%ls\"%ls\"", i ? L"," : L"", values[i]);
        else if (list)
            lab_print(L"%ls: %ls\r\n", titles[i], values[i]);
        else
            lab_print(L"%ls%-22ls", i ? L" " : L"", values[i]);
    }
    lab_print(L"\r\n");
}

static void print_titles(const wchar_t *caption, int columns, const wchar_t *const *titles)
{
    bool table = lab_same(format, L"table");
    if (table)
        lab_print(L"\r\n%ls\r\n\r\n", caption);
    if (!header || lab_same(format, L"list"))
        return;
    print_row(columns, titles, titles);
    if (table)
        print_rule(columns);
}

static bool is_system(void)
{
    wchar_t user[128];
    DWORD length = GetEnvironmentVariableW(L"USERNAME", user, 128);
    return length && length < 128 && user[length - 1] == L'$';
}

/* computer\user, in lower case as the real program prints it */
static const wchar_t *account(void)
{
    static wchar_t text[300];
    wchar_t user[128] = L"";
    DWORD size = 128, length = 128;
    if (is_system())
        return L"nt authority\\system";
    GetComputerNameW(text, &length);
    GetUserNameW(user, &size);
    _snwprintf(text + length, 160, L"\\%ls", user);
    return _wcslwr(text);
}

static int show_user(void)
{
    BYTE buffer[256];
    DWORD needed;
    HANDLE token;
    wchar_t *sid;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token) || !GetTokenInformation(token, TokenUser, buffer, sizeof buffer, &needed) ||
        !ConvertSidToStringSidW(((TOKEN_USER *)buffer)->User.Sid, &sid))
        return 1;
    const wchar_t *titles[] = {lab_text(L"User Name", L"ユーザー名"), L"SID"}, *values[] = {account(), is_system() ? L"S-1-5-18" : sid};
    print_titles(L"USER INFORMATION\r\n----------------", 2, titles);
    print_row(2, titles, values);
    return 0;
}

static int show_groups(void)
{
    bool elevated = lab_setting_number(L"windows", L"elevated", 1) != 0;
    const wchar_t *well_known = lab_text(L"Well-known group", L"よく知られたグループ"), *alias = lab_text(L"Alias", L"エイリアス");
    const wchar_t *usual = lab_text(L"Mandatory group, Enabled by default, Enabled group", L"固定グループ, 既定で有効, 有効なグループ");
    const wchar_t *owner = lab_text(L"Mandatory group, Enabled by default, Enabled group, Group owner", L"固定グループ, 既定で有効, 有効なグループ, グループの所有者");
    const wchar_t *deny = lab_text(L"Group used for deny only", L"拒否のみに使用するグループ");
    const struct group groups[] = {
        {L"Everyone", well_known, L"S-1-1-0", usual},
        {L"BUILTIN\\Administrators", alias, L"S-1-5-32-544", elevated ? owner : deny},
        {L"BUILTIN\\Users", alias, L"S-1-5-32-545", usual},
        {L"NT AUTHORITY\\NETWORK", well_known, L"S-1-5-2", usual},
        {L"NT AUTHORITY\\Authenticated Users", well_known, L"S-1-5-11", usual},
        {L"NT AUTHORITY\\This Organization", well_known, L"S-1-5-15", usual},
        {L"NT AUTHORITY\\NTLM Authentication", well_known, L"S-1-5-64-10", usual},
        {is_system() ? L"Mandatory Label\\System Mandatory Level" : elevated ? L"Mandatory Label\\High Mandatory Level" : L"Mandatory Label\\Medium Mandatory Level", lab_text(L"Label", L"ラベル"),
         is_system() ? L"S-1-16-16384" : elevated ? L"S-1-16-12288" : L"S-1-16-8192", L""},
    };
    const wchar_t *titles[] = {lab_text(L"Group Name", L"グループ名"), lab_text(L"Type", L"種類"), L"SID", lab_text(L"Attributes", L"属性")};
    print_titles(L"GROUP INFORMATION\r\n-----------------", 4, titles);
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        const wchar_t *values[] = {groups[i].name, groups[i].type, groups[i].sid, groups[i].attributes};
        print_row(4, titles, values);
    }
    return 0;
}

int wmain(int argc, wchar_t **argv)
{
    struct lab_fault fault;
    bool user = false, groups = false, known = true;
    lab_fault_program(L"whoami", NULL, &fault);
    lab_fault_at(&fault, LAB_BEFORE);
    for (int i = 1; i < argc && known; i++) {
        if (lab_same(argv[i], L"/fo") && i + 1 < argc)
            format = argv[++i];
        else if (lab_same(argv[i], L"/nh"))
            header = false;
        else if (lab_same(argv[i], L"/user"))
            user = true;
        else
            known = groups = lab_same(argv[i], L"/groups");
    }
    if (!known) {
        lab_error(L"whoami is a trap for everything but /user /groups /fo /nh: not allowed in this lab\r\n");
        return TRAP_EXIT_CODE;
    }
    int result = 0;
    if (!user && !groups)
        lab_print(L"%ls\r\n", account());
    if (user)
        result = show_user();
    if (groups)
        result |= show_groups();
    lab_fault_at(&fault, LAB_AFTER);
    return result;
}
