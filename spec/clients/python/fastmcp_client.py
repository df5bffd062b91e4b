"""A client of FastMCP."""

import asyncio
import sys

import lines
from fastmcp import Client
from fastmcp.client.transports import SSETransport


async def log(message):
    lines.notified(message.data)


async def progress(current, total, message):
    lines.progressed(current)


async def main():
    closing = None
    async with Client(SSETransport(sys.argv[1]), log_handler=log) as client:

        async def tools():
            return [tool.name for tool in await client.list_tools()]

        async def call(name, with_progress):
            handler = progress if with_progress else None
            result = await client.call_tool(name, {}, progress_handler=handler)
            return result.content[0].text

        closing = await lines.serve(tools, call)
    if closing is not None:
        lines.say(closing, "ok ")
        await asyncio.Event().wait()


asyncio.run(main())
