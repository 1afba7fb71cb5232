/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The program files and the services of an installation. */
#include "installer.h"
#include "files.h"
#include "scm.h"
#include "site.h"

/* In the order in which they are installed. */
static const wchar_t *const programs[] = {L"dbstat.exe",    L"exportdb.exe", L"importdb.exe",   L"jdmdb.exe",       L"jdmservice.exe",
                                          L"jdmsetup.exe",  L"jdmweb.exe",   L"licreg.exe",     L"startservice.exe", L"stopservice.exe"};
#define PROGRAMS ((int)(sizeof programs / sizeof *programs))

static const struct {
    const wchar_t *role, *name, *display_name, *program;
} services[] = {
    {L"management", SERVICE_WEB, L"JP1/ITDM Manager Operation Window", L"jdmweb.exe"},
    {L"management", SERVICE_MANAGER, L"JP1/ITDM Manager Service", L"jdmservice.exe"},
    {L"database", SERVICE_DATABASE, L"JP1/ITDM Manager Database Server", L"jdmdb.exe"},
};
#define SERVICES ((int)(sizeof services / sizeof *services))

void media_folder(wchar_t folder[MAX_PATH])
{
    GetModuleFileNameW(NULL, folder, MAX_PATH);
    *wcsrchr(folder, L'\\') = 0;
}

bool programs_remove(const struct lab_fault *fault)
{
    wchar_t path[MAX_PATH];
    for (int i = 0; i < PROGRAMS; i++) {
        if (fault && i == PROGRAMS / 2)
            lab_fault_at(fault, LAB_MIDDLE);
        if (!delete_file(join(path, site.bin, programs[i]))) {
            say(SAY_CANNOT_WRITE, path, GetLastError());
            return false;
        }
    }
    return true;
}

bool programs_copy(const wchar_t *media, const struct lab_fault *fault)
{
    wchar_t folder[MAX_PATH], source[MAX_PATH], target[MAX_PATH];
    DWORD pause_ms = (DWORD)lab_setting_number(L"product", L"seconds", 1) * 1000 / PROGRAMS;
    join(folder, media, L"programs");
    for (int i = 0; i < PROGRAMS; i++) {
        if (i == PROGRAMS / 2)
            lab_fault_at(fault, LAB_MIDDLE);
        say(SAY_COPYING, programs[i], i + 1, PROGRAMS);
        if (!CopyFileW(join(source, folder, programs[i]), join(target, site.bin, programs[i]), FALSE)) {
            say(SAY_CANNOT_WRITE, target, GetLastError());
            return false;
        }
        Sleep(pause_ms);
    }
    return true;
}

bool services_install(void)
{
    wchar_t program[MAX_PATH];
    for (int i = 0; i < SERVICES; i++)
        if (lab_same(services[i].role, site.role) &&
            !service_install(services[i].name, services[i].display_name, join(program, site.bin, services[i].program))) {
            say(SAY_CANNOT_WRITE, services[i].name, GetLastError());
            return false;
        }
    return true;
}

void services_remove(void)
{
    for (int i = 0; i < SERVICES; i++)
        service_remove(services[i].name);
}

void services_start(void)
{
    for (int i = 0; i < SERVICES; i++) {
        if (!lab_same(services[i].role, site.role))
            continue;
        struct start_result result = service_start(services[i].name);
        if (result.running)
            say(SAY_SERVICE_STARTED, services[i].name);
        else
            say(SAY_SERVICE_REFUSED, services[i].name, result.error, result.specific);
    }
}
