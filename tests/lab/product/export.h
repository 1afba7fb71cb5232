/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   An export (a backup): export.ini, schema.ini, records.dat and packages in one folder.

   export.ini  [Export] Version=10-00  Schema=10-00  Records=200  Packages=3  PackageBytes=...  Time=2026-11-23T12:00:00.000Z (UTC, of the snapshot) */
#ifndef EXPORT_H
#define EXPORT_H

#include "database.h"
#include "files.h"

#define EXPORT_FILE L"export.ini"
#define EXPORT_PACKAGES L"packages"
#define ANY_PACKAGE L"*.pkg"

#endif
