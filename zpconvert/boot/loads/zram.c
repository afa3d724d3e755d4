// SPDX-License-Identifier: GPL-2.0-only
/*
 * zram, read and written without a page cache. Several processes fill their
 * parts of one device, punch holes and write again, while the pool is
 * compacted and its pages migrate; each page must come back as it was written.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "load.h"

#define DEVICE "/dev/zram0"
#define SYS "/sys/block/zram0/"
#define WORKERS 4
#define PAGES 3072 /* of each worker */
#define BATCH 32   /* pages written or read at once */
#define ROUNDS 2

/* Columns of mm_stat, Documentation/admin-guide/blockdev/zram.rst */
enum { PAGES_COMPACTED = 6, HUGE_PAGES = 7 };

/* Generation of each page of the device, seen by all processes; 0 is a hole. */
static unsigned char *generation;

static int device(void)
{
	int fd = open(DEVICE, O_RDWR | O_DIRECT);

	if (fd < 0)
		fail("cannot open " DEVICE ": %s", strerror(errno));
	return fd;
}

static void *buffer(void)
{
	return mmap(NULL, BATCH * PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
}

static void fill(int fd, char *pages, size_t from, size_t number, unsigned int next)
{
	for (size_t at = from; at < from + number; at += BATCH) {
		for (size_t n = 0; n < BATCH; n++) {
			generation[at + n] = next;
			pattern_fill(pages + n * PAGE, at + n, next);
		}
		if (pwrite(fd, pages, BATCH * PAGE, at * PAGE) != BATCH * PAGE)
			fail("zram: page %zu cannot be written: %s", at, strerror(errno));
	}
}

static bool verify(int fd, char *pages, size_t from, size_t number, const char *when)
{
	for (size_t at = from; at < from + number; at += BATCH) {
		if (pread(fd, pages, BATCH * PAGE, at * PAGE) != BATCH * PAGE) {
			fail("zram: page %zu cannot be read %s: %s", at, when, strerror(errno));
			return false;
		}
		for (size_t n = 0; n < BATCH; n++) {
			int byte = pattern_differs(pages + n * PAGE, at + n, generation[at + n]);

			if (byte >= 0) {
				fail("zram: page %zu differs at byte %d %s", at + n, byte, when);
				return false;
			}
		}
	}
	return true;
}

/* Holes in most pages: what is left is scattered over the pool. */
static void punch(int fd, size_t from, size_t number, unsigned int salt)
{
	for (size_t at = from; at < from + number; at++) {
		uint64_t range[2] = { at * PAGE, PAGE };

		if (mix(at * 31 + salt) % 4 == 0)
			continue;
		if (ioctl(fd, BLKDISCARD, range) < 0)
			fail("zram: page %zu cannot be discarded: %s", at, strerror(errno));
		generation[at] = 0;
	}
}

static void work(int worker)
{
	size_t from = (size_t)worker * PAGES;
	char *pages = buffer();
	int fd = device();

	for (unsigned int round = 1; round <= ROUNDS; round++) {
		fill(fd, pages, from, PAGES, round);
		if (!verify(fd, pages, from, PAGES, "after it was filled"))
			break;
		punch(fd, from, PAGES, round);
		if (!verify(fd, pages, from, PAGES, "after holes were punched"))
			break;
	}
	close(fd);
}

static void *shared(size_t size)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

/* Nobody else is at work: every page moves, and every one is looked at. Each of these leaves
 * something that only the next one, or the one after it, stumbles over. */
static void settle(int fd, char *pages, struct ballast *ballast)
{
	static const char *const when[] = { "after migration", "after compaction",
		"after both", "after all of it again" };

	for (unsigned int turn = 0; turn < sizeof(when) / sizeof(*when); turn++) {
		if (turn == 2)
			ballast_drop(ballast);
		if (turn % 2 == 0)
			compact_memory();
		else
			put(SYS "compact", "1");
		if (!verify(fd, pages, 0, WORKERS * PAGES, when[turn]))
			return;
		punch(fd, 0, WORKERS * PAGES, 100 + turn);
		fill(fd, pages, turn * PAGES / 2, PAGES / 2, 10 + turn);
	}
	verify(fd, pages, 0, WORKERS * PAGES, "at the end");
}

void zram_load(void)
{
	struct ballast ballast;
	char size[32], *pages;
	int fd;

	say("begin zram");
	snprintf(size, sizeof(size), "%d", WORKERS * PAGES * PAGE);
	if (!put(SYS "disksize", size))
		return;
	generation = shared(WORKERS * PAGES);
	pages = buffer();
	ballast_take(&ballast, 32 << 20);
	start_workers(WORKERS, work);
	while (workers_left()) {
		put(SYS "compact", "1");
		compact_memory();
		usleep(50000);
	}
	counter("huge_pages", number_at(SYS "mm_stat", HUGE_PAGES));
	ballast_halve(&ballast);
	fd = device();
	settle(fd, pages, &ballast);
	counter("pages_compacted", number_at(SYS "mm_stat", PAGES_COMPACTED));
	migration_counters();
	close(fd);
	put(SYS "reset", "1");
	say("end zram");
}
