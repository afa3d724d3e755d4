// SPDX-License-Identifier: GPL-2.0-only
/*
 * zswap under real pressure: processes in a memory cgroup use several times
 * what it may hold, so their pages go to zswap's pool and come back, and from
 * there to the swap device (a RAM disk) once the pool is full.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <unistd.h>

#include "load.h"

#define DISK "/dev/ram0"
#define GROUP "/cgroup/load/"
#define PARAMETERS "/sys/module/zswap/parameters/"
#define WORKERS 3
#define PAGES 2560 /* of each worker */
#define ROUNDS 2

/* The head of a swap area, include/linux/swap.h: version, last page, and the magic word at
 * the end of the first page. */
static bool make_swap(void)
{
	static char page[PAGE];
	uint32_t head[2] = { 1, 0 };
	int fd = open(DISK, O_RDWR);
	off_t size = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);

	if (size <= 0) {
		fail("zswap: no swap device " DISK);
		return false;
	}
	head[1] = size / PAGE - 1;
	memcpy(page + 1024, head, sizeof(head));
	memcpy(page + PAGE - 10, "SWAPSPACE2", 10);
	if (pwrite(fd, page, PAGE, 0) != PAGE || fsync(fd) < 0 || close(fd) < 0 ||
	    swapon(DISK, 0) < 0) {
		fail("zswap: no swap on " DISK ": %s", strerror(errno));
		return false;
	}
	return true;
}

static bool make_group(void)
{
	if (mount("cgroup2", "/cgroup", "cgroup2", 0, NULL) < 0 ||
	    !put("/cgroup/cgroup.subtree_control", "+memory") || mkdir(GROUP, 0755) < 0) {
		fail("zswap: no memory cgroup: %s", strerror(errno));
		return false;
	}
	return put(GROUP "memory.max", "16M");
}

static bool verify(const char *memory, const unsigned char *generation, uint64_t place,
		   const char *when)
{
	for (size_t at = 0; at < PAGES; at++) {
		int byte = pattern_differs(memory + at * PAGE, place + at, generation[at]);

		if (byte >= 0) {
			fail("zswap: page %zu differs at byte %d %s", (size_t)place + at, byte,
			     when);
			return false;
		}
	}
	return true;
}

static void work(int worker)
{
	static unsigned char generation[PAGES];
	uint64_t place = (uint64_t)(worker + 1) << 32;
	char *memory = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	put(GROUP "cgroup.procs", "0");
	for (unsigned int round = 1; round <= ROUNDS; round++) {
		for (size_t at = 0; at < PAGES; at++) {
			if (round > 1 && mix(place + at + round) % 2)
				continue;
			generation[at] = round;
			pattern_fill(memory + at * PAGE, place + at, round);
		}
		if (!verify(memory, generation, place, "after it was swapped out"))
			return;
		for (size_t at = 0; at < PAGES; at++) {
			if (mix(place + at * 7 + round) % 3 == 0)
				continue;
			if (madvise(memory + at * PAGE, PAGE, MADV_DONTNEED) < 0)
				fail("zswap: page %zu cannot be given back: %s", at,
				     strerror(errno));
			generation[at] = 0;
		}
		if (!verify(memory, generation, place, "after holes were punched"))
			return;
	}
}

void zswap_load(const char *pool)
{
	static const char *const counted[] = { "zswpout", "zswpin", "pswpout" };
	long long before[3];

	say("begin zswap");
	if (!put(PARAMETERS "compressor", "lzo") || !put(PARAMETERS "zpool", pool) ||
	    !put(PARAMETERS "max_pool_percent", "4") || !put(PARAMETERS "enabled", "1") ||
	    !make_swap() || !make_group())
		return;
	for (int n = 0; n < 3; n++)
		before[n] = named_number("/proc/vmstat", counted[n]);
	start_workers(WORKERS, work);
	while (workers_left()) {
		compact_memory();
		usleep(100000);
	}
	for (int n = 0; n < 3; n++)
		counter(counted[n], named_number("/proc/vmstat", counted[n]) - before[n]);
	migration_counters();
	if (swapoff(DISK) < 0)
		fail("zswap: swapoff: %s", strerror(errno));
	say("end zswap");
}
