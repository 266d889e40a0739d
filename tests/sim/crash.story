# A kernel crashes, and its host with it: the task fails with that sentence, the pod goes on without the host.
topology L4:1,L3:2
seed 1
start
exec fragile L4_0
exec pod L4_0
----
[       2.519] L4_0                     READY from L4_0/L3_0: { level=3 count=1 }
[       2.590] L4_0                     READY from L4_0/L3_1: { level=3 count=1 }
[       4.590] launcher                 READY from L4_0: { level=4 count=1 } { level=3 count=2 }
[       6.590] L4_0                     CALL_TASK from launcher: task=e1:launcher:d0:t0 code_hash=0x802cd15ed9a2a97 spmd_size=1 kernel="fragile"
[       8.590] launcher                 RETRY_WITH_CODE from L4_0: hash=0x802cd15ed9a2a97
[      10.590] L4_0                     REG_CODE from launcher: hash=0x802cd15ed9a2a97 total=8 bytes=8:4f0e29d5
[      10.825] L4_0                     runs fragile for e1:linqu:(0,0,0,0):d0:t0
[      12.825] launcher                 RESOLVE from L4_0: exec=1 name="crash"
[      14.825] L4_0                     RESOLVED from launcher: exec=1 name="crash" hash=0x9130ed9ec3ce4f98 level=3 role=1
[      15.586] L4_0                     runs fragile for e1:linqu:(0,0,0,0):d0:t0
[      17.586] L4_0/L3_0                CALL_TASK from L4_0: task=e1:L4_0:d0:t0 code_hash=0x9130ed9ec3ce4f98 spmd_size=1 kernel="crash"
[      19.586] L4_0                     RETRY_WITH_CODE from L4_0/L3_0: hash=0x9130ed9ec3ce4f98
[      21.586] launcher                 RETRY_WITH_CODE from L4_0: hash=0x9130ed9ec3ce4f98
[      23.586] L4_0                     REG_CODE from launcher: hash=0x9130ed9ec3ce4f98 total=6 bytes=6:3fbe2308
[      25.586] L4_0/L3_0                REG_CODE from L4_0: hash=0x9130ed9ec3ce4f98 total=6 bytes=6:3fbe2308
[      27.634] L4_0/L3_0                runs crash for e1:linqu:(0,0,0,0):d0:t0
[      32.634] L4_0/L3_0                ends with 139
[      84.634] launcher                 MEMBERS from L4_0: { rank=1 status=2 generation=1 cause="killed by signal 11 (Segmentation fault) in its kernel crash; see stderr.log of the run" }
[      84.634] L4_0/L3_1                MEMBERS from L4_0: { rank=1 status=2 generation=1 cause="killed by signal 11 (Segmentation fault) in its kernel crash; see stderr.log of the run" }
[      87.679] launcher                 TASK_COMPLETE from L4_0: task=e1:launcher:d0:t0 status=1 error="L4_0: task linqu:(0,0,0,0):d0:t0: kernel fragile: linqu:(0,0,0,0):d0:t0: L4_0/L3_0 died: killed by signal 11 (Segmentation fault) in its kernel crash; see stderr.log of the run"
[      89.679] L4_0                     CALL_TASK from launcher: task=e2:launcher:d0:t0 code_hash=0x779b4c19564f1aec spmd_size=1 kernel="pod"
[      91.679] launcher                 RETRY_WITH_CODE from L4_0: hash=0x779b4c19564f1aec
[      93.679] L4_0                     REG_CODE from launcher: hash=0x779b4c19564f1aec total=4 bytes=4:dbc21784
[      94.212] L4_0                     runs pod for e2:linqu:(0,0,0,0):d0:t0
[      96.212] launcher                 RESOLVE from L4_0: exec=2 name="add"
[      98.212] L4_0                     RESOLVED from launcher: exec=2 name="add" hash=0xe70bc3190530e654 level=3 role=1
[      98.732] L4_0                     runs pod for e2:linqu:(0,0,0,0):d0:t0
[     100.732] L4_0/L3_1                CALL_TASK from L4_0: task=e2:L4_0:d0:t1 code_hash=0xe70bc3190530e654 { type=1 value=1 new_version=1 size=8 holder=L4_0 producer_depth=255 } spmd_size=1 kernel="add"
[     102.732] L4_0                     RETRY_WITH_CODE from L4_0/L3_1: hash=0xe70bc3190530e654
[     104.732] launcher                 RETRY_WITH_CODE from L4_0: hash=0xe70bc3190530e654
[     106.732] L4_0                     REG_CODE from launcher: hash=0xe70bc3190530e654 total=4 bytes=4:aed80c9c
[     108.732] L4_0/L3_1                REG_CODE from L4_0: hash=0xe70bc3190530e654 total=4 bytes=4:aed80c9c
[     109.682] L4_0/L3_1                runs add for e2:linqu:(0,0,0,0):d0:t1
[     116.682] L4_0                     TASK_COMPLETE from L4_0/L3_1: task=e2:L4_0:d0:t1 { handle=1 version=1 size=8 holder=L4_0/L3_1 } run_time_ns=5000
[     118.682] L4_0/L3_1                CALL_TASK from L4_0: task=e2:L4_0:d0:t2 code_hash=0xe70bc3190530e654 { value=1 version=1 size=8 holder=L4_0/L3_1 producer_id=1 } { type=1 value=2 new_version=1 size=8 holder=L4_0 place=64 producer_depth=255 } spmd_size=1 kernel="add"
[     119.419] L4_0/L3_1                runs add for e2:linqu:(0,0,0,0):d0:t2
[     126.419] L4_0                     TASK_COMPLETE from L4_0/L3_1: task=e2:L4_0:d0:t2 { handle=2 version=1 size=8 holder=L4_0/L3_1 } run_time_ns=5000
[     132.289] launcher                 TASK_COMPLETE from L4_0: task=e2:launcher:d0:t0
[     132.289] L4_0/L3_1                SCOPE_EXIT from L4_0: exec=2 owner_level=4 { handle=1 version=1 } { handle=2 version=1 }
