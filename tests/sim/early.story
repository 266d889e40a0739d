# Data is freed while it is on its way: word that it may be forgotten goes when it has come, and nothing is left.
topology L4:1,L3:2
seed 1
faults spread=300
start
exec forget L4_0
----
[      37.519] L4_0                     READY from L4_0/L3_0: { level=3 count=1 }
[     263.590] L4_0                     READY from L4_0/L3_1: { level=3 count=1 }
[     513.590] launcher                 READY from L4_0: { level=4 count=1 } { level=3 count=2 }
[     560.590] L4_0                     CALL_TASK from launcher: task=e1:launcher:d0:t0 code_hash=0x3287668ed3f492cc spmd_size=1 kernel="forget"
[     595.590] launcher                 RETRY_WITH_CODE from L4_0: hash=0x3287668ed3f492cc
[     717.590] L4_0                     REG_CODE from launcher: hash=0x3287668ed3f492cc total=7 bytes=7:a991cd04
[     718.540] L4_0                     runs forget for e1:linqu:(0,0,0,0):d0:t0
[     957.540] L4_0/L3_1                REG_DATA from L4_0: handle=1 owner_level=4 depth=1 total=512 bytes=512:4d7705c5 version=1
[    1029.540] L4_0                     TENSOR_LOOKUP from L4_0/L3_1: handle=1 version=1 offset=512
[    1048.062] launcher                 TASK_COMPLETE from L4_0: task=e1:launcher:d0:t0
[    1315.540] L4_0/L3_1                SCOPE_EXIT from L4_0: exec=1 owner_level=4 { depth=1 handle=1 version=1 }
