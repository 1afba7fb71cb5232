/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   certutil.exe: -hashfile with SHA256, -encode, -decode, each with an optional -f. The exit code is the HRESULT.
   [windows] certutil=old prints the hash as Windows before 10 does: bytes separated by spaces. */
#include "common.h"
#include "encoding.h"

#include <stdio.h>
#include <stdlib.h>

#define TRAP_EXIT_CODE 98

static const wchar_t *symbol(DWORD error)
{
    switch (error) {
    case ERROR_FILE_NOT_FOUND: return L" ERROR_FILE_NOT_FOUND";
    case ERROR_PATH_NOT_FOUND: return L" ERROR_PATH_NOT_FOUND";
    case ERROR_ACCESS_DENIED: return L" ERROR_ACCESS_DENIED";
    case ERROR_INVALID_DATA: return L" ERROR_INVALID_DATA";
    case ERROR_FILE_EXISTS: return L" ERROR_FILE_EXISTS";
    case ERROR_INVALID_PARAMETER: return L" ERROR_INVALID_PARAMETER";
    case ERROR_FILE_INVALID: return L" ERROR_FILE_INVALID";
    default: return L"";
    }
}

/* `function` is the inner function that the real program names, or NULL. */
static int failed(const wchar_t *verb, const wchar_t *function, DWORD error)
{
    HRESULT result = HRESULT_FROM_WIN32(error);
    const wchar_t *message = lab_system_message(error);
    if (function)
        lab_print(lab_text(L"%ls returned %ls 0x%lx (WIN32: %lu%ls)\r\n", L"%ls により %ls が返されました 0x%lx (WIN32: %lu%ls)\r\n"), function, message, result,
                  error, symbol(error));
    lab_print(lab_text(L"CertUtil: %ls command FAILED: 0x%lx (WIN32: %lu%ls)\r\n", L"CertUtil: %ls コマンド エラーです: 0x%lx (WIN32: %lu%ls)\r\n"), verb, result,
              error, symbol(error));
    lab_print(L"CertUtil: %ls\r\n", message);
    return result;
}

static int succeeded(const wchar_t *verb)
{
    lab_print(lab_text(L"CertUtil: %ls command completed successfully.\r\n", L"CertUtil: %ls コマンドは正常に完了しました。\r\n"), verb);
    return 0;
}

static int hash_file(const wchar_t *verb, const wchar_t *path)
{
    bool old = lab_setting_is(L"windows", L"certutil", L"old");
    DWORD size;
    wchar_t text[3 * SHA256_SIZE + 1], *at = text;
    unsigned char digest[SHA256_SIZE], *data = lab_read_file(path, &size);
    if (!data)
        return failed(verb, NULL, GetLastError());
    if (!size) /* an empty file can not be mapped into memory */
        return failed(verb, NULL, ERROR_FILE_INVALID);
    sha256(data, size, digest);
    free(data);
    if (old)
        lab_print(lab_text(L"SHA256 hash of file %ls:\r\n", L"SHA256 ハッシュ (ファイル %ls):\r\n"), path);
    else
        lab_print(lab_text(L"SHA256 hash of %ls:\r\n", L"SHA256 ハッシュ (対象 %ls):\r\n"), path);
    for (int i = 0; i < SHA256_SIZE; i++)
        at += _snwprintf(at, 4, L"%ls%02x", old && i ? L" " : L"", digest[i]);
    lab_print(L"%ls\r\n", text);
    return succeeded(verb);
}

/* Base64, or back; NULL and the Win32 error when the input is not acceptable. */
static unsigned char *convert(bool decode, const unsigned char *data, DWORD size, DWORD *new_size)
{
    size_t made;
    unsigned char *output = !size ? NULL : decode ? base64_decode(data, size, &made) : base64_encode(data, size, &made);
    if (!output) {
        SetLastError(decode ? ERROR_INVALID_DATA : ERROR_INVALID_PARAMETER);
        return NULL;
    }
    *new_size = (DWORD)made;
    return output;
}

static int code(const wchar_t *verb, bool overwrite, const wchar_t *input, const wchar_t *output, const struct lab_fault *fault)
{
    bool decode = lab_same(verb, L"-decode");
    const wchar_t *function = decode ? L"DecodeFile" : L"EncodeToFile";
    DWORD size, new_size, written;
    unsigned char *data = lab_read_file(input, &size);
    if (!data)
        return failed(verb, function, GetLastError());
    lab_print(lab_text(L"Input Length = %lu\r\n", L"入力長 = %lu\r\n"), size);
    unsigned char *converted = convert(decode, data, size, &new_size);
    if (!converted)
        return failed(verb, function, GetLastError());
    HANDLE file = CreateFileW(output, GENERIC_WRITE, 0, NULL, overwrite ? CREATE_ALWAYS : CREATE_NEW, 0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return failed(verb, function, GetLastError());
    WriteFile(file, converted, new_size / 2, &written, NULL);
    lab_fault_at(fault, LAB_MIDDLE);
    WriteFile(file, converted + new_size / 2, new_size - new_size / 2, &written, NULL);
    CloseHandle(file);
    lab_print(lab_text(L"Output Length = %lu\r\n", L"出力長 = %lu\r\n"), new_size);
    free(converted);
    free(data);
    return succeeded(verb);
}

int wmain(int argc, wchar_t **argv)
{
    struct lab_fault fault;
    lab_fault_program(L"certutil", NULL, &fault);
    lab_fault_at(&fault, LAB_BEFORE);
    const wchar_t *words[4] = {NULL};
    bool overwrite = false;
    int count = 0, result = TRAP_EXIT_CODE;
    for (int i = 1; i < argc && count < 4; i++) {
        if (lab_same(argv[i], L"-f") || lab_same(argv[i], L"/f"))
            overwrite = true;
        else
            words[count++] = argv[i];
    }
    const wchar_t *verb = words[0] ? words[0] : L"";
    if (lab_same(verb, L"-hashfile") && count == 3 && lab_same(words[2], L"SHA256"))
        result = hash_file(L"-hashfile", words[1]);
    else if ((lab_same(verb, L"-encode") || lab_same(verb, L"-decode")) && count == 3)
        result = code(verb, overwrite, words[1], words[2], &fault);
    else
        lab_error(L"certutil %ls is a trap: not allowed in this lab\r\n", verb);
    lab_fault_at(&fault, LAB_AFTER);
    return result;
}
