#!/usr/bin/env python3
"""The whole machine, 16x4x16x16: 17,489 nodes READY, each with its log, and gone without a trace."""

import os
import sys

SHAPES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tree/shapes.py")

os.environ["LINQU_SOAK"] = "1"
os.execv(sys.executable, [sys.executable, SHAPES, "all_17489_nodes"])
