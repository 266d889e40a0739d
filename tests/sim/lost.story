# A connection is lost while it is used: it is made again, and nothing fails.
topology L4:1,L3:3
seed 1
faults cut=200 spread=40
start
exec pod L4_0
----
[       3.235] L4_0                     READY from L4_0/L3_2: { level=3 count=1 }
[       7.590] L4_0                     READY from L4_0/L3_1: { level=3 count=1 }
[      10.519] L4_0                     READY from L4_0/L3_0: { level=3 count=1 }
[      25.519] launcher                 READY from L4_0: { level=4 count=1 } { level=3 count=3 }
[      27.519] L4_0                     CALL_TASK from launcher: task=e1:launcher:d0:t0 code_hash=0x779b4c19564f1aec spmd_size=1 kernel="pod"
[      59.519] launcher                 RETRY_WITH_CODE from L4_0: hash=0x779b4c19564f1aec
[      78.519] L4_0                     REG_CODE from launcher: hash=0x779b4c19564f1aec total=4 bytes=4:dbc21784
[      82.389] L4_0                     runs pod for e1:linqu:(0,0,0,0):d0:t0
[     108.389] launcher                 RESOLVE from L4_0: exec=1 name="add"
[     112.389] L4_0                     RESOLVED from launcher: exec=1 name="add" hash=0xe70bc3190530e654 level=3 role=1
[     116.205] L4_0                     runs pod for e1:linqu:(0,0,0,0):d0:t0
[     119.205] L4_0/L3_2                CALL_TASK from L4_0: task=e1:L4_0:d0:t2 code_hash=0xe70bc3190530e654 { type=1 value=3 new_version=1 size=8 holder=L4_0 producer_depth=255 } spmd_size=1 kernel="add"
[     135.205] L4_0                     RETRY_WITH_CODE from L4_0/L3_2: hash=0xe70bc3190530e654
[     137.205] L4_0/L3_0                CALL_TASK from L4_0: task=e1:L4_0:d0:t0 code_hash=0xe70bc3190530e654 { type=1 value=1 new_version=1 size=8 holder=L4_0 producer_depth=255 } spmd_size=1 kernel="add"
[     145.205] L4_0                     RETRY_WITH_CODE from L4_0/L3_0: hash=0xe70bc3190530e654
[     153.205] L4_0/L3_1                CALL_TASK from L4_0: task=e1:L4_0:d0:t1 code_hash=0xe70bc3190530e654 { type=1 value=2 new_version=1 size=8 holder=L4_0 producer_depth=255 } spmd_size=1 kernel="add"
[     159.205] L4_0                     RETRY_WITH_CODE from L4_0/L3_1: hash=0xe70bc3190530e654
[     169.205] launcher                 RETRY_WITH_CODE from L4_0: hash=0xe70bc3190530e654
[     176.205] L4_0                     REG_CODE from launcher: hash=0xe70bc3190530e654 total=4 bytes=4:aed80c9c
[     201.205] L4_0/L3_0                REG_CODE from L4_0: hash=0xe70bc3190530e654 total=4 bytes=4:aed80c9c
[     203.914] L4_0/L3_0                runs add for e1:linqu:(0,0,0,0):d0:t0
[     214.205] L4_0/L3_2                REG_CODE from L4_0: hash=0xe70bc3190530e654 total=4 bytes=4:aed80c9c
[     214.436] L4_0/L3_2                runs add for e1:linqu:(0,0,0,0):d0:t2
[     217.205] L4_0/L3_1                REG_CODE from L4_0: hash=0xe70bc3190530e654 total=4 bytes=4:aed80c9c
[     217.241] L4_0/L3_1                runs add for e1:linqu:(0,0,0,0):d0:t1
[     221.914] L4_0                     TASK_COMPLETE from L4_0/L3_0: task=e1:L4_0:d0:t0 { handle=1 version=1 size=8 holder=L4_0/L3_0 } run_time_ns=5000
[     226.241] L4_0                     TASK_COMPLETE from L4_0/L3_1: task=e1:L4_0:d0:t1 { handle=2 version=1 size=8 holder=L4_0/L3_1 } run_time_ns=5000
[     255.436] L4_0                     TASK_COMPLETE from L4_0/L3_2: task=e1:L4_0:d0:t2 { handle=3 version=1 size=8 holder=L4_0/L3_2 } run_time_ns=5000
[     270.436] L4_0/L3_0                CALL_TASK from L4_0: task=e1:L4_0:d0:t3 code_hash=0xe70bc3190530e654 { value=1 version=1 size=8 holder=L4_0/L3_0 } { value=2 version=1 size=8 holder=L4_0/L3_1 producer_id=1 } { value=3 version=1 size=8 holder=L4_0/L3_2 producer_id=2 } { type=1 value=4 new_version=1 size=8 holder=L4_0 place=64 producer_depth=255 } spmd_size=1 kernel="add"
[     307.436] L4_0/L3_0                connected with L4_0/L3_2
[     328.436] L4_0/L3_0                connected with L4_0/L3_1
[     332.436] L4_0/L3_2                HEARTBEAT from L4_0/L3_0: logical_system="linqu" physical_system="world" sequence=1 state=3
[     332.436] L4_0/L3_0                connection with L4_0/L3_2 is lost
[     386.436] L4_0/L3_1                HEARTBEAT from L4_0/L3_0: logical_system="linqu" physical_system="world" sequence=2 state=3
[     386.436] L4_0/L3_1                TENSOR_LOOKUP from L4_0/L3_0: handle=2 version=1 credit=8
[     395.436] L4_0/L3_0                connected with L4_0/L3_2
[     396.436] L4_0/L3_0                HEARTBEAT from L4_0/L3_1: logical_system="linqu" physical_system="world" sequence=2 answer=1 state=3
[     419.436] L4_0/L3_0                TENSOR_DATA from L4_0/L3_1: handle=2 version=1 total=8 bytes=8:3e801244
[     440.436] L4_0/L3_2                HEARTBEAT from L4_0/L3_0: logical_system="linqu" physical_system="world" sequence=3 state=3
[     442.436] L4_0/L3_2                TENSOR_LOOKUP from L4_0/L3_0: handle=3 version=1 credit=8
[     462.436] L4_0/L3_0                HEARTBEAT from L4_0/L3_2: logical_system="linqu" physical_system="world" sequence=3 answer=1 state=3
[     462.436] L4_0/L3_0                TENSOR_DATA from L4_0/L3_2: handle=3 version=1 total=8 bytes=8:3e801244
[     463.568] L4_0/L3_0                runs add for e1:linqu:(0,0,0,0):d0:t3
[     481.568] L4_0                     TASK_COMPLETE from L4_0/L3_0: task=e1:L4_0:d0:t3 { handle=4 version=1 size=8 holder=L4_0/L3_0 } run_time_ns=5000
[     511.971] launcher                 TASK_COMPLETE from L4_0: task=e1:launcher:d0:t0
[     513.971] L4_0/L3_0                SCOPE_EXIT from L4_0: exec=1 owner_level=4 { handle=1 version=1 } { handle=4 version=1 }
[     517.971] L4_0/L3_2                SCOPE_EXIT from L4_0: exec=1 owner_level=4 { handle=3 version=1 }
[     519.971] L4_0/L3_1                SCOPE_EXIT from L4_0: exec=1 owner_level=4 { handle=2 version=1 }
