// SPDX-License-Identifier: GPL-2.0-only
/*
 * The only program of the booted system: runs the loads that its environment
 * names (LOADS=zram,zswap ZPOOL=…, from the kernel's command line) and turns
 * the machine off.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

#include "load.h"

static void mount_at(const char *type, const char *place)
{
	mkdir(place, 0755);
	if (mount(type, place, type, 0, NULL) < 0)
		fail("cannot mount %s", type);
}

static void run_load(const char *load)
{
	const char *pool = getenv("ZPOOL");

	if (!strcmp(load, "zram"))
		zram_load();
	else if (!strcmp(load, "zswap") && pool)
		zswap_load(pool);
	else
		fail("there is no load '%s'", load);
}

int main(void)
{
	char *loads = getenv("LOADS");

	mount_at("proc", "/proc");
	mount_at("sysfs", "/sys");
	mount_at("devtmpfs", "/dev");
	if (!loads)
		fail("no loads");
	for (char *load = loads ? strtok(loads, ",") : NULL; load; load = strtok(NULL, ","))
		run_load(load);
	say("finished");
	sync();
	reboot(RB_POWER_OFF);
	return 1;
}
