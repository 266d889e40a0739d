#!/usr/bin/env python3
"""`linqu bench` of 17,489 nodes: ours makes room for the bare tree where both are more processes than there may be."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tree"))
import tree  # pylint: disable=wrong-import-position
from tree import claim, need  # pylint: disable=wrong-import-position


@claim
def both_trees_are_measured(base):
    done = tree.linqu("bench", "round", "--topology", "16x4x16x16", "--repeat", 2, "--base", base, "--json", seconds=900).expect(0)
    figure = next(figure for figure in done.json()["figures"] if figure["name"] == "round")
    print(f"note round: {figure['ratio']:.2f} of the bare tree's")
    need(figure["n"] == 2 and figure["median"] > 0 and figure["bare"] > 0, "it says %s", figure)


tree.main()
