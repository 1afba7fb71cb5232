/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   licreg.exe: registers the licence, or says whether it is registered. */
#include "files.h"
#include "scm.h"
#include "site.h"

static int status(void)
{
    say(SAY_LICENSE_STATUS);
    lab_print(L"registered=%ls\r\n", license_registered() ? L"yes" : L"no");
    return DONE;
}

static int register_license(void)
{
    struct lab_fault fault;
    char key[SECRET_SIZE];
    wchar_t path[MAX_PATH];
    lab_fault_program(L"licreg", product_version, &fault);
    lab_fault_at(&fault, LAB_BEFORE);
    bool valid = read_secret(key) && license_key_valid(key);
    if (service_state(SERVICE_WEB) != SERVICE_RUNNING) {
        say(SAY_LICENSE_NEEDS_WEB, SERVICE_WEB);
        return WEB_NOT_RUNNING;
    }
    if (!valid) {
        say(SAY_LICENSE_WRONG_KEY);
        return WRONG_KEY;
    }
    join(path, site.conf, L"license.dat");
    if (fault.kind && fault.when == LAB_MIDDLE)
        write_text(path, "[License]\r\nRegis");
    lab_fault_at(&fault, LAB_MIDDLE);
    if (!license_register(key)) {
        say(SAY_CANNOT_WRITE, path, GetLastError());
        return FAILED;
    }
    lab_fault_at(&fault, LAB_AFTER);
    say(SAY_LICENSE_DONE);
    return DONE;
}

int run_licreg(int argc, wchar_t **argv)
{
    if (argc == 2 && lab_same(argv[1], L"/status"))
        return status();
    if (argc == 2 && lab_same(argv[1], L"/stdin"))
        return register_license();
    say(SAY_BAD_CALL, L"licreg /stdin | /status");
    return BAD_CALL;
}
