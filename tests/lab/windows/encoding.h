/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later

   What certutil needs of cryptography, without Windows' libraries for it: loading those costs more than everything else it does. */
#ifndef LAB_ENCODING_H
#define LAB_ENCODING_H

#include <stdbool.h>
#include <stddef.h>

#define SHA256_SIZE 32

void sha256(const unsigned char *data, size_t size, unsigned char digest[SHA256_SIZE]);

/* Base64 in lines of 64 characters between the lines of a certificate; the caller frees it. */
unsigned char *base64_encode(const unsigned char *data, size_t size, size_t *new_size);
/* Back, with or without such lines; NULL when the text is no base64. */
unsigned char *base64_decode(const unsigned char *text, size_t size, size_t *new_size);

#endif
