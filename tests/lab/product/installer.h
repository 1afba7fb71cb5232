/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   What the installer and the uninstaller share. */
#ifndef INSTALLER_H
#define INSTALLER_H

#include "product.h"

struct response {
    wchar_t install_folder[MAX_PATH], log_file[MAX_PATH];
    wchar_t role[64], management_server[64], database_server[64];
    bool auto_update, start_services;
};

/* Reads the response file; says what is wrong with it. */
bool response_read(const wchar_t *path, struct response *response);

/* The conditions that hold for installing and for uninstalling; DONE or the exit code, with a message said. */
int check_installed_version(const wchar_t *installed);
int check_services(void);
int check_space(void);

/* The program files; `fault` is applied when half of them are done. */
bool programs_remove(const struct lab_fault *fault);
bool programs_copy(const wchar_t *media, const struct lab_fault *fault);

/* The services of this server's role. */
bool services_install(void);
void services_remove(void);
void services_start(void);

/* Folder of this executable, which is the media. */
void media_folder(wchar_t folder[MAX_PATH]);

#endif
