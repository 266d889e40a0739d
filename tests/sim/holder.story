# A host dies with what it has made: the task that was to read it fails with the cause, and so does the pod; a second exec on
# those who are left is well.
topology L4:1,L3:3
seed 3
faults spread=40
start
begin pod L4_0
after 310
kill L4_0/L3_1
run
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
[     377.729] L4_0/L3_1                ends with 137
[     402.075] L4_0/L3_0                HEARTBEAT from L4_0/L3_1: logical_system="linqu" physical_system="world" sequence=1 answer=1 state=3
[     415.075] L4_0/L3_2                HEARTBEAT from L4_0/L3_0: logical_system="linqu" physical_system="world" sequence=2 state=3
[     415.075] L4_0/L3_2                TENSOR_LOOKUP from L4_0/L3_0: handle=3 version=1 credit=8
[     436.075] L4_0/L3_0                HEARTBEAT from L4_0/L3_2: logical_system="linqu" physical_system="world" sequence=2 answer=1 state=3
[     452.075] L4_0/L3_0                TENSOR_DATA from L4_0/L3_2: handle=3 version=1 total=8 bytes=8:3e801244
[     455.729] L4_0/L3_2                MEMBERS from L4_0: { rank=2 status=2 generation=1 cause="killed by signal 9 (Killed)" }
[     457.729] L4_0/L3_0                not connected with L4_0/L3_1
[     457.729] launcher                 MEMBERS from L4_0: { rank=2 status=2 generation=1 cause="killed by signal 9 (Killed)" }
[     467.729] L4_0/L3_0                MEMBERS from L4_0: { rank=2 status=2 generation=1 cause="killed by signal 9 (Killed)" }
[     502.842] L4_0                     TASK_COMPLETE from L4_0/L3_0: task=e1:L4_0:d0:t3 status=1 error="L4_0/L3_0: task linqu:(0,0,0,0):d0:t3: kernel add: an input cannot be had: the data of L4_0/L3_1 cannot be had: L4_0/L3_1 died: killed by signal 9 (Killed)" { handle=4 version=1 size=8 holder=L4_0/L3_0 }
[     507.872] L4_0/L3_0                SCOPE_EXIT from L4_0: exec=1 owner_level=4 { handle=1 version=1 } { handle=4 version=1 }
[     520.872] launcher                 TASK_COMPLETE from L4_0: task=e1:launcher:d0:t0 status=1 error="L4_0/L3_0: task linqu:(0,0,0,0):d0:t3: kernel add: an input cannot be had: the data of L4_0/L3_1 cannot be had: L4_0/L3_1 died: killed by signal 9 (Killed)"
[     525.872] L4_0/L3_2                SCOPE_EXIT from L4_0: exec=1 owner_level=4 { handle=3 version=1 }
[     538.872] L4_0                     CALL_TASK from launcher: task=e2:launcher:d0:t0 code_hash=0x779b4c19564f1aec spmd_size=1 kernel="pod"
[     541.975] L4_0                     runs pod for e2:linqu:(0,0,0,0):d0:t0
[     567.975] launcher                 RESOLVE from L4_0: exec=2 name="add"
[     600.975] L4_0                     RESOLVED from launcher: exec=2 name="add" hash=0xe70bc3190530e654 level=3 role=1
[     603.676] L4_0                     runs pod for e2:linqu:(0,0,0,0):d0:t0
[     628.676] L4_0/L3_0                CALL_TASK from L4_0: task=e2:L4_0:d0:t4 code_hash=0xe70bc3190530e654 { type=1 value=5 new_version=1 size=8 holder=L4_0 producer_depth=255 } spmd_size=1 kernel="add"
[     631.954] L4_0/L3_0                runs add for e2:linqu:(0,0,0,0):d0:t4
[     640.676] L4_0/L3_2                CALL_TASK from L4_0: task=e2:L4_0:d0:t5 code_hash=0xe70bc3190530e654 { type=1 value=6 new_version=1 size=8 holder=L4_0 producer_depth=255 } spmd_size=1 kernel="add"
[     643.141] L4_0/L3_2                runs add for e2:linqu:(0,0,0,0):d0:t5
[     661.141] L4_0                     TASK_COMPLETE from L4_0/L3_2: task=e2:L4_0:d0:t5 { handle=6 version=1 size=8 holder=L4_0/L3_2 } run_time_ns=5000
[     670.954] L4_0                     TASK_COMPLETE from L4_0/L3_0: task=e2:L4_0:d0:t4 { handle=5 version=1 size=8 holder=L4_0/L3_0 } run_time_ns=5000
[     705.954] L4_0/L3_0                CALL_TASK from L4_0: task=e2:L4_0:d0:t6 code_hash=0xe70bc3190530e654 { value=5 version=1 size=8 holder=L4_0/L3_0 producer_id=4 } { value=6 version=1 size=8 holder=L4_0/L3_2 producer_id=5 } { type=1 value=7 new_version=1 size=8 holder=L4_0 place=64 producer_depth=255 } spmd_size=1 kernel="add"
[     724.954] L4_0/L3_2                TENSOR_LOOKUP from L4_0/L3_0: handle=6 version=1 credit=8
[     749.954] L4_0/L3_0                TENSOR_DATA from L4_0/L3_2: handle=6 version=1 total=8 bytes=8:3e801244
[     751.079] L4_0/L3_0                runs add for e2:linqu:(0,0,0,0):d0:t6
[     763.079] L4_0                     TASK_COMPLETE from L4_0/L3_0: task=e2:L4_0:d0:t6 { handle=7 version=1 size=8 holder=L4_0/L3_0 } run_time_ns=5000
[     773.652] L4_0/L3_0                SCOPE_EXIT from L4_0: exec=2 owner_level=4 { handle=5 version=1 } { handle=7 version=1 }
[     782.652] launcher                 TASK_COMPLETE from L4_0: task=e2:launcher:d0:t0
[     783.652] L4_0/L3_2                SCOPE_EXIT from L4_0: exec=2 owner_level=4 { handle=6 version=1 }
