"""An MCP server of the Python SDK 1.x or 2.x: over stdio, or over Streamable HTTP at a port."""

import sys

port = int(sys.argv[1]) if len(sys.argv) > 1 else None

try:
    from mcp.server.mcpserver import Context, MCPServer

    mcp = MCPServer("python", log_level="ERROR")
    options = {} if port is None else {"port": port}
except ImportError:
    from mcp.server.fastmcp import Context, FastMCP

    mcp = FastMCP("python", host="127.0.0.1", port=port or 8000, log_level="ERROR")
    options = {}


@mcp.tool()
def greet(name: str) -> str:
    return f"Hello, {name}"


@mcp.tool()
async def roots(ctx: Context) -> str:
    listed = await ctx.session.list_roots()
    return "".join(str(root.uri) for root in listed.roots)


mcp.run("stdio" if port is None else "streamable-http", **options)
