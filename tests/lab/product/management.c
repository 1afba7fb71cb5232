/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later */
#include "net.h"
#include "scm.h"
#include "site.h"

bool management_services_run(void)
{
    if (on_management_server())
        return service_active(SERVICE_MANAGER) || service_active(SERVICE_WEB);
    net_begin();
    return net_answers(site.management_server, PORT_AGENTS) || net_answers(site.management_server, PORT_WEB);
}
