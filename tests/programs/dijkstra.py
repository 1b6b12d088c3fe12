# Shortest paths with a heap.
import heapq
GRAPH = {"a": {"b": 7, "c": 9, "f": 14}, "b": {"c": 10, "d": 15}, "c": {"d": 11, "f": 2}, "d": {"e": 6}, "f": {"e": 9}, "e": {}}
def dijkstra(graph, start):
    dist, previous, heap = {start: 0}, {}, [(0, start)]
    while heap:
        d, node = heapq.heappop(heap)
        if d > dist[node]:
            continue
        for other, weight in graph[node].items():
            if (new := d + weight) < dist.get(other, float("inf")):
                dist[other], previous[other] = new, node
                heapq.heappush(heap, (new, other))
    return dist, previous
dist, previous = dijkstra(GRAPH, "a")
print(dist)
path, node = ["e"], "e"
while node in previous:
    node = previous[node]
    path.append(node)
print(" -> ".join(reversed(path)))
