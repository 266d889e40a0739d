#!/usr/bin/env python3
"""The oracle over five million new programs: the first seed follows from the time, and is printed.

    SEED=N SEEDS=M tests/soak/oracle.py
"""
# limit: 7200 s

import os
import subprocess
import sys
import time

PROGRAM = os.environ.get("BUILD", "build") + "/tests/sim/test_oracle"


def main():
    subprocess.run(["make", "-s", PROGRAM], check=True)
    first = int(os.environ.get("SEED", str(int(time.time()) * 1000)))
    count = int(os.environ.get("SEEDS", "5000000"))
    jobs = len(os.sched_getaffinity(0))
    print(f"seeds {first} .. {first + count - 1}", flush=True)
    shares = [(first + count * i // jobs, count * (i + 1) // jobs - count * i // jobs) for i in range(jobs)]
    running = [subprocess.Popen(["nice", "-n", "19", PROGRAM], env=dict(os.environ, SEED=str(seed), SEEDS=str(seeds)))
               for seed, seeds in shares]
    statuses = [process.wait() for process in running]
    sys.exit(1 if any(statuses) else 0)  # a program that a signal ended has a negative one


if __name__ == "__main__":
    main()
