"""A server with a folder of files, which can be read, written, made, moved and deleted.

    python file_server.py --port 4847 --files FOLDER [--pki DIR --certificate self-signed|leaf|chain]

Prints READY <url>. `Files` below Objects is a FileDirectoryType, its files lie in FOLDER. A handle reads or writes at most 1,000
bytes at a time. A line `handles` on standard input is answered by `HANDLES <how many are open>`.

The stack has the types and no methods for them, so these are added here; arguments pass its own encoding.
"""

import asyncio
import pathlib
import shutil
import sys

from asyncua import ua

from server import flags, run, startable

NAMESPACE = "urn:iiot:peer:files"
PIECE = 1000
READ, WRITE, ERASE, APPEND = 1, 2, 4, 8


async def main():
    options = flags(files="")
    server = await startable(options, NAMESPACE)
    index = await server.register_namespace(NAMESPACE)
    files = Files(server, index, pathlib.Path(options.files))
    await files.directory(server.nodes.objects, files.folder, "Files")
    asyncio.create_task(commands(files))
    await run(server, options)


async def commands(files):
    while (await asyncio.to_thread(sys.stdin.readline)).strip():
        print(f"HANDLES {len(files.open_files)}", flush=True)


class Files:
    def __init__(self, server, index, folder):
        self.server, self.index, self.folder = server, index, folder
        self.paths, self.open_files, self.next_handle = {}, {}, 1

    def id(self, path):
        return ua.NodeId(f"{path.relative_to(self.folder.parent)}", self.index)

    async def directory(self, parent, path, name=None):
        path.mkdir(exist_ok=True)
        kind = ua.NodeId(ua.ObjectIds.FileDirectoryType)
        node = await self.object(parent, path, name or path.name, kind)
        await self.link(node, CreateDirectory=self.create_directory, CreateFile=self.create_file, Delete=self.delete, MoveOrCopy=self.move)
        return node

    async def file(self, parent, path):
        path.touch()
        node = await self.object(parent, path, path.name, ua.NodeId(ua.ObjectIds.FileType))
        await self.link(
            node, Open=self.open, Close=self.close, Read=self.read, Write=self.write, GetPosition=self.position, SetPosition=self.seek
        )
        await self.tell_size(path)
        return node

    async def object(self, parent, path, name, kind):
        node = await parent.add_object(self.id(path), ua.QualifiedName(name, self.index), objecttype=kind)
        self.paths[node.nodeid] = path
        # The stack makes nodes of the placeholders of the type too.
        placeholders = [child for child in await node.get_children() if (await child.read_browse_name()).Name.startswith("<")]
        if placeholders:
            await self.server.delete_nodes(placeholders, recursive=True)
        return node

    async def link(self, node, **methods):
        for name, method in methods.items():
            child = await node.get_child(f"0:{name}")
            self.server.link_method(child, method)

    async def tell_size(self, path):
        size = await self.server.get_node(self.id(path)).get_child("0:Size")
        await size.write_value(ua.Variant(path.stat().st_size, ua.VariantType.UInt64))

    async def create_directory(self, parent, name):
        path = self.paths[parent] / name.Value
        if path.exists():
            return ua.StatusCode(ua.StatusCodes.BadBrowseNameDuplicated)
        node = await self.directory(self.server.get_node(parent), path)
        return [ua.Variant(node.nodeid, ua.VariantType.NodeId)]

    async def create_file(self, parent, name, wants_open):
        path = self.paths[parent] / name.Value
        if path.exists():
            return ua.StatusCode(ua.StatusCodes.BadBrowseNameDuplicated)
        node = await self.file(self.server.get_node(parent), path)
        handle = self.opened(path, "r+b") if wants_open.Value else 0
        return [ua.Variant(node.nodeid, ua.VariantType.NodeId), ua.Variant(handle, ua.VariantType.UInt32)]

    async def delete(self, parent, what):
        path = self.paths.pop(what.Value, None)
        if path is None:
            return ua.StatusCode(ua.StatusCodes.BadNotFound)
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        await self.server.delete_nodes([self.server.get_node(what.Value)], recursive=True)
        return []

    async def move(self, parent, what, target, copies, name):
        path, folder = self.paths.get(what.Value), self.paths.get(target.Value)
        if path is None or folder is None:
            return ua.StatusCode(ua.StatusCodes.BadNotFound)
        to = folder / (name.Value or path.name)
        shutil.copy(path, to)
        if not copies.Value:
            await self.delete(parent, what)
        node = await self.file(self.server.get_node(target.Value), to)
        return [ua.Variant(node.nodeid, ua.VariantType.NodeId)]

    def opened(self, path, mode):
        handle, self.next_handle = self.next_handle, self.next_handle + 1
        self.open_files[handle] = (path, open(path, mode))
        return handle

    async def open(self, parent, mode):
        path = self.paths[parent]
        if path.name.startswith("locked"):
            return ua.StatusCode(ua.StatusCodes.BadNotWritable)
        how = {READ: "rb", WRITE: "r+b", WRITE | ERASE: "w+b", WRITE | APPEND: "ab"}.get(mode.Value)
        if how is None:
            return ua.StatusCode(ua.StatusCodes.BadInvalidArgument)
        return [ua.Variant(self.opened(path, how), ua.VariantType.UInt32)]

    async def close(self, parent, handle):
        path, file = self.open_files.pop(handle.Value)
        file.close()
        await self.tell_size(path)
        return []

    async def read(self, parent, handle, length):
        _, file = self.open_files[handle.Value]
        return [ua.Variant(file.read(min(length.Value, PIECE)), ua.VariantType.ByteString)]

    async def write(self, parent, handle, data):
        path, file = self.open_files[handle.Value]
        if path.name.startswith("full") and file.tell() + len(data.Value) > PIECE:
            return ua.StatusCode(ua.StatusCodes.BadResourceUnavailable)
        file.write(data.Value)
        return []

    async def position(self, parent, handle):
        return [ua.Variant(self.open_files[handle.Value][1].tell(), ua.VariantType.UInt64)]

    async def seek(self, parent, handle, position):
        self.open_files[handle.Value][1].seek(position.Value)
        return []


asyncio.run(main())
