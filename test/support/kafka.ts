/**
 * A real Kafka broker for tests: with Docker in a container, else Kafka's own jars under the local Java. Where neither
 * can be had it is said plainly what does not run; with `CI` set it is a failure.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startKafkaBroker } from '../../infra/kafka/kafka-broker.ts';
import { missingForKafka } from '../../infra/kafka/kafka-jars.ts';

export interface TestBroker {
  /** `host:port`. */
  readonly bootstrap: string;
  /** An orderly shutdown and a start on the same data and port. */
  readonly restart: () => Promise<void>;
  /** Dies without warning; `restart` brings it back. */
  readonly kill: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

const IMAGE = 'confluentinc/cp-kafka:8.1.0';
const PROBE_LIMIT_MS = 5_000;

/** How a broker can be had here, or why not. */
export type BrokerSource =
  | { readonly kind: 'docker' | 'jars' }
  | { readonly kind: 'none'; readonly reason: string };

/**
 * Says on the terminal which broker the tests of `what` run against. Throws without one where `CI` is set.
 */
export const findTestBroker = async (what: string): Promise<BrokerSource> => {
  const source = await findSource();
  if (source.kind === 'docker') process.stderr.write(`${what}: Kafka in Docker (${IMAGE})\n`);
  if (source.kind === 'jars')
    process.stderr.write(`${what}: Kafka from Maven Central under the local Java\n`);
  if (source.kind === 'none') {
    const notRun = `${what}: NOT RUN, no Kafka: no Docker, and ${source.reason}`;
    if (process.env.CI) throw new Error(notRun);
    process.stderr.write(`${notRun}\n`);
  }
  return source;
};

const findSource = async (): Promise<BrokerSource> => {
  if (await dockerAnswers()) return { kind: 'docker' };
  const reason = await missingForKafka();
  return reason === null ? { kind: 'jars' } : { kind: 'none', reason };
};

const dockerAnswers = async (): Promise<boolean> => {
  try {
    await promisify(execFile)('docker', ['info'], { timeout: PROBE_LIMIT_MS });
    return true;
  } catch {
    return false;
  }
};

/** Starts a broker for one test file. */
export const startTestBroker = (source: BrokerSource): Promise<TestBroker> => {
  if (source.kind === 'none') throw new Error(`no Kafka: ${source.reason}`);
  return source.kind === 'docker' ? startInDocker() : startFromJars();
};

const startFromJars = async (): Promise<TestBroker> => {
  const dir = mkdtempSync(join(tmpdir(), 'busyhour-kafka-'));
  const broker = await startKafkaBroker({ dir });
  return {
    bootstrap: broker.bootstrap,
    restart: broker.restart,
    kill: broker.kill,
    stop: async () => {
      await broker.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
};

const CONTAINER_PORT = 9093;

const startInDocker = async (): Promise<TestBroker> => {
  const { KafkaContainer } = await import('@testcontainers/kafka');
  const container = await new KafkaContainer(IMAGE)
    .withKraft()
    .withEnvironment({ KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false', KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS: '1000' })
    .start();
  let frozen = false;
  const docker = async (command: 'pause' | 'unpause'): Promise<void> => {
    await promisify(execFile)('docker', [command, container.getId()]);
    frozen = command === 'pause';
  };
  return {
    bootstrap: `${container.getHost()}:${container.getMappedPort(CONTAINER_PORT)}`,
    // A restarted container would get another port; a frozen one keeps it and is as silent meanwhile.
    kill: () => docker('pause'),
    restart: async () => {
      if (!frozen) await docker('pause');
      await docker('unpause');
    },
    stop: async () => {
      await container.stop();
    },
  };
};
