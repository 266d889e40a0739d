# A failure that an activation reads does not fail it; one that it does not look at does.
topology L4:1,L3:1
seed 1
start
exec hope L4_0 0
exec hope L4_0 1
----
[       2.519] L4_0                     READY from L4_0/L3_0: { level=3 count=1 }
[       4.519] launcher                 READY from L4_0: { level=4 count=1 } { level=3 count=1 }
[       6.519] L4_0                     CALL_TASK from launcher: task=e1:launcher:d0:t0 code_hash=0x406df7cc7ea6f737 { type=3 } spmd_size=1 kernel="hope"
[       8.519] launcher                 RETRY_WITH_CODE from L4_0: hash=0x406df7cc7ea6f737
[      10.519] L4_0                     REG_CODE from launcher: hash=0x406df7cc7ea6f737 total=5 bytes=5:87425c35
[      13.109] L4_0                     runs hope for e1:linqu:(0,0,0,0):d0:t0
[      15.109] launcher                 RESOLVE from L4_0: exec=1 name="fail"
[      17.109] L4_0                     RESOLVED from launcher: exec=1 name="fail" hash=0xef0166791679f92d level=3 role=1
[      17.344] L4_0                     runs hope for e1:linqu:(0,0,0,0):d0:t0
[      19.344] L4_0/L3_0                CALL_TASK from L4_0: task=e1:L4_0:d0:t0 code_hash=0xef0166791679f92d spmd_size=1 kernel="fail"
[      21.344] L4_0                     RETRY_WITH_CODE from L4_0/L3_0: hash=0xef0166791679f92d
[      23.344] launcher                 RETRY_WITH_CODE from L4_0: hash=0xef0166791679f92d
[      25.344] L4_0                     REG_CODE from launcher: hash=0xef0166791679f92d total=5 bytes=5:2a7e3097
[      27.344] L4_0/L3_0                REG_CODE from L4_0: hash=0xef0166791679f92d total=5 bytes=5:2a7e3097
[      28.105] L4_0/L3_0                runs fail for e1:linqu:(0,0,0,0):d0:t0
[      30.105] L4_0                     TASK_COMPLETE from L4_0/L3_0: task=e1:L4_0:d0:t0 status=1 error="L4_0/L3_0: task linqu:(0,0,0,0):d0:t0: kernel fail: submit_task is not for a WORKER, which only computes; declare the kernel ORCHESTRATOR"
[      32.153] L4_0                     runs hope for e1:linqu:(0,0,0,0):d0:t0
[      34.153] launcher                 TASK_COMPLETE from L4_0: task=e1:launcher:d0:t0
[      36.153] L4_0                     CALL_TASK from launcher: task=e2:launcher:d0:t0 code_hash=0x406df7cc7ea6f737 { type=3 value=1 } spmd_size=1 kernel="hope"
[      39.198] L4_0                     runs hope for e2:linqu:(0,0,0,0):d0:t0
[      41.198] launcher                 RESOLVE from L4_0: exec=2 name="fail"
[      43.198] L4_0                     RESOLVED from launcher: exec=2 name="fail" hash=0xef0166791679f92d level=3 role=1
[      43.731] L4_0                     runs hope for e2:linqu:(0,0,0,0):d0:t0
[      45.731] L4_0/L3_0                CALL_TASK from L4_0: task=e2:L4_0:d0:t1 code_hash=0xef0166791679f92d spmd_size=1 kernel="fail"
[      46.251] L4_0/L3_0                runs fail for e2:linqu:(0,0,0,0):d0:t1
[      48.251] L4_0                     TASK_COMPLETE from L4_0/L3_0: task=e2:L4_0:d0:t1 status=1 error="L4_0/L3_0: task e2:linqu:(0,0,0,0):d0:t1: kernel fail: submit_task is not for a WORKER, which only computes; declare the kernel ORCHESTRATOR"
[      49.201] L4_0                     runs hope for e2:linqu:(0,0,0,0):d0:t0
[      51.201] launcher                 TASK_COMPLETE from L4_0: task=e2:launcher:d0:t0 status=1 error="L4_0/L3_0: task e2:linqu:(0,0,0,0):d0:t1: kernel fail: submit_task is not for a WORKER, which only computes; declare the kernel ORCHESTRATOR"
