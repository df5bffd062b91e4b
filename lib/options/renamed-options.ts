// Options of the release candidates, and their present names.

/** The present names of options, by their names in the release candidates. */
export const RENAMED: Readonly<Record<string, string>> = {
  'limits.messageBytes': 'limits.maxBodyBytes',
  'limits.bufferedBytes': 'limits.maxBufferedBytes',
  'limits.sessions': 'limits.maxSessions',
  'limits.sessionsPerPrincipal': 'limits.maxSessionsPerPrincipal',
  'limits.inFlight': 'limits.maxConcurrentRequests',
  'limits.stallTimeoutMs': 'limits.writeTimeoutMs',
  'resume.resumeKey': 'resume.key',
  'resume.totalBytes': 'limits.maxTotalBytes',
  engine: 'adapter',
  sessionId: 'sessionIdGenerator',
  'hooks.onMessage': 'hooks.onReceive',
};
