// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's files: settings written, numbers read. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load.h"

bool put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	ssize_t done = fd < 0 ? -1 : write(fd, text, strlen(text));
	int error = errno;

	if (fd >= 0)
		close(fd);
	if (done < 0)
		fail("cannot write '%s' to %s: %s", text, path, strerror(error));
	return done >= 0;
}

bool there(const char *path)
{
	return access(path, F_OK) == 0;
}

/* A file's text, cut to what a buffer holds. */
static const char *slurp(const char *path)
{
	static char text[16384];
	int fd = open(path, O_RDONLY);
	size_t size = 0;
	ssize_t got = 0;

	while (fd >= 0 && size < sizeof(text) - 1) {
		got = read(fd, text + size, sizeof(text) - 1 - size);
		if (got <= 0)
			break;
		size += got;
	}
	if (fd < 0 || got < 0)
		fail("cannot read %s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	text[size] = '\0';
	return text;
}

/* The number in a column of a file of one line, the first is 0. */
long long number_at(const char *path, int column)
{
	const char *at = slurp(path);
	char *end = (char *)at;
	long long value = 0;

	for (int n = 0; n <= column; n++) {
		value = strtoll(at, &end, 10);
		if (end == at) {
			fail("%s has no column %d", path, column);
			return 0;
		}
		at = end;
	}
	return value;
}

/* The number after a name at the start of a line, as in /proc/vmstat and /proc/meminfo; 0
 * where there is no such line. */
long long named_number(const char *path, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = slurp(path); at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (!strncmp(at, name, length) && (at[length] == ' ' || at[length] == ':'))
			return strtoll(at + length + 1, NULL, 10);
	}
	return 0;
}
