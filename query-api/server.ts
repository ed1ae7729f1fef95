/** Puts the query API together: security, errors, routes, the live hub and the pages. Listening is the caller's. */
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import type { Registry } from 'prom-client';
import { Type } from 'typebox';
import type { IsTrustedProxy, JwtConfig } from '../infra/access.ts';
import type { Store } from '../infra/clickhouse/store.ts';
import type { EventLog } from '../infra/log/event-log.ts';
import type { QueueServiceLevel } from '../schemas/queue-definition.ts';
import { useAudit } from './audit.ts';
import type { Token } from './auth.ts';
import { useDocs } from './docs-page.ts';
import { useIdentity } from './identity.ts';
import { type HubOptions, startHub } from './live/hub.ts';
import { acceptLiveSockets, type UpgradeOptions } from './live/upgrade.ts';
import { answerBadAddress, answerClientError } from './malformed.ts';
import { usePages } from './pages.ts';
import { useProblems } from './problems.ts';
import type { QueueGroups } from './queries/group-columns.ts';
import { agentsRoutes } from './routes/agents.ts';
import { alertsRoute } from './routes/alerts.ts';
import { asyncApiRoute } from './routes/asyncapi.ts';
import { auditRoute } from './routes/audit.ts';
import { type ContactsRouteOptions, contactsRoutes } from './routes/contacts.ts';
import { definitionsRoute } from './routes/definitions.ts';
import { eventsRoute, type PublishEvents } from './routes/events.ts';
import { forecastRoute } from './routes/forecast.ts';
import { type About, healthRoutes } from './routes/health.ts';
import { intervalsRoute } from './routes/intervals.ts';
import { liveRoutes } from './routes/live.ts';
import { qualityRoute } from './routes/quality.ts';
import { queuesRoute } from './routes/queues.ts';
import { type SqlRouteOptions, sqlRoute } from './routes/sql.ts';
import { staffingRoutes } from './routes/staffing.ts';
import { measureApi } from './telemetry.ts';
import { type Authority, createAuthority } from './tokens/authority.ts';
import { createJwtVerifier } from './tokens/jwt.ts';
import { openTokenBook } from './tokens/token-book.ts';

export const HTTP_LIMITS = {
  /** Requests of one token, or of one address without a token, in a minute. */
  requestsPerMinute: 1200,
  /** Bytes of a request's body. */
  bodyBytes: 1_048_576,
  /** Characters of one path parameter. */
  parameterLength: 500,
  /** Time for a client to send its request. */
  requestTimeoutMs: 30_000,
} as const;

export interface ServerOptions {
  readonly store: Store;
  readonly log: EventLog;
  /** `off`: everyone on this machine is an admin of tenant `default`. */
  readonly auth: 'token' | 'off';
  readonly tokens: readonly Token[];
  readonly nowMs: () => number;
  /** Where days begin when a request names no zone. */
  readonly timeZone: string;
  readonly about: Omit<About, 'timeZone'>;
  /** Other origins whose pages may open the live socket, such as `https://wall.example`. */
  readonly allowedOrigins: readonly string[];
  /** Named groups of queues. */
  readonly queueGroups?: QueueGroups;
  /** Queues' own service levels, by which live figures are measured. */
  readonly serviceLevels?: readonly QueueServiceLevel[];
  /** Ad-hoc SQL; without it, this process answers none. */
  readonly sql?: SqlRouteOptions;
  readonly isTrustedProxy: IsTrustedProxy;
  /** Whose JWTs are taken beside the tokens; null = nobody's. */
  readonly jwt: JwtConfig | null;
  /** Takes events into the log; without it, this process takes none. */
  readonly publishEvents?: PublishEvents | null;
  /** Makes a caller's number the pseudonym that is stored; without it, callers are found by pseudonym only. */
  readonly pseudonymise?: ContactsRouteOptions['pseudonymise'];
  readonly registry: Registry;
  readonly logger?: FastifyBaseLogger;
  /** Tests run faster clocks. */
  readonly live?: Pick<HubOptions, 'tickMs' | 'heartbeatMs' | 'limits'>;
  readonly sockets?: Pick<UpgradeOptions, 'limits'>;
  readonly tokenRefreshMs?: number;
}

/** Nothing from elsewhere, nothing inline. `connect-src 'self'` covers the socket on the same host. */
const CONTENT_SECURITY_POLICY = {
  useDefaults: false,
  directives: {
    'default-src': ["'none'"],
    'script-src': ["'self'"],
    'style-src': ["'self'"],
    'img-src': ["'self'"],
    'connect-src': ["'self'"],
    'base-uri': ["'none'"],
    'form-action': ["'none'"],
    'frame-ancestors': ["'none'"],
  },
};

const createApp = (options: ServerOptions): FastifyInstance => {
  const settings = {
    bodyLimit: HTTP_LIMITS.bodyBytes,
    requestTimeout: HTTP_LIMITS.requestTimeoutMs,
    trustProxy: options.isTrustedProxy,
    frameworkErrors: answerBadAddress,
    clientErrorHandler: answerClientError,
    routerOptions: { maxParamLength: HTTP_LIMITS.parameterLength },
    // A misspelt parameter is an error: dropped in silence it would give numbers by another definition than asked for.
    ajv: { customOptions: { removeAdditional: false, allErrors: true } as const },
  };
  return options.logger === undefined
    ? Fastify({ ...settings, logger: false })
    : Fastify({
        ...settings,
        loggerInstance: options.logger,
        logController: new LogController({ disableRequestLogging: true }),
      });
};

const useSecurity = async (app: FastifyInstance, authority: Authority): Promise<void> => {
  await app.register(helmet, {
    contentSecurityPolicy: CONTENT_SECURITY_POLICY,
    // Whoever ends TLS in front of Busyhour decides on it; over plain HTTP in a LAN it means nothing.
    strictTransportSecurity: false,
  });
  // What a token may see is not for whoever uses the same browser or proxy after it.
  app.addHook('onRequest', async (request, reply) => {
    if (request.url.startsWith('/v1/')) reply.header('cache-control', 'no-store');
  });
  useIdentity(app, authority);
  await app.register(rateLimit, {
    max: HTTP_LIMITS.requestsPerMinute,
    timeWindow: 60_000,
    keyGenerator: (request) => request.principal?.id ?? request.ip,
  });
};

const NO_PARAMETERS = Type.Object({}, { additionalProperties: false });

/** An operation that names no parameters takes none: one it left aside would seem to have been obeyed. */
const refuseUnnamedParameters = (app: FastifyInstance): void => {
  app.addHook('onRoute', (route) => {
    if (!route.url.startsWith('/v1/')) return;
    route.schema = { ...route.schema, querystring: route.schema?.querystring ?? NO_PARAMETERS };
  });
};

/** The tokens and the issuer that requests are known by; the stored tokens are read until the app closes. */
const openAuthority = async (app: FastifyInstance, options: ServerOptions): Promise<Authority> => {
  const { auth: mode, tokens, store, nowMs, jwt, tokenRefreshMs } = options;
  const logger = app.log;
  const book = await openTokenBook({
    tokens,
    store,
    nowMs,
    logger,
    ...(tokenRefreshMs === undefined ? {} : { refreshMs: tokenRefreshMs }),
  });
  app.addHook('onClose', () => book.close());
  const verifyJwt = jwt === null ? null : createJwtVerifier(jwt, nowMs);
  return createAuthority({ mode, book, verifyJwt, nowMs, logger });
};

/** The query API, ready to listen. Closing it also closes its hub and sockets; store and log stay the caller's. */
export const buildServer = async (options: ServerOptions): Promise<FastifyInstance> => {
  const { store, log, nowMs, timeZone, registry, serviceLevels = [] } = options;
  const app = createApp(options);
  // Fastify takes plain text everywhere unless told otherwise; no operation here does.
  app.removeContentTypeParser('text/plain');
  useProblems(app);
  refuseUnnamedParameters(app);
  useAudit(app, { store, nowMs, registry });
  const authority = await openAuthority(app, options);
  await useSecurity(app, authority);
  const hub = await startHub({ log, nowMs, timeZone, serviceLevels, logger: app.log, ...options.live });
  const { fanOut } = hub;
  const sockets = acceptLiveSockets(app.server, {
    authority,
    fanOut,
    nowMs,
    allowedOrigins: options.allowedOrigins,
    isTrustedProxy: options.isTrustedProxy,
    audit: app.audit,
    ...options.sockets,
  });
  app.addHook('preClose', async () => {
    await sockets.close();
    await hub.close();
  });
  measureApi(app, registry, hub);
  await useDocs(app, options.about);
  await app.register(healthRoutes({ store, hub, registry, about: { ...options.about, timeZone } }));
  await app.register(queuesRoute(store));
  const queueGroups = options.queueGroups ?? {};
  await app.register(intervalsRoute({ store, nowMs, timeZone, queueGroups }));
  await app.register(qualityRoute({ store, nowMs, timeZone, queueGroups }));
  await app.register(definitionsRoute({ timeZone, queueGroups, serviceLevels }));
  await app.register(staffingRoutes());
  await app.register(forecastRoute({ store, nowMs, timeZone }));
  await app.register(sqlRoute(options.sql ?? null, nowMs));
  await app.register(liveRoutes({ hub, nowMs }));
  await app.register(alertsRoute({ store, nowMs, timeZone }));
  await app.register(asyncApiRoute(options.about));
  await app.register(auditRoute({ store, nowMs, timeZone }));
  await app.register(agentsRoutes({ store, live: hub.agents, nowMs, timeZone }));
  await app.register(contactsRoutes({ store, nowMs, timeZone, pseudonymise: options.pseudonymise ?? null }));
  await app.register(eventsRoute(options.publishEvents ?? null));
  usePages(app);
  await app.ready();
  return app;
};
