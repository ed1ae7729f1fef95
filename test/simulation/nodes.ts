/** The processes of a simulated world: each runs a worker and a lander of dead letters, dies, and is replaced. */
import type { ProcessingMetrics } from '../../infra/telemetry.ts';
import type { startDeadLetterLander } from '../../processors/runtime/dead-letter-lander.ts';
import type { startWorker, Worker, WorkerLimits } from '../../processors/runtime/worker.ts';
import type { EventCodec } from '../../schemas/codec.ts';
import type { Network } from './network.ts';
import type { SimulatedLog } from './simulated-log.ts';
import type { SimulatedStore } from './simulated-store.ts';
import type { Process } from './virtual-time.ts';

/** What is being tested; a mutation puts other functions here. */
export interface Runtime {
  readonly startWorker: typeof startWorker;
  readonly startDeadLetterLander: typeof startDeadLetterLander;
}

export interface Node {
  readonly process: Process;
  worker: Worker | null;
  /** It has said that it cannot go on. */
  isBroken: boolean;
}

export interface NodesOptions {
  readonly runtime: Runtime;
  readonly network: Network;
  readonly log: SimulatedLog;
  readonly store: SimulatedStore;
  readonly codec: EventCodec;
  readonly limits: WorkerLimits;
  readonly partitions: number;
  readonly wanted: number;
  readonly broken: (law: string) => void;
}

export interface Nodes {
  readonly alive: () => readonly Node[];
  readonly kill: (node: Node) => void;
  /** Lets a node drain and leave; another takes its place. */
  readonly close: (node: Node) => void;
}

const RESTART_MS = 3_000;
const silent = { info: () => {}, warn: () => {} };

/** Counts what a worker has folded and not yet landed: it must stay within what the limits allow. */
const boundedMetrics = ({ limits, partitions, broken }: NodesOptions, node: Node): ProcessingMetrics => {
  // One lot may be landing while the next is folded, and each partition's batch that reaches the limit is whole.
  const bound = 2 * (limits.maxUnlandedEvents + partitions * limits.fetch.maxRecords);
  let unlanded = 0;
  return {
    folded: ({ records, poisoned }) => {
      unlanded += records - poisoned;
      if (unlanded > bound && !node.isBroken)
        broken(`memory: ${unlanded} events folded and not landed, over ${bound}`);
    },
    landed: (rows, changes) => {
      unlanded -= rows.events_rows?.length ?? 0;
      for (const { duplicates } of changes) unlanded -= duplicates;
    },
    position: () => {},
    released: () => {},
    deadLetters: () => {},
    retried: () => {},
  };
};

const startParts = (options: NodesOptions, node: Node, onFatal: (error: Error) => void): void => {
  const { runtime, network, codec, limits } = options;
  const timers = network.time.timersOf(node.process);
  const log = options.log.connect(node.process);
  const store = options.store.connect(node.process);
  const { nowMs } = network.time;
  const metrics = boundedMetrics(options, node);
  runtime
    .startWorker({ log, store, codec, nowMs, metrics, logger: silent, onFatal, timers, limits })
    .then((worker) => {
      node.worker = worker;
    }, onFatal);
  runtime
    .startDeadLetterLander({
      log,
      landing: { store, timers, signal: new AbortController().signal, onRetry: () => {} },
      onLanded: () => {},
      onFatal,
    })
    .catch(onFatal);
};

export const startNodes = (options: NodesOptions): Nodes => {
  const { time, random } = options.network;
  const nodes: Node[] = [];
  const alive = (): Node[] => nodes.filter(({ process }) => process.alive);

  const launch = (): void => {
    const name = `node-${nodes.length + 1}`;
    const node: Node = { process: { name, alive: true, pausedUntilMs: 0 }, worker: null, isBroken: false };
    nodes.push(node);
    // A node that is broken takes its time to end: meanwhile it goes on with what still works.
    startParts(options, node, () => {
      node.isBroken = true;
      time.after(null, random.integer(0, RESTART_MS), () => kill(node));
    });
  };
  const kill = ({ process }: Node): void => {
    if (!process.alive) return;
    process.alive = false;
    time.after(null, random.integer(0, RESTART_MS), () => {
      if (alive().length < options.wanted) launch();
    });
  };
  for (let i = 0; i < options.wanted; i++) launch();
  return {
    alive,
    kill,
    close: (node) => {
      node.worker?.close().then(
        () => kill(node),
        () => kill(node),
      );
    },
  };
};
