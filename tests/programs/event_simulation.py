# A discrete event simulation with coroutines as processes.
import heapq
class Simulation:
    def __init__(self): self.now, self.queue, self.serial = 0, [], 0
    def spawn(self, process, delay=0):
        self.serial += 1
        heapq.heappush(self.queue, (self.now + delay, self.serial, process))
    def run(self):
        while self.queue:
            self.now, _, process = heapq.heappop(self.queue)
            try:
                delay = next(process)
            except StopIteration:
                continue
            self.spawn(process, delay)
sim = Simulation()
def customer(name, arrive, service):
    yield arrive
    print(f"{sim.now:>3} {name} arrives")
    yield service
    print(f"{sim.now:>3} {name} leaves")
for i in range(4):
    sim.spawn(customer(f"c{i}", i * 2, 5 - i))
sim.run()
print("end at", sim.now)
