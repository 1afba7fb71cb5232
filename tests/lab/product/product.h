/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The product double: what its programs share. One executable per version plays all programs; its own file name says which one. */
#ifndef PRODUCT_H
#define PRODUCT_H

#include "common.h"
#include "messages.h"

#define PRODUCT_NAME L"JP1/IT Desktop Management - Manager"
#define SERVICE_MANAGER L"JP1_ITDM_Service"
#define SERVICE_WEB L"JP1_ITDM_Web"
#define SERVICE_DATABASE L"JP1_ITDM_DB"
#define VERSION_SIZE 16

/* The version of this build, as L"10-10". */
extern const wchar_t product_version[];

/* Exit codes of the programs; the README explains them. */
enum exit_code {
    DONE = 0,
    BAD_CALL = 2,
    NOT_RUNNING = 4,
    WRONG_PASSWORD = 5,
    EXPORT_EXISTS = 6,
    NO_BACKUP_SPACE = 7,
    WITHOUT_LICENSE = 8,
    FAILED = 12,
    NEWER_INSTALLED = 21,
    MANAGER_SERVICES_RUN = 22,
    DATABASE_SERVICE_RUNS = 23,
    NO_INSTALL_SPACE = 24,
    BAD_RESPONSE_FILE = 25,
    NOT_INSTALLED = 26,
    EXPORT_OF_OTHER_VERSION = 31,
    SERVICES_RUN = 32,
    EXPORT_DAMAGED = 33,
    WEB_NOT_RUNNING = 41,
    WRONG_KEY = 42,
    DATABASE_DAMAGED = 51
};

/* Service-specific exit codes: why a service refuses to start. */
enum refusal {
    STARTS = 0,
    VERSIONS_DIFFER = 101,
    LICENSE_MISSING = 102,
    SCHEMA_MISFIT = 103,
    DATABASE_UNREACHABLE = 104,
    DATABASE_UNUSABLE = 105,
    PORT_IN_USE = 106
};

/* --- release.c --- */

/* The place of a version in the order of releases, -1 when unknown. */
int version_step(const wchar_t *version);
/* True when programs of `version` can work with a database of `schema`: the same, or one step older (Setup may be skipped once). */
bool schema_fits(const wchar_t *schema, const wchar_t *version);

/* --- secret.c --- */

#define SECRET_SIZE 512
#define HASH_SIZE 65
struct salted_hash {
    char salt[33], hash[HASH_SIZE]; /* hexadecimal */
};
/* Reads the first line of standard input, UTF-8, without its line end. False when there is none. */
bool read_secret(char secret[SECRET_SIZE]);
bool hash_secret(const char *secret, struct salted_hash *result);
bool secret_matches(const char *secret, const struct salted_hash *stored);
/* A salted hash as the keys Salt= and SHA256= of a section of an ini file. */
bool read_hash(const wchar_t *path, const wchar_t *section, struct salted_hash *stored);
bool write_hash(const wchar_t *path, const char *section_and_lines, const struct salted_hash *stored);

/* --- license.c --- */

bool license_key_valid(const char *key);
bool license_registered(void);
bool license_register(const char *key);

/* --- management.c --- */

/* True when one of the management server's services runs: asked of the local service manager there, by TCP from the database server. */
bool management_services_run(void);

/* --- the programs, each in the file of its name --- */

int installer(int argc, wchar_t **argv);
int uninstaller(const wchar_t *log_file);
int run_jdmsetup(int argc, wchar_t **argv);
int run_exportdb(int argc, wchar_t **argv);
int run_importdb(int argc, wchar_t **argv);
int run_startservice(int argc, wchar_t **argv);
int run_stopservice(int argc, wchar_t **argv);
int run_licreg(int argc, wchar_t **argv);
int run_dbstat(int argc, wchar_t **argv);
int run_service_manager(int argc, wchar_t **argv);
int run_service_web(int argc, wchar_t **argv);
int run_service_database(int argc, wchar_t **argv);

#endif
