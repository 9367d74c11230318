"""The tasks that recur without anybody pressing: what each does, how its last run went, and whether it is late.

Tools > Schedule, the alerts and /readyz all read `registry.TASKS`; the worker plans its recurring jobs from it.
"""

from portal.services.recurring_tasks.watching import health, standings, watch

__all__ = ["health", "standings", "watch"]
