/* Copyright (c) 2026 The jp1.itdm authors
   SPDX-License-Identifier: GPL-3.0-or-later */
#include "encoding.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* --- SHA-256, as FIPS 180-4 defines it --- */

static const uint32_t constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
    0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
    0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
    0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
    0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotate(uint32_t word, int bits)
{
    return word >> bits | word << (32 - bits);
}

static void add_block(uint32_t state[8], const unsigned char *block)
{
    uint32_t w[64], v[8];
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)block[4 * i] << 24 | block[4 * i + 1] << 16 | block[4 * i + 2] << 8 | block[4 * i + 3];
    for (int i = 16; i < 64; i++) {
        uint32_t s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
        uint32_t s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    memcpy(v, state, sizeof v);
    for (int i = 0; i < 64; i++) {
        uint32_t s1 = rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25), choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
        uint32_t s0 = rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22), majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
        uint32_t first = v[7] + s1 + choice + constants[i] + w[i];
        memmove(v + 1, v, 7 * sizeof *v);
        v[4] += first;
        v[0] = first + s0 + majority;
    }
    for (int i = 0; i < 8; i++)
        state[i] += v[i];
}

void sha256(const unsigned char *data, size_t size, unsigned char digest[SHA256_SIZE])
{
    uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    unsigned char last[128] = {0};
    size_t whole = size / 64 * 64, rest = size - whole, end = rest < 56 ? 64 : 128;
    for (size_t at = 0; at < whole; at += 64)
        add_block(state, data + at);
    memcpy(last, data + whole, rest);
    last[rest] = 0x80;
    for (int i = 0; i < 8; i++)
        last[end - 1 - i] = (unsigned char)((uint64_t)size * 8 >> 8 * i);
    for (size_t at = 0; at < end; at += 64)
        add_block(state, last + at);
    for (int i = 0; i < SHA256_SIZE; i++)
        digest[i] = (unsigned char)(state[i / 4] >> (24 - 8 * (i % 4)));
}

/* --- base64 --- */

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
#define BEGIN "-----BEGIN CERTIFICATE-----\r\n"
#define END "-----END CERTIFICATE-----\r\n"

unsigned char *base64_encode(const unsigned char *data, size_t size, size_t *new_size)
{
    size_t groups = (size + 2) / 3;
    char *text = malloc(sizeof BEGIN + sizeof END + groups * 4 + (groups / 16 + 1) * 2), *at = text;
    at += strlen(strcpy(at, BEGIN));
    for (size_t group = 0; group < groups; group++) {
        size_t left = size - 3 * group;
        const unsigned char *bytes = data + 3 * group;
        uint32_t bits = bytes[0] << 16 | (left > 1 ? bytes[1] << 8 : 0) | (left > 2 ? bytes[2] : 0);
        *at++ = letters[bits >> 18];
        *at++ = letters[bits >> 12 & 63];
        *at++ = left > 1 ? letters[bits >> 6 & 63] : '=';
        *at++ = left > 2 ? letters[bits & 63] : '=';
        if (group % 16 == 15 || group == groups - 1)
            at += strlen(strcpy(at, "\r\n"));
    }
    at += strlen(strcpy(at, END));
    *new_size = at - text;
    return (unsigned char *)text;
}

unsigned char *base64_decode(const unsigned char *text, size_t size, size_t *new_size)
{
    unsigned char *data = malloc(size + 1);
    uint32_t bits = 0;
    size_t count = 0, used = 0;
    bool line_begins = true, comment = false, ended = false;
    for (size_t i = 0; i < size; i++) {
        if (line_begins)
            comment = text[i] == '-';
        line_begins = text[i] == '\n';
        if (comment || text[i] == '\r' || text[i] == '\n' || text[i] == ' ' || text[i] == '\t')
            continue;
        const char *letter = text[i] && text[i] != '=' ? strchr(letters, text[i]) : NULL;
        ended |= text[i] == '=';
        if (ended ? text[i] != '=' : !letter) {
            free(data);
            return NULL;
        }
        if (ended)
            continue;
        bits = bits << 6 | (uint32_t)(letter - letters);
        if (++count % 4 == 0)
            for (int shift = 16; shift >= 0; shift -= 8)
                data[used++] = (unsigned char)(bits >> shift);
    }
    if (count % 4 == 1) {
        free(data);
        return NULL;
    }
    /* the last group: two letters are one byte, three are two */
    if (count % 4)
        data[used++] = (unsigned char)(bits >> (count % 4 == 2 ? 4 : 10));
    if (count % 4 == 3)
        data[used++] = (unsigned char)(bits >> 2);
    *new_size = used;
    return data;
}
