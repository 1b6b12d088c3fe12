"""Looking into another process: not possible here.

The names are there for modules that import them; to use them is an error.
"""

from collections import namedtuple

PROCESS_VM_READV_SUPPORTED = False

LocationInfo = namedtuple('LocationInfo', 'lineno end_lineno col_offset end_col_offset')
FrameInfo = namedtuple('FrameInfo', 'filename lineno funcname')
CoroInfo = namedtuple('CoroInfo', 'call_stack task_name')
TaskInfo = namedtuple('TaskInfo', 'task_id task_name coroutine_stack awaited_by')
ThreadInfo = namedtuple('ThreadInfo', 'thread_id frame_list')
AwaitedInfo = namedtuple('AwaitedInfo', 'thread_id awaited_by')


class RemoteUnwinder:
    """Reads the stacks of another process."""

    def __init__(self, pid, *, all_threads=False, only_active_thread=False,
                 debug=False):
        raise NotImplementedError(
            '_remote_debugging.RemoteUnwinder cannot read the memory of '
            'other processes')
