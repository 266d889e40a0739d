#!/usr/bin/env python3
"""A thousand execs on one held run: memory and descriptors of every process stay as they are."""

import os
import sys

WIDE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tree/wide.py")

os.environ["LINQU_SOAK"] = "1"
os.execv(sys.executable, [sys.executable, WIDE, "a_thousand_execs"])
