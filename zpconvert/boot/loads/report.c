// SPDX-License-Identifier: GPL-2.0-only
/* Lines on the console, each written at once so that those of several processes do not mix. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "load.h"

static void line(const char *kind, const char *format, va_list values)
{
	char text[512] = "zpconvert: ";
	size_t room = sizeof(text) - 2;

	strcat(text, kind);
	vsnprintf(text + strlen(text), room - strlen(text), format, values);
	strcat(text, "\n");
	if (write(STDOUT_FILENO, text, strlen(text)) < 0)
		_exit(1);
}

void say(const char *format, ...)
{
	va_list values;

	va_start(values, format);
	line("", format, values);
	va_end(values);
}

void fail(const char *format, ...)
{
	va_list values;

	va_start(values, format);
	line("fail ", format, values);
	va_end(values);
}

void counter(const char *name, long long value)
{
	say("counter %s %lld", name, value);
}
