# uuid's identifiers of time and place, and types of no name.
import _types
import _uuid
import types
import uuid

first, second = uuid.uuid1(), uuid.uuid1()
print(first.version, first.variant == uuid.RFC_4122, first.node == second.node, first.time < second.time)
print(len({uuid.uuid1() for _ in range(1000)}), _uuid.has_uuid_generate_time_safe, len(_uuid.generate_time_safe()[0]))
for name in sorted(_types.__dict__):
    if not name.startswith("_"):
        print(name, getattr(_types, name), getattr(types, name) is getattr(_types, name))
