/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   What all services share: the conversation with the service control manager, and the lab's faults of services. */
#ifndef SERVICE_MAIN_H
#define SERVICE_MAIN_H

#include "common.h"

struct service {
    const wchar_t *name;
    /* Gets ready; returns 0, or the service-specific exit code with which the service refuses to start. */
    DWORD (*start)(void);
    /* Ends the work in hand. */
    void (*stop)(void);
};

/* Runs as that service; returns the process's exit code. */
int service_run(const struct service *service);
/* To be called again and again while `start` waits for something. False when the service is told to stop. */
bool service_progress(void);
/* Makes a running service end with a service-specific exit code. */
void service_give_up(DWORD specific);

#endif
