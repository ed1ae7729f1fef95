/** Tells Prometheus and an orchestrator how a role without an API does. */
import { createServer } from 'node:http';
import type { Registry } from 'prom-client';

export interface MetricsServer {
  readonly close: () => Promise<void>;
}

/** Serves `/metrics`, `/healthz` (alive) and `/readyz` (503 while `isReady` says no). Rejects when the port is taken. */
export const startMetricsServer = async (
  { host, port }: { readonly host: string; readonly port: number },
  registry: Registry,
  isReady: () => boolean,
): Promise<MetricsServer> => {
  const server = createServer((request, response) => {
    const answer = (status: number, body: string, type = 'text/plain; charset=utf-8'): void => {
      response.writeHead(status, { 'content-type': type }).end(body);
    };
    if (request.url === '/healthz') answer(200, 'alive\n');
    else if (request.url === '/readyz') answer(isReady() ? 200 : 503, isReady() ? 'ready\n' : 'not ready\n');
    else if (request.url !== '/metrics') answer(404, 'try /metrics, /healthz or /readyz\n');
    else {
      registry.metrics().then(
        (text) => answer(200, text, registry.contentType),
        () => answer(500, 'metrics failed\n'),
      );
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return { close: () => new Promise((resolve) => server.close(() => resolve())) };
};
