# A host computes longer than it may: its pod ends it, and the task fails with that sentence.
topology L4:1,L3:2
seed 1
timeout 1000
start
exec patient L4_0 900
exec patient L4_0 6000
----
[       2.519] L4_0                     READY from L4_0/L3_0: { level=3 count=1 }
[       2.590] L4_0                     READY from L4_0/L3_1: { level=3 count=1 }
[       4.590] launcher                 READY from L4_0: { level=4 count=1 } { level=3 count=2 }
[       6.590] L4_0                     CALL_TASK from launcher: task=e1:launcher:d0:t0 code_hash=0x1a5072758fdfbf3e { type=3 value=900 } spmd_size=1 time_limit_ms=1000 kernel="patient"
[       8.590] launcher                 RETRY_WITH_CODE from L4_0: hash=0x1a5072758fdfbf3e
[      10.590] L4_0                     REG_CODE from launcher: hash=0x1a5072758fdfbf3e total=8 bytes=8:5536aefa
[      10.825] L4_0                     runs patient for e1:linqu:(0,0,0,0):d0:t0
[      12.825] launcher                 RESOLVE from L4_0: exec=1 name="long"
[      14.825] L4_0                     RESOLVED from launcher: exec=1 name="long" hash=0xcde8c9ad70d16733 level=3 role=1
[      15.586] L4_0                     runs patient for e1:linqu:(0,0,0,0):d0:t0
[      17.586] launcher                 RESOLVE from L4_0: exec=1 name="add"
[      17.586] L4_0/L3_0                CALL_TASK from L4_0: task=e1:L4_0:d0:t0 code_hash=0xcde8c9ad70d16733 { type=3 value=900 holder=L4_0 producer_depth=255 } spmd_size=1 time_limit_ms=1000 kernel="long"
[      19.586] L4_0                     RESOLVED from launcher: exec=1 name="add" hash=0xe70bc3190530e654 level=3 role=1
[      19.586] L4_0                     RETRY_WITH_CODE from L4_0/L3_0: hash=0xcde8c9ad70d16733
[      21.586] launcher                 RETRY_WITH_CODE from L4_0: hash=0xcde8c9ad70d16733
[      21.634] L4_0                     runs patient for e1:linqu:(0,0,0,0):d0:t0
[      23.586] L4_0                     REG_CODE from launcher: hash=0xcde8c9ad70d16733 total=5 bytes=5:2de38fa9
[      23.634] L4_0/L3_1                CALL_TASK from L4_0: task=e1:L4_0:d0:t1 code_hash=0xe70bc3190530e654 { type=1 value=1 new_version=1 size=8 holder=L4_0 producer_depth=255 } spmd_size=1 time_limit_ms=1000 kernel="add"
[      25.586] L4_0/L3_0                REG_CODE from L4_0: hash=0xcde8c9ad70d16733 total=5 bytes=5:2de38fa9
[      25.634] L4_0                     RETRY_WITH_CODE from L4_0/L3_1: hash=0xe70bc3190530e654
[      27.634] launcher                 RETRY_WITH_CODE from L4_0: hash=0xe70bc3190530e654
[      28.631] L4_0/L3_0                runs long for e1:linqu:(0,0,0,0):d0:t0
[      29.634] L4_0                     REG_CODE from launcher: hash=0xe70bc3190530e654 total=4 bytes=4:aed80c9c
[      31.634] L4_0/L3_1                REG_CODE from L4_0: hash=0xe70bc3190530e654 total=4 bytes=4:aed80c9c
[      32.167] L4_0/L3_1                runs add for e1:linqu:(0,0,0,0):d0:t1
[      39.167] L4_0                     TASK_COMPLETE from L4_0/L3_1: task=e1:L4_0:d0:t1 { handle=1 version=1 size=8 holder=L4_0/L3_1 } run_time_ns=5000
[  900030.631] L4_0                     TASK_COMPLETE from L4_0/L3_0: task=e1:L4_0:d0:t0 run_time_ns=900000000
[  900033.151] launcher                 TASK_COMPLETE from L4_0: task=e1:launcher:d0:t0
[  900033.151] L4_0/L3_1                SCOPE_EXIT from L4_0: exec=1 owner_level=4 { handle=1 version=1 }
[  900035.151] L4_0                     CALL_TASK from launcher: task=e2:launcher:d0:t0 code_hash=0x1a5072758fdfbf3e { type=3 value=6000 } spmd_size=1 time_limit_ms=1000 kernel="patient"
[  900036.101] L4_0                     runs patient for e2:linqu:(0,0,0,0):d0:t0
[  900038.101] launcher                 RESOLVE from L4_0: exec=2 name="long"
[  900040.101] L4_0                     RESOLVED from launcher: exec=2 name="long" hash=0xcde8c9ad70d16733 level=3 role=1
[  900040.838] L4_0                     runs patient for e2:linqu:(0,0,0,0):d0:t0
[  900042.838] launcher                 RESOLVE from L4_0: exec=2 name="add"
[  900042.838] L4_0/L3_0                CALL_TASK from L4_0: task=e2:L4_0:d0:t2 code_hash=0xcde8c9ad70d16733 { type=3 value=6000 holder=L4_0 producer_depth=255 } spmd_size=1 time_limit_ms=1000 kernel="long"
[  900044.838] L4_0                     RESOLVED from launcher: exec=2 name="add" hash=0xe70bc3190530e654 level=3 role=1
[  900046.708] L4_0/L3_0                runs long for e2:linqu:(0,0,0,0):d0:t2
[  900047.622] L4_0                     runs patient for e2:linqu:(0,0,0,0):d0:t0
[  900049.622] L4_0/L3_1                CALL_TASK from L4_0: task=e2:L4_0:d0:t3 code_hash=0xe70bc3190530e654 { type=1 value=2 new_version=1 size=8 holder=L4_0 producer_depth=255 } spmd_size=1 time_limit_ms=1000 kernel="add"
[  900050.144] L4_0/L3_1                runs add for e2:linqu:(0,0,0,0):d0:t3
[  900057.144] L4_0                     TASK_COMPLETE from L4_0/L3_1: task=e2:L4_0:d0:t3 { handle=2 version=1 size=8 holder=L4_0/L3_1 } run_time_ns=5000
[ 2000015.586] L4_0/L3_0                ends with 137
[ 2000067.586] launcher                 MEMBERS from L4_0: { rank=1 status=2 generation=1 cause="ended by its parent: its kernel long computed longer than --task-timeout 1 s" }
[ 2000067.586] L4_0/L3_1                MEMBERS from L4_0: { rank=1 status=2 generation=1 cause="ended by its parent: its kernel long computed longer than --task-timeout 1 s" }
[ 2000071.402] launcher                 TASK_COMPLETE from L4_0: task=e2:launcher:d0:t0 status=1 error="L4_0: task e2:linqu:(0,0,0,0):d0:t0: kernel patient: e2:linqu:(0,0,0,0):d0:t2: L4_0/L3_0 died: ended by its parent: its kernel long computed longer than --task-timeout 1 s"
[ 2000071.402] L4_0/L3_1                SCOPE_EXIT from L4_0: exec=2 owner_level=4 { handle=2 version=1 }
