/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the loads share. Everything is said on the console in lines that
 * zpconvert/boot/console.py reads:
 *
 *	zpconvert: begin LOAD
 *	zpconvert: counter NAME VALUE
 *	zpconvert: fail WHAT
 *	zpconvert: end LOAD
 *	zpconvert: finished
 */
#ifndef LOAD_H
#define LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PAGE 4096
#define WORDS (PAGE / sizeof(uint64_t))

/* pattern.c: a page's content is known from a place and a generation */
uint64_t mix(uint64_t x);
void pattern_fill(void *page, uint64_t place, unsigned int generation);
int pattern_differs(const void *page, uint64_t place, unsigned int generation);

/* report.c: lines on the console; what a load cannot do is a failure, too */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
void counter(const char *name, long long value);

/* files.c: the kernel's files */
bool put(const char *path, const char *text);
bool there(const char *path);
long long number_at(const char *path, int column);
long long named_number(const char *path, const char *name);

/* migrate.c: memory compaction, and what it moved */
struct ballast {
	char *at;
	size_t size;
};

void ballast_take(struct ballast *ballast, size_t size);
void ballast_halve(struct ballast *ballast);
void ballast_drop(struct ballast *ballast);
void compact_memory(void);
void migration_counters(void);

/* workers.c: processes side by side */
typedef void (*work_t)(int worker);
void start_workers(int number, work_t work);
bool workers_left(void);

/* the loads */
void zram_load(void);
void zswap_load(const char *pool);

#endif
