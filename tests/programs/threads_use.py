# Threads, locks, events, queues, executors.
import queue, threading, time
from concurrent.futures import ThreadPoolExecutor
lock, total = threading.Lock(), 0
def work(n):
    global total
    for _ in range(n):
        with lock:
            total += 1
threads = [threading.Thread(target=work, args=(500,), name=f"w{i}") for i in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(total, threads[0].name, threads[0].is_alive(), threading.current_thread().name)
jobs, results = queue.Queue(), []
def consumer():
    while (item := jobs.get()) is not None:
        results.append(item * item)
        jobs.task_done()
thread = threading.Thread(target=consumer)
thread.start()
for i in range(5): jobs.put(i)
jobs.put(None)
thread.join()
print(results)
with ThreadPoolExecutor(3) as pool:
    print(list(pool.map(lambda n: n ** 2, range(6))), pool.submit(pow, 2, 10).result())
event = threading.Event()
threading.Timer(0.01, event.set).start()
print(event.wait(5), threading.active_count() >= 1)
local = threading.local()
local.x = 1
seen = []
thread = threading.Thread(target=lambda: seen.append(hasattr(local, "x")))
thread.start(); thread.join()
print(seen, local.x)
