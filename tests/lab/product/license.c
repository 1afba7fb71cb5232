/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The licence. A valid key is LABKEY-BODY-CC: BODY of capital letters and digits (at least 8), CC the sum of BODY's character
   codes modulo 97 in two decimal digits. */
#include "site.h"
#include "files.h"

#include <stdlib.h>
#include <string.h>

#define PREFIX "LABKEY-"

bool license_key_valid(const char *key)
{
    if (strncmp(key, PREFIX, strlen(PREFIX)))
        return false;
    const char *body = key + strlen(PREFIX);
    size_t length = strspn(body, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
    int sum = 0;
    for (size_t i = 0; i < length; i++)
        sum += body[i];
    const char *check = body + length;
    return length >= 8 && check[0] == '-' && strspn(check + 1, "0123456789") == 2 && strlen(check) == 3 && atoi(check + 1) == sum % 97;
}

bool license_registered(void)
{
    wchar_t path[MAX_PATH], registered[8];
    struct salted_hash stored;
    GetPrivateProfileStringW(L"License", L"Registered", L"no", registered, 8, join(path, site.conf, L"license.dat"));
    return lab_same(registered, L"yes") && read_hash(path, L"License", &stored);
}

bool license_register(const char *key)
{
    wchar_t path[MAX_PATH];
    struct salted_hash hash;
    return hash_secret(key, &hash) && write_hash(join(path, site.conf, L"license.dat"), "[License]\r\nRegistered=yes\r\n", &hash);
}
