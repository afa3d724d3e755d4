// SPDX-License-Identifier: GPL-2.0-only
/* Processes side by side: what one of them does wrong, it says itself. */
#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "load.h"

void start_workers(int number, work_t work)
{
	for (int worker = 0; worker < number; worker++) {
		pid_t pid = fork();

		if (pid < 0)
			fail("cannot fork: %s", strerror(errno));
		if (pid == 0) {
			work(worker);
			_exit(0);
		}
	}
}

/* Whether any of them is still at work; false after the last has ended. */
bool workers_left(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (status != 0)
			fail("a worker died of %s %d", WIFSIGNALED(status) ? "signal" : "exit code",
			     WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	return pid == 0;
}
