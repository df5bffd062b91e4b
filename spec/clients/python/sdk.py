"""A client of the official Python SDK, version 1 or 2. Arguments: URL, then NAME=VALUE headers."""

import asyncio
import sys

import lines
from mcp import ClientSession
from mcp.client.sse import sse_client


async def log(params):
    lines.notified(params.data)


async def progress(current, total, message):
    lines.progressed(current)


async def main():
    closing = None
    headers = dict(header.split("=", 1) for header in sys.argv[2:])
    async with sse_client(sys.argv[1], headers=headers) as (read, write):
        async with ClientSession(read, write, logging_callback=log) as session:
            await session.initialize()

            async def tools():
                return [tool.name for tool in (await session.list_tools()).tools]

            async def call(name, with_progress):
                callback = progress if with_progress else None
                result = await session.call_tool(name, {}, progress_callback=callback)
                return result.content[0].text

            closing = await lines.serve(tools, call)
    if closing is not None:
        lines.say(closing, "ok ")
        await asyncio.Event().wait()  # whoever runs it ends it


asyncio.run(main())
