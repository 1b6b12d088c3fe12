"""multiprocessing: semaphores, queues, pools and shared memory between processes."""
import _multiprocessing
import multiprocessing as mp
import os
import signal
import sys
import threading
import time
from multiprocessing import shared_memory


def attempt(function, *args, **kwargs):
    try:
        return function(*args, **kwargs)
    except BaseException as error:
        return f"{type(error).__name__}: {error}"


def square(number):
    return number * number


def worker(lock, name, queue):
    total = shared_memory.SharedMemory(name=name, track=False)
    for _ in range(50):
        with lock:
            total.buf[0] += 1
    total.close()
    queue.put(mp.current_process().name)


def fill(name):
    block = shared_memory.SharedMemory(name=name, track=False)
    block.buf[:5] = b'child'
    block.close()


def semaphores():
    SemLock = _multiprocessing.SemLock
    print(_multiprocessing.flags, SemLock.SEM_VALUE_MAX)
    name = f"/krait-test-{os.getpid()}"
    lock = SemLock(0, 1, 1, name, False)
    print(lock.kind, lock.maxvalue, lock.name == name, type(lock.handle).__name__)
    print(attempt(SemLock, 0, 1, 1, name, True))
    print(lock.acquire(), lock._count(), lock._is_mine(), lock._is_zero(), lock._get_value())
    print(lock.acquire(False), lock._count())
    other = []
    thread = threading.Thread(target=lambda: other.extend(
        [lock._is_mine(), lock.acquire(False), lock.acquire(True, 0.01), attempt(lock.release)]))
    thread.start()
    thread.join()
    print(other)
    again = SemLock._rebuild(-1 & 0xffff, 0, 1, name)
    print(again.acquire(True, 0.0), again.acquire(timeout=-5), again._count())
    print(lock.release(), lock.release(), attempt(lock.release))
    with again as taken:
        print(taken, again._count(), lock._is_zero())
    lock._after_fork()
    print(_multiprocessing.sem_unlink(name), attempt(_multiprocessing.sem_unlink, name))
    print(attempt(SemLock._rebuild, 0, 0, 1, name))
    semaphore = SemLock(1, 2, 2, name, True)
    print(semaphore.name, attempt(semaphore.release))
    print([semaphore.acquire(False) for _ in range(3)], semaphore._count())
    print(semaphore.release(), semaphore._get_value())
    for args in ((2, 1, 1, name, True), (0, 1, 1, "a\0b", True), (0, 1, 1, b"x", True), (0, 1)):
        print(attempt(SemLock, *args))
    print(attempt(semaphore.acquire, True, "soon"), attempt(semaphore.acquire, 1, 2, 3))


def interrupted_wait():
    semaphore = _multiprocessing.SemLock(1, 0, 1, f"/krait-wait-{os.getpid()}", True)

    def handler(number, frame):
        raise ZeroDivisionError("from the handler")

    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    print(attempt(semaphore.acquire))
    signal.signal(signal.SIGALRM, lambda *args: None)
    signal.setitimer(signal.ITIMER_REAL, 0.02)
    began = time.monotonic()
    print(semaphore.acquire(True, 0.1), time.monotonic() - began >= 0.09)


def processes(method):
    context = mp.get_context(method)
    lock, queue = context.Lock(), context.Queue()
    total = shared_memory.SharedMemory(create=True, size=8)
    children = [context.Process(target=worker, args=(lock, total.name, queue), name=f"worker-{n}")
                for n in range(2)]
    for child in children:
        child.start()
    names = sorted(queue.get(timeout=60) for _ in children)
    for child in children:
        child.join()
    print(method, names, total.buf[0], [child.exitcode for child in children])
    total.close()
    total.unlink()
    with context.Pool(2) as pool:
        print(method, pool.map(square, range(6)), pool.apply(square, (12,)))
    block = shared_memory.SharedMemory(create=True, size=16)
    child = context.Process(target=fill, args=(block.name,))
    child.start()
    child.join()
    print(method, bytes(block.buf[:5]), child.exitcode)
    block.close()
    block.unlink()
    child = context.Process(target=os._exit, args=(7,))
    child.start()
    child.join()
    print(method, child.exitcode)
    child = context.Process(target=time.sleep, args=(60,))
    child.start()
    child.terminate()
    child.join()
    print(method, child.exitcode)
    near, far = context.Pipe()
    child = context.Process(target=echo, args=(far,))
    child.start()
    near.send({'a': [1, 2, (3,)]})
    print(method, near.recv())
    child.join()


def echo(connection):
    connection.send(('back', connection.recv()))
    connection.close()


if __name__ == '__main__':
    semaphores()
    interrupted_wait()
    for method in ('fork', 'spawn', 'forkserver'):
        processes(method)
    sys.stdout.flush()
