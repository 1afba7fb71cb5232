/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The database: plain files in DATA\Database, guarded by a named mutex, read anew each time.

   schema.ini   [Database] Schema=10-00
   records.dat  one record per line: schema;id;time;text;check   (check: CRC-32 of what stands before its semicolon, hexadecimal)
   auth         salted hash of the password */
#ifndef DATABASE_H
#define DATABASE_H

#include "product.h"

#include <stddef.h>

struct records {
    char *text;
    size_t size;
    int count;   /* lines */
    int foreign; /* lines that are damaged or not in the schema's format */
    wchar_t schema[VERSION_SIZE];
};

/* Waits for the database to be free; false (and a message) after half a minute. */
bool database_lock(void);
void database_unlock(void);

/* Reads schema and records of the database or of an export; false when either file is missing. Free with records_free. */
bool records_read(const wchar_t *folder, struct records *records);
void records_free(struct records *records);
/* The size of the first lines. */
size_t records_head(const struct records *records, int lines);
/* The records with the first lines rewritten in the format of another schema; the caller frees. */
char *records_rewrite(const struct records *records, int lines, const wchar_t *schema, size_t *size);
/* Writes records; the old ones are replaced at once. */
bool records_write(const wchar_t *folder, const char *text, size_t size);

bool schema_read(const wchar_t *folder, wchar_t schema[VERSION_SIZE]);
bool schema_write(const wchar_t *folder, const wchar_t *schema);

/* A record's line with its line end; time is the present. Returns the length. */
int record_line(char *line, size_t size, const wchar_t *schema, const char *id, const char *text);
/* Cuts off the torn last line that a power loss may have left. */
bool database_recover(void);
/* Appends one record and flushes it to the disk: when this returns true the record is durable. Takes the lock itself. */
bool record_store(const char *id, const char *text);

bool password_right(const char *password);
bool password_set(const char *password);

/* "2026-11-23T12:00:00.000Z" */
#define TIME_SIZE 32
void utc_now(char text[TIME_SIZE]);

#endif
