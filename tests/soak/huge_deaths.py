#!/usr/bin/env python3
"""SIGKILL of parts of 17,489 nodes, and of their launcher: gone within twice what the bare tree needs here."""

import os
import sys

DEATHS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tree/deaths.py")

os.environ["LINQU_SOAK"] = "1"
os.execv(sys.executable, [sys.executable, DEATHS, "of_all_17489_nodes"])
