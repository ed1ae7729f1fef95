/** What the query API tells Prometheus of itself. */
import type { FastifyInstance } from 'fastify';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Hub } from './live/hub.ts';

/** Measures every request by route and status, and the hub whenever it is scraped. */
export const measureApi = (app: FastifyInstance, registry: Registry, hub: Hub): void => {
  const registers = [registry];
  const duration = new Histogram({
    name: 'acd_http_request_duration_seconds',
    help: 'Time to answer a request',
    labelNames: ['route', 'status'],
    buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers,
  });
  app.addHook('onResponse', async (request, reply) => {
    // The route's pattern, never the address: labels stay bounded.
    const route = request.routeOptions.url ?? 'none';
    duration.observe({ route, status: String(reply.statusCode) }, reply.elapsedTime / 1000);
  });
  new Gauge({
    name: 'acd_live_sockets',
    help: 'Open wallboard sockets',
    registers,
    collect() {
      this.set(hub.fanOut.subscribers.size);
    },
  });
  new Gauge({
    name: 'acd_live_caught_up',
    help: '1 when the live hub has read its topic to the end, 0 while it reads or cannot',
    registers,
    collect() {
      this.set(hub.caughtUp() ? 1 : 0);
    },
  });
  const readingOf = (name: string, help: string, read: () => number): Counter =>
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  readingOf(
    'acd_live_dropped_clients_total',
    'Wallboards dropped because they did not read',
    () => hub.fanOut.dropped,
  );
  readingOf('acd_live_dropped_records_total', 'Live records that could not be read or kept', () =>
    hub.droppedRecords(),
  );
};
