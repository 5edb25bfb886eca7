"""Variables that hold structures: one value a generation, and a truth file of what they hold."""

import asyncio
import json
import sys

from asyncua import ua


class Variables:
    """`entries` are name -> (type, values); a subclass knows the stack's form of a value."""

    def __init__(self, server, namespace, index, entries, truth):
        self.server, self.namespace, self.index, self.entries = server, namespace, index, entries
        self.truth, self.nodes, self.generation = open(truth, "a", encoding="utf-8"), {}, 0

    def data_type(self, kind):
        """The node of a DataType."""
        raise NotImplementedError

    def native(self, kind, value):
        """The stack's value of a plain one."""
        raise NotImplementedError

    def plain(self, value):
        """The plain form of what the stack holds."""
        raise NotImplementedError

    async def create(self):
        for name, (kind, _) in self.entries.items():
            node, qualified = ua.NodeId(name, self.index), ua.QualifiedName(name, self.index)
            value, data_type = self.variant(name), self.data_type(kind)
            self.nodes[name] = await self.server.nodes.objects.add_variable(node, qualified, value, datatype=data_type)
            await self.nodes[name].set_writable()

    async def set(self):
        self.generation += 1
        for name, node in self.nodes.items():
            await self.server.write_attribute_value(node.nodeid, ua.DataValue(self.variant(name)))
        await self.tell()
        return self.generation

    async def tell(self):
        for name, node in self.nodes.items():
            held = await node.read_value()
            value = [self.plain(one) for one in held] if isinstance(held, list) else self.plain(held)
            line = {"node": f"nsu={self.namespace};s={name}", "generation": self.generation, "name": name}
            line |= {"type": self.entries[name][0], "value": value}
            self.truth.write(json.dumps(line, ensure_ascii=False) + "\n")
        self.truth.flush()

    def variant(self, name):
        kind, values = self.entries[name]
        value = values[self.generation % len(values)]
        if isinstance(value, list):
            natives = [self.native(kind, one) for one in value]
            return ua.Variant(natives, ua.VariantType.ExtensionObject, is_array=True)
        return ua.Variant(self.native(kind, value), ua.VariantType.ExtensionObject)


async def commands(variables):
    """`set` gives every variable its next value, `tell` writes what every variable holds now."""
    while line := await asyncio.to_thread(sys.stdin.readline):
        if line.strip() == "set":
            print(f"SET {await variables.set()}", flush=True)
        elif line.strip() == "tell":
            await variables.tell()
            print("TOLD", flush=True)
