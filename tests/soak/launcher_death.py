#!/usr/bin/env python3
"""SIGKILL of the launcher of 1,105 nodes: gone within a second, or twice what the bare tree needs here."""

import os
import sys

DEATHS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tree/deaths.py")

os.environ["LINQU_SOAK"] = "1"
os.execv(sys.executable, [sys.executable, DEATHS, "the_launcher_of_many_is_killed_at_work"])
