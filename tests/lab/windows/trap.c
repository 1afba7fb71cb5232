/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Stands in for every Windows program that the product must not use, or that Wine only pretends to have: it fails and says so. */
#include "common.h"

#define TRAP_EXIT_CODE 98

int wmain(void)
{
    wchar_t path[MAX_PATH] = L"";
    GetModuleFileNameW(NULL, path, MAX_PATH);
    wchar_t *name = wcsrchr(path, L'\\') ? wcsrchr(path, L'\\') + 1 : path;
    if (wcsrchr(name, L'.'))
        *wcsrchr(name, L'.') = 0;
    lab_error(L"%ls is a trap: not allowed in this lab\r\n", name);
    return TRAP_EXIT_CODE;
}
