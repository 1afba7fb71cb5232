/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Compiled once per version with -DPRODUCT_VERSION=VV-RR; everything else is compiled once for all. */
#include "product.h"

#define QUOTE(text) #text
#define WIDE(text) L"" QUOTE(text)

const wchar_t product_version[] = WIDE(PRODUCT_VERSION);
