/** The live socket described as AsyncAPI 3, from the schemas its messages are checked by. Pure. */

import type { TSchema } from 'typebox';
import {
  AlertsSchema,
  ErrorSchema,
  HeartbeatSchema,
  LIVE_ERRORS,
  SnapshotSchema,
  SUBSCRIPTION_LIMITS,
  SubscribeSchema,
  UnsubscribeSchema,
  UpdateSchema,
} from '../../schemas/live.ts';
import { DEFAULT_SERVICE_LEVEL } from '../../schemas/queue-definition.ts';
import { WEBSOCKET_PROTOCOL } from '../auth.ts';
import { TOKEN_ENDED } from './close-codes.ts';
import { HEARTBEAT_MS, TICK_MS } from './hub.ts';
import { liveDefinition } from './live-definition.ts';
import { FAN_OUT_LIMITS } from './subscriber.ts';
import { LIVE_PATH, SOCKET_LIMITS } from './upgrade.ts';

export interface AsyncApiOptions {
  readonly name: string;
  readonly version: string;
  /** As the client names it: `host:port`. */
  readonly host: string;
  readonly secure: boolean;
}

const DESCRIPTION = `Queue states as they change.

1. Open \`${LIVE_PATH}\` with a token: in \`Authorization: Bearer …\`, or, from a browser, as the second subprotocol after
   \`${WEBSOCKET_PROTOCOL}\`. A browser's \`Origin\` must be this host or one of BUSYHOUR_ALLOWED_ORIGINS.
2. Send \`subscribe\`. Each one is answered by a \`snapshot\` of all that is watched from then on; subscribing again is
   how a client asks for a new one. Every role may subscribe, to queues of its token's tenant and scope; names beyond
   it are answered by an \`error\` and the others are served. \`"*"\` is all that the token may see, also queues that
   appear later; it ends with \`unsubscribe\` of \`"*"\`, which drops names too.
3. An \`update\` has every watched queue that changed since the message before, at most every ${TICK_MS} ms. \`seq\` rises,
   with gaps: a slow client gets the newest state, not a backlog. No message is sent again, and none needs to be: each
   queue is whole in each message. After a reconnect subscribe again.
4. \`alerts\` follows a snapshot if any of its queues has raised ones, and comes whenever one is raised or cleared; keep
   them by \`id\`, and begin anew with each connection. Alerts on a source as a whole (\`queue\` empty) go to those who
   watch \`"*"\` with a token for all queues.
5. A \`heartbeat\` comes every ${HEARTBEAT_MS / 1000} s. Without any message for two of them, reconnect, with a random delay.

Limits: ${SOCKET_LIMITS.messageBytes} bytes and ${SUBSCRIPTION_LIMITS.names} names a message, ${SUBSCRIPTION_LIMITS.names} names a
socket, ${FAN_OUT_LIMITS.maxMessagesPerSecond} messages a second, ${SOCKET_LIMITS.socketsPerToken} sockets a token.

Closing: ${TOKEN_ENDED} the token has expired or was revoked (reconnecting with it gives 401), 1008 too many messages,
1009 a message too large, 1001 the server stops (reconnect).`;

interface MessageText {
  readonly schema: TSchema;
  readonly summary: string;
  readonly example: unknown;
}

const AT = '2026-11-24T09:00:00.000Z';
const FIGURES = {
  offered: 40,
  answered: 36,
  abandoned: 2,
  answered_within: 33,
  sl_met: 33,
  sl_counted: 38,
  service_level: 0.868421052631579,
  abandonment_rate: 0.05,
  asa_s: 11.2,
  aht_s: 184.5,
  occupancy: 0.81,
};
const QUEUE = {
  tenant: 'default',
  queue: 'sales',
  channel: 'voice',
  waiting: 2,
  oldest_waiting_since: '2026-11-24T08:59:31.000Z',
  agents: { staffed: 6, available: 1, ringing: 1, on_contact: 3, on_hold: 0, wrap_up: 1, unavailable: 0 },
  definition: liveDefinition({ ...DEFAULT_SERVICE_LEVEL, target: 0.8 }),
  today: FIGURES,
  interval: FIGURES,
  as_of: '2026-11-24T08:59:59.400Z',
};

const ALERT = {
  id: '2f6c1a90d35b4e7f8a1c4b5d6e7f8091',
  rule: 'sales-service-level',
  queue: 'sales',
  source: 'pbx1',
  status: 'raised',
  value: 0.72,
  raised_at: '2026-11-24T08:58:00.000Z',
};

const FROM_CLIENTS: Readonly<Record<string, MessageText>> = {
  subscribe: {
    schema: SubscribeSchema,
    summary: 'Watch these queues too',
    example: { type: 'subscribe', queues: ['sales'] },
  },
  unsubscribe: {
    schema: UnsubscribeSchema,
    summary: 'Watch these no longer',
    example: { type: 'unsubscribe', queues: '*' },
  },
};
const TO_CLIENTS: Readonly<Record<string, MessageText>> = {
  snapshot: {
    schema: SnapshotSchema,
    summary: 'Every watched queue as it is now',
    example: { type: 'snapshot', at: AT, seq: 17, queues: [QUEUE] },
  },
  update: {
    schema: UpdateSchema,
    summary: 'The watched queues that changed',
    example: { type: 'update', at: AT, seq: 18, queues: [{ ...QUEUE, waiting: 1 }] },
  },
  alerts: {
    schema: AlertsSchema,
    summary:
      'Alerts of the watched queues: the raised ones after a snapshot, then each one raised or cleared',
    example: { type: 'alerts', at: AT, alerts: [ALERT] },
  },
  heartbeat: {
    schema: HeartbeatSchema,
    summary: 'The connection is alive',
    example: { type: 'heartbeat', at: AT },
  },
  error: {
    schema: ErrorSchema,
    summary: `Something asked for is not served: ${LIVE_ERRORS.join(', ')}`,
    example: { type: 'error', code: 'forbidden', message: 'this token does not cover support' },
  },
};

const messageOf = ({ schema, summary, example }: MessageText) => ({
  summary,
  contentType: 'application/json',
  payload: schema,
  examples: [{ payload: example }],
});
const mapped = <T, R>(
  record: Readonly<Record<string, T>>,
  to: (value: T, name: string) => R,
): Record<string, R> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, to(value, name)]));
const reference = (path: string) => ({ $ref: `#/${path}` });
const messagesOfChannel = (messages: Readonly<Record<string, MessageText>>) =>
  Object.keys(messages).map((name) => reference(`channels/live/messages/${name}`));

/** The document, as JSON. */
export const asyncApi = ({ name, version, host, secure }: AsyncApiOptions) => ({
  asyncapi: '3.0.0',
  info: { title: `${name} live`, version, description: DESCRIPTION },
  defaultContentType: 'application/json',
  servers: {
    here: {
      host,
      protocol: secure ? 'wss' : 'ws',
      security: [
        reference('components/securitySchemes/header'),
        reference('components/securitySchemes/subprotocol'),
      ],
    },
  },
  channels: {
    live: {
      address: LIVE_PATH,
      servers: [reference('servers/here')],
      messages: mapped({ ...FROM_CLIENTS, ...TO_CLIENTS }, (_, message) =>
        reference(`components/messages/${message}`),
      ),
      bindings: { ws: { method: 'GET', bindingVersion: '0.1.0' } },
    },
  },
  operations: {
    fromClients: {
      action: 'receive',
      channel: reference('channels/live'),
      messages: messagesOfChannel(FROM_CLIENTS),
    },
    toClients: {
      action: 'send',
      channel: reference('channels/live'),
      messages: messagesOfChannel(TO_CLIENTS),
    },
  },
  components: {
    messages: mapped({ ...FROM_CLIENTS, ...TO_CLIENTS }, messageOf),
    securitySchemes: {
      header: { type: 'http', scheme: 'bearer' },
      subprotocol: {
        type: 'httpApiKey',
        in: 'header',
        name: 'Sec-WebSocket-Protocol',
        description: `\`${WEBSOCKET_PROTOCOL}, <token>\``,
      },
    },
  },
});
