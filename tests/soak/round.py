#!/usr/bin/env python3
"""One round down and up over 16x4x16 against bare processes with socket pairs: at most 1.5."""

import os
import sys

RATIOS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tree/ratios.py")

os.environ["LINQU_SOAK"] = "1"
os.execv(sys.executable, [sys.executable, RATIOS, "a_round_costs_little_more"])
