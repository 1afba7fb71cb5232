/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The two halves of sc.exe: asking (sc_query.c) and acting (sc.c). */
#ifndef LAB_SC_H
#define LAB_SC_H

#include "common.h"

/* Print the reason and return the exit code. */
int sc_failed(const wchar_t *what, DWORD error);
int sc_usage(void);

const wchar_t *sc_type_name(DWORD type);
/* Wine leaves a service whose process was killed in its last state; Windows says STOPPED with exit code 1067. */
void sc_correct_killed_service(SERVICE_STATUS_PROCESS *status);
/* The label of a field with its colon, padded; [windows] labels=translated prints it in Japanese, as nothing says that no Windows does. */
const wchar_t *sc_label(const wchar_t *label);
/* `display_name` is NULL where the real program does not print it. */
void sc_print_status(const wchar_t *name, const wchar_t *display_name, SERVICE_STATUS_PROCESS *status, bool extended);
int sc_query(SC_HANDLE manager, int count, wchar_t **words, bool extended);

#endif
