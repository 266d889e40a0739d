# Code that cannot be loaded fails its task where it was to run, and what depends on it with the same cause.
topology L4:1,L3:2
seed 1
start
exec chain L4_0
----
[       2.519] L4_0                     READY from L4_0/L3_0: { level=3 count=1 }
[       2.590] L4_0                     READY from L4_0/L3_1: { level=3 count=1 }
[       4.590] launcher                 READY from L4_0: { level=4 count=1 } { level=3 count=2 }
[       6.590] L4_0                     CALL_TASK from launcher: task=e1:launcher:d0:t0 code_hash=0xa74390764c1a3056 spmd_size=1 kernel="chain"
[       8.590] launcher                 RETRY_WITH_CODE from L4_0: hash=0xa74390764c1a3056
[      10.590] L4_0                     REG_CODE from launcher: hash=0xa74390764c1a3056 total=6 bytes=6:125de9e2
[      10.825] L4_0                     runs chain for e1:linqu:(0,0,0,0):d0:t0
[      12.825] launcher                 RESOLVE from L4_0: exec=1 name="broken"
[      14.825] L4_0                     RESOLVED from launcher: exec=1 name="broken" hash=0xb164662ad16fa660 level=3 role=1
[      15.586] L4_0                     runs chain for e1:linqu:(0,0,0,0):d0:t0
[      17.586] launcher                 RESOLVE from L4_0: exec=1 name="add"
[      17.586] L4_0/L3_0                CALL_TASK from L4_0: task=e1:L4_0:d0:t0 code_hash=0xb164662ad16fa660 { type=1 value=1 new_version=1 size=8 holder=L4_0 producer_depth=255 } spmd_size=1 kernel="broken"
[      19.586] L4_0                     RESOLVED from launcher: exec=1 name="add" hash=0xe70bc3190530e654 level=3 role=1
[      19.586] L4_0                     RETRY_WITH_CODE from L4_0/L3_0: hash=0xb164662ad16fa660
[      21.586] launcher                 RETRY_WITH_CODE from L4_0: hash=0xb164662ad16fa660
[      21.634] L4_0                     runs chain for e1:linqu:(0,0,0,0):d0:t0
[      23.586] L4_0                     REG_CODE from launcher: hash=0xb164662ad16fa660 total=7 bytes=7:34ec03e0
[      25.586] L4_0/L3_0                REG_CODE from L4_0: hash=0xb164662ad16fa660 total=7 bytes=7:34ec03e0
[      30.631] L4_0                     TASK_COMPLETE from L4_0/L3_0: task=e1:L4_0:d0:t0 status=1 error="L4_0/L3_0: task linqu:(0,0,0,0):d0:t0: kernel broken: broken exports no linqu_orch_entry" { handle=1 version=1 size=8 holder=L4_0/L3_0 }
[      33.164] launcher                 TASK_COMPLETE from L4_0: task=e1:launcher:d0:t0 status=1 error="L4_0/L3_0: task linqu:(0,0,0,0):d0:t0: kernel broken: broken exports no linqu_orch_entry"
[      33.164] L4_0/L3_0                SCOPE_EXIT from L4_0: exec=1 owner_level=4 { handle=1 version=1 }
