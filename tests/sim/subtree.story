# A pod dies: its hosts are orphans and end, its parent tells the rest.
topology 1x2x2
seed 1
start
kill L5_0/L4_1
run
gather 1
----
[       2.048] L6_0/L5_0/L4_0           READY from L6_0/L5_0/L4_0/L3_1: { level=3 count=1 }
[       2.533] L6_0/L5_0/L4_1           READY from L6_0/L5_0/L4_1/L3_1: { level=3 count=1 }
[       2.761] L6_0/L5_0/L4_0           READY from L6_0/L5_0/L4_0/L3_0: { level=3 count=1 }
[       3.045] L6_0/L5_0/L4_1           READY from L6_0/L5_0/L4_1/L3_0: { level=3 count=1 }
[       4.761] L6_0/L5_0                READY from L6_0/L5_0/L4_0: { level=4 count=1 } { level=3 count=2 }
[       5.045] L6_0/L5_0                READY from L6_0/L5_0/L4_1: { level=4 count=1 } { level=3 count=2 }
[       7.045] L6_0                     READY from L6_0/L5_0: { level=5 count=1 } { level=4 count=2 } { level=3 count=4 }
[       9.045] launcher                 READY from L6_0: { level=6 count=1 } { level=5 count=1 } { level=4 count=2 } { level=3 count=4 }
[       9.045] L6_0/L5_0/L4_1           ends with 137
[      61.045] L6_0                     MEMBERS from L6_0/L5_0: { rank=3 status=2 generation=1 cause="killed by signal 9 (Killed)" }
[      61.045] L6_0/L5_0/L4_0           MEMBERS from L6_0/L5_0: { rank=3 status=2 generation=1 cause="killed by signal 9 (Killed)" }
[      63.045] launcher                 MEMBERS from L6_0: { rank=3 status=2 generation=1 cause="killed by signal 9 (Killed)" }
[      63.045] L6_0/L5_0/L4_0/L3_0      MEMBERS from L6_0/L5_0/L4_0: { rank=3 status=2 generation=1 cause="killed by signal 9 (Killed)" }
[      63.045] L6_0/L5_0/L4_0/L3_1      MEMBERS from L6_0/L5_0/L4_0: { rank=3 status=2 generation=1 cause="killed by signal 9 (Killed)" }
[      65.565] L6_0/L5_0/L4_1/L3_0      ends with 10
[      95.995] L6_0/L5_0/L4_1/L3_1      ends with 10
[     147.995] L6_0                     GATHER from launcher: round=1 purpose=1
[     149.995] L6_0/L5_0                GATHER from L6_0: round=1 purpose=1
[     151.995] L6_0/L5_0/L4_0           GATHER from L6_0/L5_0: round=1 purpose=1
[     153.995] L6_0/L5_0/L4_0/L3_0      GATHER from L6_0/L5_0/L4_0: round=1 purpose=1
[     153.995] L6_0/L5_0/L4_0/L3_1      GATHER from L6_0/L5_0/L4_0: round=1 purpose=1
[     157.995] L6_0/L5_0/L4_0           GATHERED from L6_0/L5_0/L4_0/L3_0: round=1 { level=3 count=1 }
[     157.995] L6_0/L5_0/L4_0           GATHERED from L6_0/L5_0/L4_0/L3_1: round=1 { level=3 count=1 }
[     159.995] L6_0/L5_0                GATHERED from L6_0/L5_0/L4_0: round=1 { level=4 count=1 } { level=3 count=2 }
[     161.995] L6_0                     GATHERED from L6_0/L5_0: round=1 { level=5 count=1 } { level=4 count=1 } { level=3 count=2 } missing=3
[     163.995] launcher                 GATHERED from L6_0: round=1 { level=6 count=1 } { level=5 count=1 } { level=4 count=1 } { level=3 count=2 } missing=3
