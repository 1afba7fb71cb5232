/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Files and folders. */
#ifndef FILES_H
#define FILES_H

#include "common.h"

struct folder_sum {
    int files;
    unsigned long long bytes;
};

/* folder\name into a buffer of MAX_PATH; an empty name gives "folder\". Returns the buffer. */
wchar_t *join(wchar_t *path, const wchar_t *folder, const wchar_t *name);
bool file_exists(const wchar_t *path);
/* Creates a folder and the folders above it. */
void make_folder(const wchar_t *path);
/* Writes a whole file and flushes it to the disk. */
bool write_data(const wchar_t *path, const void *data, size_t size);
bool write_text(const wchar_t *path, const char *text);
/* The same by a temporary file that takes the place of the old one at once. */
bool replace_data(const wchar_t *path, const void *data, size_t size);
/* For the files of a folder that match a pattern: count, copy, delete. Both last ones return how many they did, or -1. */
struct folder_sum sum_files(const wchar_t *folder, const wchar_t *pattern);
int copy_files(const wchar_t *folder, const wchar_t *pattern, const wchar_t *target);
int delete_files(const wchar_t *folder, const wchar_t *pattern);
/* Deletes one file; waits some seconds for a process that still has it open. True also when there was none. */
bool delete_file(const wchar_t *path);

#endif
