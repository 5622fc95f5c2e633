"""Lets the whole installation run some days ahead: `DAYS_AHEAD=7 make run`. For the demonstration only.

A newcomer can so let a week pass and see the reminder slips. The machine's own clock stays as it is.
"""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from config import env

FARTHEST = 3660  # days


def start() -> None:
    """Move this process DAYS_AHEAD days ahead, where that is set; ends the process where DEBUG is off."""
    env.read_file(Path(__file__).resolve().parent.parent / ".env")
    days = env.integer("DAYS_AHEAD", default=0, least=0, most=FARTHEST)
    if not days:
        return
    if not env.boolean("DEBUG", default=False):
        sys.exit("DAYS_AHEAD 只用于演示，正式环境（DEBUG=0）不能改动时间；请去掉这个环境变量再启动。")
    import time_machine  # noqa: PLC0415 - only the demonstration needs it

    time_machine.travel(datetime.now(UTC) + timedelta(days=days), tick=True).start()
