# Four results that nobody may forget in a ring of two: a proven deadlock, at once; two fit.
topology L4:1,L3:1
rings task=2
seed 1
start
exec greedy L4_0 4
exec greedy L4_0 2
----
[       2.519] L4_0                     READY from L4_0/L3_0: { level=3 count=1 }
[       4.519] launcher                 READY from L4_0: { level=4 count=1 } { level=3 count=1 }
[       6.519] L4_0                     CALL_TASK from launcher: task=e1:launcher:d0:t0 code_hash=0x6b66d754127c3259 { type=3 value=4 } spmd_size=1 kernel="greedy"
[       8.519] launcher                 RETRY_WITH_CODE from L4_0: hash=0x6b66d754127c3259
[      10.519] L4_0                     REG_CODE from launcher: hash=0x6b66d754127c3259 total=7 bytes=7:436bcb3b
[      13.109] L4_0                     runs greedy for e1:linqu:(0,0,0,0):d0:t0
[      15.109] launcher                 RESOLVE from L4_0: exec=1 name="add"
[      17.109] L4_0                     RESOLVED from launcher: exec=1 name="add" hash=0xe70bc3190530e654 level=3 role=1
[      17.344] L4_0                     runs greedy for e1:linqu:(0,0,0,0):d0:t0
[      19.344] L4_0/L3_0                CALL_TASK from L4_0: task=e1:L4_0:d0:t0 code_hash=0xe70bc3190530e654 { type=1 value=1 new_version=1 size=64 holder=L4_0 producer_depth=255 } spmd_size=1 kernel="add"
[      19.344] L4_0/L3_0                CALL_TASK from L4_0: task=e1:L4_0:d0:t1 code_hash=0xe70bc3190530e654 { type=1 value=2 new_version=1 size=64 holder=L4_0 place=64 producer_depth=255 } spmd_size=1 kernel="add"
[      21.344] L4_0                     RETRY_WITH_CODE from L4_0/L3_0: hash=0xe70bc3190530e654
[      23.344] launcher                 RETRY_WITH_CODE from L4_0: hash=0xe70bc3190530e654
[      25.344] L4_0                     REG_CODE from launcher: hash=0xe70bc3190530e654 total=4 bytes=4:aed80c9c
[      27.344] L4_0/L3_0                REG_CODE from L4_0: hash=0xe70bc3190530e654 total=4 bytes=4:aed80c9c
[      28.105] L4_0/L3_0                runs add for e1:linqu:(0,0,0,0):d0:t0
[      33.105] L4_0/L3_0                runs add for e1:linqu:(0,0,0,0):d0:t1
[      35.105] L4_0                     TASK_COMPLETE from L4_0/L3_0: task=e1:L4_0:d0:t0 { handle=1 version=1 size=64 holder=L4_0/L3_0 } run_time_ns=5000
[      40.105] L4_0                     TASK_COMPLETE from L4_0/L3_0: task=e1:L4_0:d0:t1 { handle=2 version=1 size=64 holder=L4_0/L3_0 } run_time_ns=5000
[      44.153] launcher                 TASK_COMPLETE from L4_0: task=e1:launcher:d0:t0 status=2 error="L4_0: task linqu:(0,0,0,0):d0:t0: kernel greedy: deadlock: task ring L4 depth 0 has none of its 2 slots free (2 used) and can never drain: linqu:(0,0,0,0):d0:t0 (add) holds the head and waits for its scope to end or its tensors to be freed, which only the activation that waits here, or one around it, can do; end the scope or free tensors earlier, or give more with --ring-capacity L4:task=..."
[      44.153] L4_0/L3_0                SCOPE_EXIT from L4_0: exec=1 owner_level=4 { handle=1 version=1 } { handle=2 version=1 }
[      46.153] L4_0                     CALL_TASK from launcher: task=e2:launcher:d0:t0 code_hash=0x6b66d754127c3259 { type=3 value=2 } spmd_size=1 kernel="greedy"
[      49.198] L4_0                     runs greedy for e2:linqu:(0,0,0,0):d0:t0
[      51.198] launcher                 RESOLVE from L4_0: exec=2 name="add"
[      53.198] L4_0                     RESOLVED from launcher: exec=2 name="add" hash=0xe70bc3190530e654 level=3 role=1
[      53.731] L4_0                     runs greedy for e2:linqu:(0,0,0,0):d0:t0
[      55.731] L4_0/L3_0                CALL_TASK from L4_0: task=e2:L4_0:d0:t2 code_hash=0xe70bc3190530e654 { type=1 value=5 new_version=1 size=64 holder=L4_0 producer_depth=255 } spmd_size=1 kernel="add"
[      55.731] L4_0/L3_0                CALL_TASK from L4_0: task=e2:L4_0:d0:t3 code_hash=0xe70bc3190530e654 { type=1 value=6 new_version=1 size=64 holder=L4_0 place=64 producer_depth=255 } spmd_size=1 kernel="add"
[      56.251] L4_0/L3_0                runs add for e2:linqu:(0,0,0,0):d0:t2
[      61.251] L4_0/L3_0                runs add for e2:linqu:(0,0,0,0):d0:t3
[      63.251] L4_0                     TASK_COMPLETE from L4_0/L3_0: task=e2:L4_0:d0:t2 { handle=5 version=1 size=64 holder=L4_0/L3_0 } run_time_ns=5000
[      68.251] L4_0                     TASK_COMPLETE from L4_0/L3_0: task=e2:L4_0:d0:t3 { handle=6 version=1 size=64 holder=L4_0/L3_0 } run_time_ns=5000
[      71.201] launcher                 TASK_COMPLETE from L4_0: task=e2:launcher:d0:t0
[      71.201] L4_0/L3_0                SCOPE_EXIT from L4_0: exec=2 owner_level=4 { handle=5 version=1 } { handle=6 version=1 }
