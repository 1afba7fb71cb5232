/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Windows services as a client of the service control manager. */
#ifndef SCM_H
#define SCM_H

#include "common.h"

struct start_result {
    bool running;
    DWORD error;    /* Win32 error, ERROR_SERVICE_SPECIFIC_ERROR included */
    DWORD specific; /* the service's own exit code */
};

/* SERVICE_RUNNING and so on; 0 when there is no such service. */
DWORD service_state(const wchar_t *name);
/* True unless the service is missing or stopped. */
bool service_active(const wchar_t *name);
/* Starts a service and waits until it runs or has refused. A running service is a success. */
struct start_result service_start(const wchar_t *name);
/* Stops a service and waits for it. Returns 0 or a Win32 error; a stopped or missing service is a success. */
DWORD service_stop(const wchar_t *name);
/* Creates an automatic service, or gives an existing one its program. */
bool service_install(const wchar_t *name, const wchar_t *display_name, const wchar_t *program);
void service_remove(const wchar_t *name);

#endif
