/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   stopservice.exe: stops the services of the management server. */
#include "scm.h"
#include "site.h"

static bool stop(const wchar_t *name)
{
    say(SAY_STOPPING, name);
    DWORD error = service_stop(name);
    if (error)
        say(SAY_STOP_FAILED, name, error);
    else
        say(SAY_STOPPED, name);
    return !error;
}

int run_stopservice(int argc, wchar_t **argv)
{
    struct lab_fault fault;
    lab_fault_program(L"stopservice", product_version, &fault);
    (void)argv;
    if (argc != 1) {
        say(SAY_BAD_CALL, L"stopservice");
        return BAD_CALL;
    }
    if (!on_management_server()) {
        say(SAY_NOT_HERE, site.role);
        return FAILED;
    }
    lab_fault_at(&fault, LAB_BEFORE);
    if (!management_services_run()) {
        say(SAY_ALREADY_STOPPED);
        return NOT_RUNNING;
    }
    bool stopped = stop(SERVICE_MANAGER);
    lab_fault_at(&fault, LAB_MIDDLE);
    stopped = stop(SERVICE_WEB) && stopped;
    lab_fault_at(&fault, LAB_AFTER);
    return stopped ? DONE : FAILED;
}
