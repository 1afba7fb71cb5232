/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   startservice.exe: starts the services of the management server, the operation window first. */
#include "scm.h"
#include "site.h"

static struct start_result start(const wchar_t *name)
{
    say(SAY_STARTING, name);
    struct start_result result = service_start(name);
    if (result.running)
        say(SAY_STARTED, name);
    else if (result.specific == LICENSE_MISSING)
        say(SAY_WINDOW_ONLY);
    else
        say(SAY_START_FAILED, name, result.error, result.specific);
    return result;
}

int run_startservice(int argc, wchar_t **argv)
{
    struct lab_fault fault;
    lab_fault_program(L"startservice", product_version, &fault);
    (void)argv;
    if (argc != 1) {
        say(SAY_BAD_CALL, L"startservice");
        return BAD_CALL;
    }
    if (!on_management_server()) {
        say(SAY_NOT_HERE, site.role);
        return FAILED;
    }
    lab_fault_at(&fault, LAB_BEFORE);
    struct start_result web = start(SERVICE_WEB);
    lab_fault_at(&fault, LAB_MIDDLE);
    struct start_result manager = start(SERVICE_MANAGER);
    lab_fault_at(&fault, LAB_AFTER);
    if (web.running && manager.running)
        return DONE;
    return web.running && manager.specific == LICENSE_MISSING ? WITHOUT_LICENSE : FAILED;
}
