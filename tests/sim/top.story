# Two pods fill what the top gave them: each result is pulled up one level before its pod completes.
topology L6:1,L4:2,L3:2
seed 5
start
exec top L6_0
----
[       2.436] L6_0/L4_1                READY from L6_0/L4_1/L3_0: { level=3 count=1 }
[       2.609] L6_0/L4_1                READY from L6_0/L4_1/L3_1: { level=3 count=1 }
[       2.709] L6_0/L4_0                READY from L6_0/L4_0/L3_0: { level=3 count=1 }
[       3.461] L6_0/L4_0                READY from L6_0/L4_0/L3_1: { level=3 count=1 }
[       4.609] L6_0                     READY from L6_0/L4_1: { level=4 count=1 } { level=3 count=2 }
[       5.461] L6_0                     READY from L6_0/L4_0: { level=4 count=1 } { level=3 count=2 }
[       7.461] launcher                 READY from L6_0: { level=6 count=1 } { level=4 count=2 } { level=3 count=4 }
[       9.461] L6_0                     CALL_TASK from launcher: task=e1:launcher:d0:t0 code_hash=0x56f9bc194465a83c spmd_size=1 kernel="top"
[      11.461] launcher                 RETRY_WITH_CODE from L6_0: hash=0x56f9bc194465a83c
[      13.461] L6_0                     REG_CODE from launcher: hash=0x56f9bc194465a83c total=4 bytes=4:3b8ab274
[      14.976] L6_0                     runs top for e1:linqu:(0,0,0,0):d0:t0
[      16.976] launcher                 RESOLVE from L6_0: exec=1 name="pod"
[      18.976] L6_0                     RESOLVED from launcher: exec=1 name="pod" hash=0x779b4c19564f1aec level=4
[      22.856] L6_0                     runs top for e1:linqu:(0,0,0,0):d0:t0
[      24.856] L6_0/L4_0                CALL_TASK from L6_0: task=e1:L6_0:d0:t0 code_hash=0x779b4c19564f1aec { type=1 value=1 new_version=1 size=8 holder=L6_0 producer_depth=255 } spmd_size=1 kernel="pod"
[      24.856] L6_0/L4_1                CALL_TASK from L6_0: task=e1:L6_0:d0:t1 code_hash=0x779b4c19564f1aec { type=1 value=2 new_version=1 size=8 holder=L6_0 producer_depth=255 } spmd_size=1 kernel="pod"
[      26.856] L6_0                     RETRY_WITH_CODE from L6_0/L4_0: hash=0x779b4c19564f1aec
[      26.856] L6_0                     RETRY_WITH_CODE from L6_0/L4_1: hash=0x779b4c19564f1aec
[      28.856] launcher                 RETRY_WITH_CODE from L6_0: hash=0x779b4c19564f1aec
[      30.856] L6_0                     REG_CODE from launcher: hash=0x779b4c19564f1aec total=4 bytes=4:dbc21784
[      32.856] L6_0/L4_0                REG_CODE from L6_0: hash=0x779b4c19564f1aec total=4 bytes=4:dbc21784
[      32.856] L6_0/L4_1                REG_CODE from L6_0: hash=0x779b4c19564f1aec total=4 bytes=4:dbc21784
[      33.051] L6_0/L4_0                runs pod for e1:linqu:(0,0,0,0):d0:t0
[      34.527] L6_0/L4_1                runs pod for e1:linqu:(0,0,0,0):d0:t1
[      35.051] L6_0                     RESOLVE from L6_0/L4_0: exec=1 name="add"
[      36.527] L6_0                     RESOLVE from L6_0/L4_1: exec=1 name="add"
[      37.051] launcher                 RESOLVE from L6_0: exec=1 name="add"
[      39.051] L6_0                     RESOLVED from launcher: exec=1 name="add" hash=0xe70bc3190530e654 level=3 role=1
[      41.051] L6_0/L4_0                RESOLVED from L6_0: exec=1 name="add" hash=0xe70bc3190530e654 level=3 role=1
[      41.051] L6_0/L4_1                RESOLVED from L6_0: exec=1 name="add" hash=0xe70bc3190530e654 level=3 role=1
[      41.335] L6_0/L4_0                runs pod for e1:linqu:(0,0,0,0):d0:t0
[      43.335] L6_0/L4_0/L3_0           CALL_TASK from L6_0/L4_0: task=e1:L6_0/L4_0:d0:t0 code_hash=0xe70bc3190530e654 { type=1 value=0x10000000002 new_version=1 size=8 holder=L6_0/L4_0 producer_depth=255 } spmd_size=1 kernel="add"
[      43.335] L6_0/L4_0/L3_1           CALL_TASK from L6_0/L4_0: task=e1:L6_0/L4_0:d0:t1 code_hash=0xe70bc3190530e654 { type=1 value=0x10000000003 new_version=1 size=8 holder=L6_0/L4_0 producer_depth=255 } spmd_size=1 kernel="add"
[      44.374] L6_0/L4_1                runs pod for e1:linqu:(0,0,0,0):d0:t1
[      45.335] L6_0/L4_0                RETRY_WITH_CODE from L6_0/L4_0/L3_0: hash=0xe70bc3190530e654
[      45.335] L6_0/L4_0                RETRY_WITH_CODE from L6_0/L4_0/L3_1: hash=0xe70bc3190530e654
[      46.374] L6_0/L4_1/L3_0           CALL_TASK from L6_0/L4_1: task=e1:L6_0/L4_1:d0:t0 code_hash=0xe70bc3190530e654 { type=1 value=0x20000000002 new_version=1 size=8 holder=L6_0/L4_1 producer_depth=255 } spmd_size=1 kernel="add"
[      46.374] L6_0/L4_1/L3_1           CALL_TASK from L6_0/L4_1: task=e1:L6_0/L4_1:d0:t1 code_hash=0xe70bc3190530e654 { type=1 value=0x20000000003 new_version=1 size=8 holder=L6_0/L4_1 producer_depth=255 } spmd_size=1 kernel="add"
[      47.335] L6_0                     RETRY_WITH_CODE from L6_0/L4_0: hash=0xe70bc3190530e654
[      48.374] L6_0/L4_1                RETRY_WITH_CODE from L6_0/L4_1/L3_0: hash=0xe70bc3190530e654
[      48.374] L6_0/L4_1                RETRY_WITH_CODE from L6_0/L4_1/L3_1: hash=0xe70bc3190530e654
[      49.335] launcher                 RETRY_WITH_CODE from L6_0: hash=0xe70bc3190530e654
[      50.374] L6_0                     RETRY_WITH_CODE from L6_0/L4_1: hash=0xe70bc3190530e654
[      51.335] L6_0                     REG_CODE from launcher: hash=0xe70bc3190530e654 total=4 bytes=4:aed80c9c
[      53.335] L6_0/L4_0                REG_CODE from L6_0: hash=0xe70bc3190530e654 total=4 bytes=4:aed80c9c
[      53.335] L6_0/L4_1                REG_CODE from L6_0: hash=0xe70bc3190530e654 total=4 bytes=4:aed80c9c
[      55.335] L6_0/L4_0/L3_0           REG_CODE from L6_0/L4_0: hash=0xe70bc3190530e654 total=4 bytes=4:aed80c9c
[      55.335] L6_0/L4_0/L3_1           REG_CODE from L6_0/L4_0: hash=0xe70bc3190530e654 total=4 bytes=4:aed80c9c
[      55.335] L6_0/L4_1/L3_0           REG_CODE from L6_0/L4_1: hash=0xe70bc3190530e654 total=4 bytes=4:aed80c9c
[      55.335] L6_0/L4_1/L3_1           REG_CODE from L6_0/L4_1: hash=0xe70bc3190530e654 total=4 bytes=4:aed80c9c
[      56.852] L6_0/L4_0/L3_0           runs add for e1:linqu:(0,0,0,0):d0:t0
[      57.566] L6_0/L4_0/L3_1           runs add for e1:linqu:(0,0,0,0):d0:t1
[      59.218] L6_0/L4_1/L3_1           runs add for e1:linqu:(0,0,1,0):d0:t1
[      59.261] L6_0/L4_1/L3_0           runs add for e1:linqu:(0,0,1,0):d0:t0
[      63.852] L6_0/L4_0                TASK_COMPLETE from L6_0/L4_0/L3_0: task=e1:L6_0/L4_0:d0:t0 { handle=0x10000000002 version=1 size=8 holder=L6_0/L4_0/L3_0 } run_time_ns=5000
[      64.566] L6_0/L4_0                TASK_COMPLETE from L6_0/L4_0/L3_1: task=e1:L6_0/L4_0:d0:t1 { handle=0x10000000003 version=1 size=8 holder=L6_0/L4_0/L3_1 } run_time_ns=5000
[      66.218] L6_0/L4_1                TASK_COMPLETE from L6_0/L4_1/L3_1: task=e1:L6_0/L4_1:d0:t1 { handle=0x20000000003 version=1 size=8 holder=L6_0/L4_1/L3_1 } run_time_ns=5000
[      66.261] L6_0/L4_1                TASK_COMPLETE from L6_0/L4_1/L3_0: task=e1:L6_0/L4_1:d0:t0 { handle=0x20000000002 version=1 size=8 holder=L6_0/L4_1/L3_0 } run_time_ns=5000
[      66.566] L6_0/L4_0/L3_0           CALL_TASK from L6_0/L4_0: task=e1:L6_0/L4_0:d0:t2 code_hash=0xe70bc3190530e654 { value=0x10000000002 version=1 size=8 holder=L6_0/L4_0/L3_0 } { value=0x10000000003 version=1 size=8 holder=L6_0/L4_0/L3_1 producer_id=1 } { type=1 value=0x10000000001 new_version=1 size=8 holder=L6_0/L4_0 place=64 producer_depth=255 } spmd_size=1 kernel="add"
[      68.261] L6_0/L4_1/L3_0           CALL_TASK from L6_0/L4_1: task=e1:L6_0/L4_1:d0:t2 code_hash=0xe70bc3190530e654 { value=0x20000000002 version=1 size=8 holder=L6_0/L4_1/L3_0 } { value=0x20000000003 version=1 size=8 holder=L6_0/L4_1/L3_1 producer_id=1 } { type=1 value=0x20000000001 new_version=1 size=8 holder=L6_0/L4_1 place=64 producer_depth=255 } spmd_size=1 kernel="add"
[      88.566] L6_0/L4_0/L3_0           connected with L6_0/L4_0/L3_1
[      90.261] L6_0/L4_1/L3_0           connected with L6_0/L4_1/L3_1
[      92.566] L6_0/L4_0/L3_1           HEARTBEAT from L6_0/L4_0/L3_0: logical_system="linqu" physical_system="world" sequence=1 state=3
[      92.566] L6_0/L4_0/L3_1           TENSOR_LOOKUP from L6_0/L4_0/L3_0: handle=0x10000000003 version=1 credit=8
[      94.261] L6_0/L4_1/L3_1           HEARTBEAT from L6_0/L4_1/L3_0: logical_system="linqu" physical_system="world" sequence=1 state=3
[      94.261] L6_0/L4_1/L3_1           TENSOR_LOOKUP from L6_0/L4_1/L3_0: handle=0x20000000003 version=1 credit=8
[      94.566] L6_0/L4_0/L3_0           HEARTBEAT from L6_0/L4_0/L3_1: logical_system="linqu" physical_system="world" sequence=1 answer=1 state=3
[      94.566] L6_0/L4_0/L3_0           TENSOR_DATA from L6_0/L4_0/L3_1: handle=0x10000000003 version=1 total=8 bytes=8:3e801244
[      96.097] L6_0/L4_0/L3_0           runs add for e1:linqu:(0,0,0,0):d0:t2
[      96.261] L6_0/L4_1/L3_0           HEARTBEAT from L6_0/L4_1/L3_1: logical_system="linqu" physical_system="world" sequence=1 answer=1 state=3
[      96.261] L6_0/L4_1/L3_0           TENSOR_DATA from L6_0/L4_1/L3_1: handle=0x20000000003 version=1 total=8 bytes=8:3e801244
[      97.660] L6_0/L4_1/L3_0           runs add for e1:linqu:(0,0,1,0):d0:t2
[     103.097] L6_0/L4_0                TASK_COMPLETE from L6_0/L4_0/L3_0: task=e1:L6_0/L4_0:d0:t2 { handle=0x10000000001 version=1 size=8 holder=L6_0/L4_0/L3_0 } run_time_ns=5000
[     104.660] L6_0/L4_1                TASK_COMPLETE from L6_0/L4_1/L3_0: task=e1:L6_0/L4_1:d0:t2 { handle=0x20000000001 version=1 size=8 holder=L6_0/L4_1/L3_0 } run_time_ns=5000
[     106.753] L6_0/L4_0/L3_0           TENSOR_LOOKUP from L6_0/L4_0: handle=0x10000000001 version=1 credit=8
[     108.753] L6_0/L4_0                TENSOR_DATA from L6_0/L4_0/L3_0: handle=0x10000000001 version=1 total=8 bytes=8:f942d086
[     110.269] L6_0/L4_1/L3_0           TENSOR_LOOKUP from L6_0/L4_1: handle=0x20000000001 version=1 credit=8
[     110.753] L6_0                     TASK_COMPLETE from L6_0/L4_0: task=e1:L6_0:d0:t0 { handle=1 version=1 size=8 holder=L6_0/L4_0 }
[     110.753] L6_0/L4_0/L3_0           SCOPE_EXIT from L6_0/L4_0: exec=1 owner_level=4 { handle=0x10000000002 version=1 } { handle=0x10000000001 version=1 }
[     110.753] L6_0/L4_0/L3_1           SCOPE_EXIT from L6_0/L4_0: exec=1 owner_level=4 { handle=0x10000000003 version=1 }
[     112.269] L6_0/L4_1                TENSOR_DATA from L6_0/L4_1/L3_0: handle=0x20000000001 version=1 total=8 bytes=8:f942d086
[     114.269] L6_0                     TASK_COMPLETE from L6_0/L4_1: task=e1:L6_0:d0:t1 { handle=2 version=1 size=8 holder=L6_0/L4_1 }
[     114.269] L6_0/L4_1/L3_0           SCOPE_EXIT from L6_0/L4_1: exec=1 owner_level=4 { handle=0x20000000002 version=1 } { handle=0x20000000001 version=1 }
[     114.269] L6_0/L4_1/L3_1           SCOPE_EXIT from L6_0/L4_1: exec=1 owner_level=4 { handle=0x20000000003 version=1 }
[     117.640] L6_0                     runs top for e1:linqu:(0,0,0,0):d0:t0
[     119.640] launcher                 TASK_COMPLETE from L6_0: task=e1:launcher:d0:t0
[     119.640] L6_0/L4_0                SCOPE_EXIT from L6_0: exec=1 owner_level=6 { handle=1 version=1 }
[     119.640] L6_0/L4_1                SCOPE_EXIT from L6_0: exec=1 owner_level=6 { handle=2 version=1 }
