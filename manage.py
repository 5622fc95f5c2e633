#!/usr/bin/env python3
"""Runs one command of the installation: `python manage.py help`."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from config import demo_clock

    demo_clock.start()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
