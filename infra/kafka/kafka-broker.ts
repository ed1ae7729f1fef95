/**
 * A real Kafka broker on this machine's loopback: one KRaft node, broker and controller in one process. For tests and
 * benchmarks; it can be stopped, killed and started again on the same data.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { kafkaJars } from './kafka-jars.ts';
import {
  makeKeyStore,
  SECURED_PROTOCOL,
  type SecuredListener,
  scramArguments,
  securedAddress,
  securedSettings,
} from './secured-listener.ts';

const HOST = '127.0.0.1';
const HEAP = '512m';
const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 30_000;
const POLL_MS = 50;
/** How much of the broker's own output an error shows. */
const SHOWN_OUTPUT_CHARACTERS = 2_000;
const STARTED = 'Kafka Server started';

export interface KafkaBrokerOptions {
  /** Data, configuration and output of the broker; made where missing. */
  readonly dir: string;
  /** 0 or none: any free one. It stays the same over restarts. */
  readonly port?: number;
  /** With a second way in, by TLS and SASL. */
  readonly secured?: SecuredListener;
}
export interface KafkaBroker {
  /** `host:port` for clients. */
  readonly bootstrap: string;
  /** The second way in, and the PEM of the authority its certificate is of. */
  readonly secured: { readonly bootstrap: string; readonly ca: string } | null;
  /** Of the process that runs now. */
  readonly pid: () => number;
  /** An orderly shutdown. */
  readonly stop: () => Promise<void>;
  /** kill -9. */
  readonly kill: () => Promise<void>;
  /** Starts it again on its data, after an orderly shutdown where it still runs. Resolves when it answers. */
  readonly restart: () => Promise<void>;
}

/** Starts a broker and resolves when it answers. Rejects with the end of its output when it does not. */
export const startKafkaBroker = async (options: KafkaBrokerOptions): Promise<KafkaBroker> => {
  const { dir, port = 0 } = options;
  const classPath = `${await kafkaJars()}/*`;
  const [clientPort, controllerPort] = [port || (await freePort()), await freePort()];
  mkdirSync(dir, { recursive: true });
  const secured = await secure(options);
  const properties = prepare(dir, clientPort, controllerPort, secured);
  await format(dir, classPath, properties, secured?.formatArguments ?? []);

  const start = async (): Promise<ChildProcess> => {
    const outputFile = join(dir, 'broker.out');
    const output = openSync(outputFile, 'w');
    const child = spawn('java', [...javaOptions(dir, classPath), 'kafka.Kafka', properties], {
      stdio: ['ignore', output, output],
    });
    try {
      await untilStarted(child, clientPort, outputFile);
      return child;
    } catch (error) {
      await end(child, 'SIGKILL');
      throw error;
    }
  };

  let child = await start();
  return {
    bootstrap: `${HOST}:${clientPort}`,
    secured: secured === null ? null : { bootstrap: `${HOST}:${secured.port}`, ca: secured.ca },
    pid: () => child.pid ?? 0,
    stop: () => end(child, 'SIGTERM'),
    kill: () => end(child, 'SIGKILL'),
    restart: async () => {
      await end(child, 'SIGTERM');
      child = await start();
    },
  };
};

interface Secured {
  readonly port: number;
  readonly ca: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly formatArguments: readonly string[];
}

const secure = async ({ dir, secured }: KafkaBrokerOptions): Promise<Secured | null> => {
  if (secured === undefined) return null;
  const store = await makeKeyStore(dir, HOST);
  return {
    port: await freePort(),
    ca: store.ca,
    settings: securedSettings(secured, store),
    formatArguments: scramArguments(secured),
  };
};

const javaOptions = (dir: string, classPath: string): readonly string[] => [
  `-Xmx${HEAP}`,
  '-XX:+UseSerialGC',
  `-Dlog4j2.configurationFile=${join(dir, 'log4j2.properties')}`,
  '-cp',
  classPath,
];

const LOG4J = `rootLogger.level = WARN
rootLogger.appenderRef.out.ref = out
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d %p %m (%c)%n
logger.started.name = kafka.server.KafkaRaftServer
logger.started.level = INFO
`;

const prepare = (
  dir: string,
  clientPort: number,
  controllerPort: number,
  secured: Secured | null,
): string => {
  const more = secured === null ? [] : [securedAddress(HOST, secured.port)];
  writeFileSync(join(dir, 'log4j2.properties'), LOG4J);
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@${HOST}:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'CLIENTS',
    listeners: [`CLIENTS://${HOST}:${clientPort}`, `CONTROLLER://${HOST}:${controllerPort}`, ...more].join(),
    'listener.security.protocol.map': `CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT,${SECURED_PROTOCOL}`,
    'log.dirs': join(dir, 'data'),
    'auto.create.topics.enable': false,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    // A group's first member would wait three seconds for others; tests start many groups.
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1_000,
    // A killed broker's registration has to run out before it may come again.
    'broker.session.timeout.ms': 3_000,
    'broker.heartbeat.interval.ms': 500,
    ...secured?.settings,
  };
  const file = join(dir, 'broker.properties');
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
};

const format = async (
  dir: string,
  classPath: string,
  properties: string,
  more: readonly string[],
): Promise<void> => {
  if (existsSync(join(dir, 'data', 'meta.properties'))) return;
  // Kafka's cluster ids are 16 bytes as URL-safe base64.
  const clusterId = randomBytes(16).toString('base64url');
  await promisify(execFile)('java', [
    ...javaOptions(dir, classPath),
    'kafka.tools.StorageTool',
    'format',
    // In one word: one in 64 ids begins with a hyphen, which would be taken for another option.
    `--cluster-id=${clusterId}`,
    '-c',
    properties,
    ...more,
  ]);
};

const untilStarted = async (child: ChildProcess, port: number, outputFile: string): Promise<void> => {
  const deadline = Date.now() + START_LIMIT_MS;
  while (Date.now() < deadline && child.exitCode === null && child.signalCode === null) {
    if (readFileSync(outputFile, 'utf8').includes(STARTED) && (await answers(port))) return;
    await sleep(POLL_MS);
  }
  const output = readFileSync(outputFile, 'utf8').slice(-SHOWN_OUTPUT_CHARACTERS);
  throw new Error(`Kafka broker on port ${port} did not start; the end of ${outputFile}:\n${output}`);
};

const answers = (port: number): Promise<boolean> => {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, HOST);
  socket.once('connect', () => resolve(true));
  socket.once('error', () => resolve(false));
  return promise.finally(() => socket.destroy());
};

const end = async (child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  const impatience = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  await ended;
  clearTimeout(impatience);
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, HOST);
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port on loopback');
  return address.port;
};
