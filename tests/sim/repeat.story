# Every TASK_COMPLETE comes twice: the second changes nothing.
topology L4:1,L3:2
seed 1
faults repeat=1000
start
exec pod L4_0
----
[       2.519] L4_0                     READY from L4_0/L3_0: { level=3 count=1 }
[       2.590] L4_0                     READY from L4_0/L3_1: { level=3 count=1 }
[       4.590] launcher                 READY from L4_0: { level=4 count=1 } { level=3 count=2 }
[       6.590] L4_0                     CALL_TASK from launcher: task=e1:launcher:d0:t0 code_hash=0x779b4c19564f1aec spmd_size=1 kernel="pod"
[       8.590] launcher                 RETRY_WITH_CODE from L4_0: hash=0x779b4c19564f1aec
[      10.590] L4_0                     REG_CODE from launcher: hash=0x779b4c19564f1aec total=4 bytes=4:dbc21784
[      10.825] L4_0                     runs pod for e1:linqu:(0,0,0,0):d0:t0
[      12.825] launcher                 RESOLVE from L4_0: exec=1 name="add"
[      14.825] L4_0                     RESOLVED from launcher: exec=1 name="add" hash=0xe70bc3190530e654 level=3 role=1
[      15.586] L4_0                     runs pod for e1:linqu:(0,0,0,0):d0:t0
[      17.586] L4_0/L3_0                CALL_TASK from L4_0: task=e1:L4_0:d0:t0 code_hash=0xe70bc3190530e654 { type=1 value=1 new_version=1 size=8 holder=L4_0 producer_depth=255 } spmd_size=1 kernel="add"
[      17.586] L4_0/L3_1                CALL_TASK from L4_0: task=e1:L4_0:d0:t1 code_hash=0xe70bc3190530e654 { type=1 value=2 new_version=1 size=8 holder=L4_0 producer_depth=255 } spmd_size=1 kernel="add"
[      19.586] L4_0                     RETRY_WITH_CODE from L4_0/L3_0: hash=0xe70bc3190530e654
[      19.586] L4_0                     RETRY_WITH_CODE from L4_0/L3_1: hash=0xe70bc3190530e654
[      21.586] launcher                 RETRY_WITH_CODE from L4_0: hash=0xe70bc3190530e654
[      23.586] L4_0                     REG_CODE from launcher: hash=0xe70bc3190530e654 total=4 bytes=4:aed80c9c
[      25.586] L4_0/L3_0                REG_CODE from L4_0: hash=0xe70bc3190530e654 total=4 bytes=4:aed80c9c
[      25.586] L4_0/L3_1                REG_CODE from L4_0: hash=0xe70bc3190530e654 total=4 bytes=4:aed80c9c
[      27.634] L4_0/L3_0                runs add for e1:linqu:(0,0,0,0):d0:t0
[      28.631] L4_0/L3_1                runs add for e1:linqu:(0,0,0,0):d0:t1
[      34.634] L4_0                     TASK_COMPLETE from L4_0/L3_0: task=e1:L4_0:d0:t0 { handle=1 version=1 size=8 holder=L4_0/L3_0 } run_time_ns=5000
[      34.634] L4_0                     TASK_COMPLETE from L4_0/L3_0: task=e1:L4_0:d0:t0 { handle=1 version=1 size=8 holder=L4_0/L3_0 } run_time_ns=5000
[      35.631] L4_0                     TASK_COMPLETE from L4_0/L3_1: task=e1:L4_0:d0:t1 { handle=2 version=1 size=8 holder=L4_0/L3_1 } run_time_ns=5000
[      35.631] L4_0                     TASK_COMPLETE from L4_0/L3_1: task=e1:L4_0:d0:t1 { handle=2 version=1 size=8 holder=L4_0/L3_1 } run_time_ns=5000
[      37.631] L4_0/L3_0                CALL_TASK from L4_0: task=e1:L4_0:d0:t2 code_hash=0xe70bc3190530e654 { value=1 version=1 size=8 holder=L4_0/L3_0 } { value=2 version=1 size=8 holder=L4_0/L3_1 producer_id=1 } { type=1 value=3 new_version=1 size=8 holder=L4_0 place=64 producer_depth=255 } spmd_size=1 kernel="add"
[      59.631] L4_0/L3_0                connected with L4_0/L3_1
[      63.631] L4_0/L3_1                HEARTBEAT from L4_0/L3_0: logical_system="linqu" physical_system="world" sequence=1 state=3
[      63.631] L4_0/L3_1                TENSOR_LOOKUP from L4_0/L3_0: handle=2 version=1 credit=8
[      65.631] L4_0/L3_0                HEARTBEAT from L4_0/L3_1: logical_system="linqu" physical_system="world" sequence=1 answer=1 state=3
[      65.631] L4_0/L3_0                TENSOR_DATA from L4_0/L3_1: handle=2 version=1 total=8 bytes=8:3e801244
[      66.581] L4_0/L3_0                runs add for e1:linqu:(0,0,0,0):d0:t2
[      73.581] L4_0                     TASK_COMPLETE from L4_0/L3_0: task=e1:L4_0:d0:t2 { handle=3 version=1 size=8 holder=L4_0/L3_0 } run_time_ns=5000
[      73.581] L4_0                     TASK_COMPLETE from L4_0/L3_0: task=e1:L4_0:d0:t2 { handle=3 version=1 size=8 holder=L4_0/L3_0 } run_time_ns=5000
[      79.451] launcher                 TASK_COMPLETE from L4_0: task=e1:launcher:d0:t0
[      79.451] launcher                 TASK_COMPLETE from L4_0: task=e1:launcher:d0:t0
[      79.451] L4_0/L3_0                SCOPE_EXIT from L4_0: exec=1 owner_level=4 { handle=1 version=1 } { handle=3 version=1 }
[      79.451] L4_0/L3_1                SCOPE_EXIT from L4_0: exec=1 owner_level=4 { handle=2 version=1 }
