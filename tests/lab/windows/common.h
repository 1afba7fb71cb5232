/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   What every Windows program of the lab shares: text in the right language and code page, and faults switched on from outside. */
#ifndef LAB_COMMON_H
#define LAB_COMMON_H

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stddef.h>
#include <wchar.h>

/* --- output: wide printf formats; strings are %ls, "\n" must be written as "\r\n" as the real tools do --- */

/* Writes to standard output in the console's output code page ([windows] encoding=oem in faults.ini: in the OEM code page). */
void lab_print(const wchar_t *format, ...);
/* The same to standard error. */
void lab_error(const wchar_t *format, ...);
/* The same to an open file or pipe in a code page of the caller's choice (log files: CP_ACP). */
void lab_write(HANDLE file, UINT code_page, const wchar_t *format, ...);
void lab_write_list(HANDLE file, UINT code_page, const wchar_t *format, va_list values);
/* The code page that lab_print and lab_error use. */
UINT lab_output_code_page(void);

/* --- language --- */

/* True on a Japanese host (ANSI code page 932). */
bool lab_japanese(void);
/* The Japanese text on a Japanese host, else the English one. */
const wchar_t *lab_text(const wchar_t *english, const wchar_t *japanese);
/* The text of a Win32 error, without a line end. Valid until the next call. */
const wchar_t *lab_system_message(DWORD error);

/* --- settings: Z:\lab\faults.ini, a missing file or key gives the default --- */

DWORD lab_setting(const wchar_t *section, const wchar_t *key, const wchar_t *fallback, wchar_t *value, DWORD size);
/* A decimal or 0x number, signed or not; up to 64 bits. */
long long lab_setting_number(const wchar_t *section, const wchar_t *key, long long fallback);
bool lab_setting_is(const wchar_t *section, const wchar_t *key, const wchar_t *value);

/* Free and total bytes of a drive as the lab wants them seen: [disk:C] free=, total=. False when there is no such drive. */
bool lab_disk(wchar_t drive, unsigned long long *free_bytes, unsigned long long *total_bytes);
/* Only the free bytes; 0 when there is no such drive. */
unsigned long long lab_disk_free(wchar_t drive);

/* --- what happened: Z:\lab\programs.log, a line for each event: UTC time, process id, the text, separated by tabs --- */

void lab_note(const wchar_t *format, ...);

/* --- faults ---
   A program loads its fault once and calls lab_fault_at at its three points:

       struct lab_fault fault;
       lab_fault_program(L"exportdb", L"10-10", &fault);
       lab_fault_at(&fault, LAB_BEFORE);   ... half of the work ...
       lab_fault_at(&fault, LAB_MIDDLE);   ... the rest ...
       lab_fault_at(&fault, LAB_AFTER);

   lab_fault_at does nothing at the other points; at the fault's own point it ends the process (fail, nothing, crash) or waits (slow, hang). */

enum lab_fault_kind { LAB_NO_FAULT, LAB_FAIL, LAB_HANG, LAB_SLOW, LAB_NOTHING, LAB_CRASH };
enum lab_fault_when { LAB_BEFORE, LAB_MIDDLE, LAB_AFTER };

struct lab_fault {
    wchar_t section[96];
    enum lab_fault_kind kind;
    enum lab_fault_when when;
    DWORD exit_code; /* of LAB_FAIL */
    DWORD seconds;   /* of LAB_SLOW and LAB_HANG; 0 = LAB_HANG for ever */
};

/* Reads [section] (kind, when, exit_code, seconds, count, version). `version` may be NULL: then a fault bound to a version is ignored.
   Returns true when there is a fault to apply. */
bool lab_fault(const wchar_t *section, const wchar_t *version, struct lab_fault *fault);
/* The same for [program:name]. */
bool lab_fault_program(const wchar_t *name, const wchar_t *version, struct lab_fault *fault);
/* Applies the fault when `point` is its point, and counts it down. */
void lab_fault_at(const struct lab_fault *fault, enum lab_fault_when point);
/* Counts the fault down, notes it, and returns whether it may still be applied: for callers that apply a fault in their own way (services). */
bool lab_fault_take(const wchar_t *section);

/* --- small helpers --- */

/* Equal without regard to case. */
bool lab_same(const wchar_t *left, const wchar_t *right);
/* Reads a whole file into memory that the caller frees; two zero bytes follow the data. NULL and GetLastError() when it can not be read. */
unsigned char *lab_read_file(const wchar_t *path, DWORD *size);

#endif
