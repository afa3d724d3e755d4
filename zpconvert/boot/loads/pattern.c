// SPDX-License-Identifier: GPL-2.0-only
/*
 * The content of a page: random bytes up to some length, a short pattern that
 * compresses well after it. So objects of every size class are made, pages
 * that do not compress at all (huge objects), and pages of one repeated word.
 */
#include "load.h"

uint64_t mix(uint64_t x)
{
	/* splitmix64, public domain, Sebastiano Vigna */
	x += 0x9e3779b97f4a7c15ull;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
	return x ^ (x >> 31);
}

/* How many words of the page are random: 0 for a page of one word. */
static size_t noise(uint64_t seed)
{
	unsigned int kind = seed % 16;
	uint64_t rest = seed >> 8;

	if (kind == 0)
		return 0;
	if (kind <= 2)
		return WORDS;
	if (kind <= 5)
		return WORDS * 3 / 4 + rest % (WORDS / 4);
	return 1 + rest % (WORDS * 3 / 4);
}

static uint64_t word(uint64_t seed, size_t random, size_t at)
{
	if (random == 0)
		return seed;
	if (at < random)
		return mix(seed + at);
	return at % 2 ? seed : 0;
}

static uint64_t seed_of(uint64_t place, unsigned int generation)
{
	return mix(mix(place) + generation);
}

void pattern_fill(void *page, uint64_t place, unsigned int generation)
{
	uint64_t seed = seed_of(place, generation);
	size_t random = noise(seed);
	uint64_t *words = page;

	for (size_t at = 0; at < WORDS; at++)
		words[at] = word(seed, random, at);
}

/* The first byte of the first word that is not what it should be, or -1. Generation 0 is a
 * hole: zeros. */
int pattern_differs(const void *page, uint64_t place, unsigned int generation)
{
	uint64_t seed = seed_of(place, generation);
	size_t random = noise(seed);
	const uint64_t *words = page;

	for (size_t at = 0; at < WORDS; at++)
		if (words[at] != (generation ? word(seed, random, at) : 0))
			return at * sizeof(uint64_t);
	return -1;
}
