// The names of nodes, in one exact format.

const NODE_NAME = /^[\w-]{1,64}$/;

/** As `SessionRegistry.node` makes them. */
const SESSION_ID = /^([\w-]{12})\.[\x21-\x7e]{1,128}$/;
const PROBE_ID = /^express-mcp-sse:probe:([\w-]{12}):[\w-]{1,64}$/;

/** Whether a node may have this name, which comes from another node. */
export function isNodeName(name: string): boolean {
  return NODE_NAME.test(name);
}

/** The node that a session id names; undefined for an id in any other format. */
export function nodeOfSession(id: string): string | undefined {
  return SESSION_ID.exec(id)?.[1];
}

/** The node that the id of a probe names; undefined for an id in any other format. */
export function nodeOfProbe(id: string): string | undefined {
  return PROBE_ID.exec(id)?.[1];
}
