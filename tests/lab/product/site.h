/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Where the product lies on this server, what this server is, and how it is known to Windows. */
#ifndef SITE_H
#define SITE_H

#include "product.h"

#define NAME_SIZE 64

struct site {
    wchar_t install[MAX_PATH], bin[MAX_PATH], conf[MAX_PATH], log[MAX_PATH];
    wchar_t data[MAX_PATH], database[MAX_PATH], packages[MAX_PATH];
    wchar_t role[NAME_SIZE]; /* management or database; empty: never installed here */
    wchar_t management_server[NAME_SIZE], database_server[NAME_SIZE];
};
extern struct site site;

/* Fills `site` from product.ini, else from the registry, else with the default folders. */
void site_load(void);
/* Sets the install folder and the folders below it. */
void site_set_install(const wchar_t *folder);
/* Writes product.ini and the product's own registry key, which outlives an uninstallation. */
bool site_save(const wchar_t *version);
bool on_management_server(void);
bool on_database_server(void);

/* The version in the uninstall entry; false when there is none. */
bool installed_version(wchar_t version[VERSION_SIZE]);
void register_version(const wchar_t *version, const wchar_t *uninstall_command);
void unregister_version(void);

#endif
