/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The releases in their order, and which database schema a release can work with. */
#include "product.h"

static const wchar_t *const releases[] = {L"09-51", L"10-00", L"10-10"};

int version_step(const wchar_t *version)
{
    for (int i = 0; i < (int)(sizeof releases / sizeof *releases); i++)
        if (lab_same(version, releases[i]))
            return i;
    return -1;
}

bool schema_fits(const wchar_t *schema, const wchar_t *version)
{
    int behind = version_step(version) - version_step(schema);
    return version_step(schema) >= 0 && (behind == 0 || behind == 1);
}
