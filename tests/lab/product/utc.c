/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later */
#include "database.h"

#include <stdio.h>

void utc_now(char text[TIME_SIZE])
{
    SYSTEMTIME now;
    GetSystemTime(&now);
    snprintf(text, TIME_SIZE, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", now.wYear, now.wMonth, now.wDay, now.wHour, now.wMinute, now.wSecond,
             now.wMilliseconds);
}
