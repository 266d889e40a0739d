# A pod of three hosts loses one: the pod reaps it, everybody hears of it, and the next round counts without it.
topology 1x1x3
seed 42
faults spread=40
start
kill L5_0/L4_0/L3_1
run
gather 0
shutdown
----
[       8.062] L6_0/L5_0/L4_0           READY from L6_0/L5_0/L4_0/L3_2: { level=3 count=1 }
[       8.764] L6_0/L5_0/L4_0           READY from L6_0/L5_0/L4_0/L3_0: { level=3 count=1 }
[      31.250] L6_0/L5_0/L4_0           READY from L6_0/L5_0/L4_0/L3_1: { level=3 count=1 }
[      47.250] L6_0/L5_0                READY from L6_0/L5_0/L4_0: { level=4 count=1 } { level=3 count=3 }
[      56.250] L6_0                     READY from L6_0/L5_0: { level=5 count=1 } { level=4 count=1 } { level=3 count=3 }
[      64.250] launcher                 READY from L6_0: { level=6 count=1 } { level=5 count=1 } { level=4 count=1 } { level=3 count=3 }
[      64.250] L6_0/L5_0/L4_0/L3_1      ends with 137
[     131.250] L6_0/L5_0/L4_0/L3_0      MEMBERS from L6_0/L5_0/L4_0: { rank=4 status=2 generation=1 cause="killed by signal 9 (Killed)" }
[     152.250] L6_0/L5_0/L4_0/L3_2      MEMBERS from L6_0/L5_0/L4_0: { rank=4 status=2 generation=1 cause="killed by signal 9 (Killed)" }
[     154.250] L6_0/L5_0                MEMBERS from L6_0/L5_0/L4_0: { rank=4 status=2 generation=1 cause="killed by signal 9 (Killed)" }
[     166.250] L6_0                     MEMBERS from L6_0/L5_0: { rank=4 status=2 generation=1 cause="killed by signal 9 (Killed)" }
[     197.250] launcher                 MEMBERS from L6_0: { rank=4 status=2 generation=1 cause="killed by signal 9 (Killed)" }
[     220.250] L6_0                     GATHER from launcher: round=1
[     229.250] L6_0/L5_0                GATHER from L6_0: round=1
[     239.250] L6_0/L5_0/L4_0           GATHER from L6_0/L5_0: round=1
[     242.250] L6_0/L5_0/L4_0/L3_2      GATHER from L6_0/L5_0/L4_0: round=1
[     249.250] L6_0/L5_0/L4_0           GATHERED from L6_0/L5_0/L4_0/L3_2: round=1 { level=3 count=1 }
[     273.250] L6_0/L5_0/L4_0/L3_0      GATHER from L6_0/L5_0/L4_0: round=1
[     284.250] L6_0/L5_0/L4_0           GATHERED from L6_0/L5_0/L4_0/L3_0: round=1 { level=3 count=1 }
[     318.250] L6_0/L5_0                GATHERED from L6_0/L5_0/L4_0: round=1 { level=4 count=1 } { level=3 count=2 } missing=1
[     345.250] L6_0                     GATHERED from L6_0/L5_0: round=1 { level=5 count=1 } { level=4 count=1 } { level=3 count=2 } missing=1
[     384.250] launcher                 GATHERED from L6_0: round=1 { level=6 count=1 } { level=5 count=1 } { level=4 count=1 } { level=3 count=2 } missing=1
[     417.250] L6_0                     SHUTDOWN from launcher: graceful=1 deadline_ms=8000
[     442.250] L6_0/L5_0                SHUTDOWN from L6_0: graceful=1 deadline_ms=7000
[     455.250] L6_0/L5_0/L4_0           SHUTDOWN from L6_0/L5_0: graceful=1 deadline_ms=6125
[     478.250] L6_0/L5_0/L4_0/L3_0      SHUTDOWN from L6_0/L5_0/L4_0: graceful=1 deadline_ms=5360
[     478.250] L6_0/L5_0/L4_0/L3_0      ends with 0
[     479.250] L6_0/L5_0/L4_0/L3_2      SHUTDOWN from L6_0/L5_0/L4_0: graceful=1 deadline_ms=5360
[     479.250] L6_0/L5_0/L4_0/L3_2      ends with 0
[     529.250] L6_0/L5_0/L4_0           ends with 0
[     579.250] L6_0/L5_0                ends with 0
[     629.250] L6_0                     ends with 0
