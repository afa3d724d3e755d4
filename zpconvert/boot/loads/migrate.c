// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory compaction. It moves pages from the low end of a zone to free ones at
 * the high end; a ballast that is taken early and given back in pieces makes
 * sure that there are some wherever the pool's pages ended up.
 */
#include <sys/mman.h>

#include "load.h"

static long long moved, bound;

void ballast_take(struct ballast *ballast, size_t size)
{
	ballast->size = size;
	ballast->at = mmap(NULL, size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (ballast->at == MAP_FAILED)
		fail("no memory for a ballast of %zu bytes", size);
}

/* Give back every other 64 KiB, so that what is left is scattered. */
void ballast_halve(struct ballast *ballast)
{
	size_t piece = 16 * PAGE;

	for (size_t at = 0; at + piece <= ballast->size; at += 2 * piece)
		if (madvise(ballast->at + at, piece, MADV_DONTNEED) < 0)
			fail("the ballast cannot be given back");
}

void ballast_drop(struct ballast *ballast)
{
	munmap(ballast->at, ballast->size);
}

/* Pages that memory compaction can move and that are no pool's. */
static long long others(void)
{
	static const char *const lists[] = { "nr_inactive_anon", "nr_active_anon",
		"nr_inactive_file", "nr_active_file", "nr_unevictable", "nr_isolated_anon",
		"nr_isolated_file" };
	long long sum = 0;

	for (size_t n = 0; n < sizeof(lists) / sizeof(*lists); n++)
		sum += named_number("/proc/vmstat", lists[n]);
	return sum;
}

/* One pass of memory compaction moves a page once at most, so what is moved beyond the number
 * of all others must have been pages of pools. */
void compact_memory(void)
{
	long long before = named_number("/proc/vmstat", "pgmigrate_success"), now;
	long long most = others();

	put("/proc/sys/vm/compact_memory", "1");
	now = named_number("/proc/vmstat", "pgmigrate_success") - before;
	moved += now;
	if (now > most)
		bound += now - most;
}

/* What was moved since the last time: all of it, and how much of it at least was pools'. */
void migration_counters(void)
{
	counter("pgmigrate_success", moved);
	counter("pool_pages_moved", bound);
	moved = bound = 0;
}
