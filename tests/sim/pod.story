# A pod's hosts each make a value; the first one fetches the others' over their named sockets and adds them up.
topology L4:1,L3:3
seed 3
faults spread=40
start
exec pod L4_0
----
[       9.561] L4_0                     READY from L4_0/L3_0: { level=3 count=1 }
[      18.647] L4_0                     READY from L4_0/L3_2: { level=3 count=1 }
[      35.729] L4_0                     READY from L4_0/L3_1: { level=3 count=1 }
[      67.729] launcher                 READY from L4_0: { level=4 count=1 } { level=3 count=3 }
[      71.729] L4_0                     CALL_TASK from launcher: task=e1:launcher:d0:t0 code_hash=0x779b4c19564f1aec spmd_size=1 kernel="pod"
[      75.729] launcher                 RETRY_WITH_CODE from L4_0: hash=0x779b4c19564f1aec
[      97.729] L4_0                     REG_CODE from launcher: hash=0x779b4c19564f1aec total=4 bytes=4:dbc21784
[      98.240] L4_0                     runs pod for e1:linqu:(0,0,0,0):d0:t0
[     112.240] launcher                 RESOLVE from L4_0: exec=1 name="add"
[     125.240] L4_0                     RESOLVED from launcher: exec=1 name="add" hash=0xe70bc3190530e654 level=3 role=1
[     126.452] L4_0                     runs pod for e1:linqu:(0,0,0,0):d0:t0
[     146.452] L4_0/L3_0                CALL_TASK from L4_0: task=e1:L4_0:d0:t0 code_hash=0xe70bc3190530e654 { type=1 value=1 new_version=1 size=8 holder=L4_0 producer_depth=255 } spmd_size=1 kernel="add"
[     156.452] L4_0                     RETRY_WITH_CODE from L4_0/L3_0: hash=0xe70bc3190530e654
[     158.452] L4_0/L3_1                CALL_TASK from L4_0: task=e1:L4_0:d0:t1 code_hash=0xe70bc3190530e654 { type=1 value=2 new_version=1 size=8 holder=L4_0 producer_depth=255 } spmd_size=1 kernel="add"
[     165.452] L4_0/L3_2                CALL_TASK from L4_0: task=e1:L4_0:d0:t2 code_hash=0xe70bc3190530e654 { type=1 value=3 new_version=1 size=8 holder=L4_0 producer_depth=255 } spmd_size=1 kernel="add"
[     173.452] L4_0                     RETRY_WITH_CODE from L4_0/L3_2: hash=0xe70bc3190530e654
[     178.452] L4_0                     RETRY_WITH_CODE from L4_0/L3_1: hash=0xe70bc3190530e654
[     195.452] launcher                 RETRY_WITH_CODE from L4_0: hash=0xe70bc3190530e654
[     208.452] L4_0                     REG_CODE from launcher: hash=0xe70bc3190530e654 total=4 bytes=4:aed80c9c
[     215.452] L4_0/L3_1                REG_CODE from L4_0: hash=0xe70bc3190530e654 total=4 bytes=4:aed80c9c
[     219.056] L4_0/L3_1                runs add for e1:linqu:(0,0,0,0):d0:t1
[     227.452] L4_0/L3_0                REG_CODE from L4_0: hash=0xe70bc3190530e654 total=4 bytes=4:aed80c9c
[     229.075] L4_0/L3_0                runs add for e1:linqu:(0,0,0,0):d0:t0
[     238.452] L4_0/L3_2                REG_CODE from L4_0: hash=0xe70bc3190530e654 total=4 bytes=4:aed80c9c
[     242.341] L4_0/L3_2                runs add for e1:linqu:(0,0,0,0):d0:t2
[     258.341] L4_0                     TASK_COMPLETE from L4_0/L3_2: task=e1:L4_0:d0:t2 { handle=3 version=1 size=8 holder=L4_0/L3_2 } run_time_ns=5000
[     263.056] L4_0                     TASK_COMPLETE from L4_0/L3_1: task=e1:L4_0:d0:t1 { handle=2 version=1 size=8 holder=L4_0/L3_1 } run_time_ns=5000
[     268.075] L4_0                     TASK_COMPLETE from L4_0/L3_0: task=e1:L4_0:d0:t0 { handle=1 version=1 size=8 holder=L4_0/L3_0 } run_time_ns=5000
[     307.075] L4_0/L3_0                CALL_TASK from L4_0: task=e1:L4_0:d0:t3 code_hash=0xe70bc3190530e654 { value=1 version=1 size=8 holder=L4_0/L3_0 } { value=2 version=1 size=8 holder=L4_0/L3_1 producer_id=1 } { value=3 version=1 size=8 holder=L4_0/L3_2 producer_id=2 } { type=1 value=4 new_version=1 size=8 holder=L4_0 place=64 producer_depth=255 } spmd_size=1 kernel="add"
[     337.075] L4_0/L3_0                connected with L4_0/L3_1
[     368.075] L4_0/L3_0                connected with L4_0/L3_2
[     368.075] L4_0/L3_1                HEARTBEAT from L4_0/L3_0: logical_system="linqu" physical_system="world" sequence=1 state=3
[     380.075] L4_0/L3_1                TENSOR_LOOKUP from L4_0/L3_0: handle=2 version=1 credit=8
[     402.075] L4_0/L3_0                HEARTBEAT from L4_0/L3_1: logical_system="linqu" physical_system="world" sequence=1 answer=1 state=3
[     415.075] L4_0/L3_2                HEARTBEAT from L4_0/L3_0: logical_system="linqu" physical_system="world" sequence=2 state=3
[     415.075] L4_0/L3_2                TENSOR_LOOKUP from L4_0/L3_0: handle=3 version=1 credit=8
[     421.075] L4_0/L3_0                TENSOR_DATA from L4_0/L3_1: handle=2 version=1 total=8 bytes=8:3e801244
[     436.075] L4_0/L3_0                HEARTBEAT from L4_0/L3_2: logical_system="linqu" physical_system="world" sequence=2 answer=1 state=3
[     452.075] L4_0/L3_0                TENSOR_DATA from L4_0/L3_2: handle=3 version=1 total=8 bytes=8:3e801244
[     452.412] L4_0/L3_0                runs add for e1:linqu:(0,0,0,0):d0:t3
[     487.412] L4_0                     TASK_COMPLETE from L4_0/L3_0: task=e1:L4_0:d0:t3 { handle=4 version=1 size=8 holder=L4_0/L3_0 } run_time_ns=5000
[     513.370] L4_0/L3_0                SCOPE_EXIT from L4_0: exec=1 owner_level=4 { handle=1 version=1 } { handle=4 version=1 }
[     516.370] launcher                 TASK_COMPLETE from L4_0: task=e1:launcher:d0:t0
[     521.370] L4_0/L3_2                SCOPE_EXIT from L4_0: exec=1 owner_level=4 { handle=3 version=1 }
[     523.370] L4_0/L3_1                SCOPE_EXIT from L4_0: exec=1 owner_level=4 { handle=2 version=1 }
