/** One listener of a proxy. */
export interface Route {
  readonly port: number;
  readonly serverPort: number;
  /** What is inside of nginx's `server` or haproxy's `listen`; SERVER is the server's address. */
  readonly rules: string;
}

/** One nginx for all routes. What a route does not say has nginx's default. */
export function nginxConfig(routes: readonly Route[]): string {
  const servers = routes.map(
    ({ port, serverPort, rules }) => `  server {
    listen 127.0.0.1:${port};
    ${rules.replaceAll('SERVER', `127.0.0.1:${serverPort}`)}
  }`,
  );
  return nginxAround(servers.join('\n'));
}

/** What nginx needs besides, to run in the foreground out of FOLDER. */
export function nginxAround(http: string): string {
  return `daemon off;
master_process off;
pid FOLDER/nginx.pid;
error_log stderr crit;
events {}
http {
  access_log off;
  client_body_temp_path FOLDER/body;
  proxy_temp_path FOLDER/proxy;
  fastcgi_temp_path FOLDER/fastcgi;
  uwsgi_temp_path FOLDER/uwsgi;
  scgi_temp_path FOLDER/scgi;
${http}
}
`;
}

/** One haproxy for all routes, which cuts what is idle for five seconds. */
export function haproxyConfig(routes: readonly Route[]): string {
  const listeners = routes.map(
    ({ port, serverPort, rules }) => `listen route-${port}
  ${rules}
  bind 127.0.0.1:${port}
  server s 127.0.0.1:${serverPort}`,
  );
  return `defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s

${listeners.join('\n\n')}
`;
}
