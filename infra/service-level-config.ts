/** `service_levels:` in busyhour.yaml: how each queue's service level is measured on boards and by alerts. */
import { parseDuration } from '../schemas/durations.ts';
import { CHANNELS } from '../schemas/events.ts';
import {
  DEFAULT_SERVICE_LEVEL,
  MAX_QUEUE_DEFINITIONS,
  type QueueServiceLevel,
} from '../schemas/queue-definition.ts';
import { queuePatternsFault } from '../schemas/queue-pattern.ts';
import { SERVICE_LEVEL_NAMES } from '../schemas/service-level.ts';
import { isWaitEdge, WAIT_EDGE_RANGES } from '../schemas/wait-edges.ts';
import { type Entry, readEntries } from './config-entries.ts';

const FIELDS = [
  'queues',
  'channel',
  'sl_formula',
  'sl_threshold',
  'short_abandon',
  'count_exits',
  'sl_target',
];

type Fault = (field: string, message: string) => void;

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const oneOf = <T extends string>(
  entry: Entry,
  field: string,
  values: readonly T[],
  otherwise: T,
  fault: Fault,
): T => {
  if (entry[field] === undefined) return otherwise;
  const found = values.find((value) => value === entry[field]);
  if (found === undefined)
    fault(field, `${textOf(entry[field])} must be one of ${values.filter(Boolean).join(', ')}`);
  return found ?? otherwise;
};

const EDGES = WAIT_EDGE_RANGES.slice(0, 3)
  .map(({ toMs, stepMs }) => `up to ${toMs / 1000} s every ${stepMs / 1000} s`)
  .join(', ');

/** Boards and alerts have the histograms of waits, not single waits: other limits would be answered nearly, not exactly. */
const limitOf = (entry: Entry, field: string, otherwiseMs: number, fault: Fault): number => {
  if (entry[field] === undefined) return otherwiseMs;
  const ms = parseDuration(textOf(entry[field]));
  if (ms === null) fault(field, `${textOf(entry[field])} must be a duration such as 20s or 1m30s`);
  else if (!isWaitEdge(ms))
    fault(field, `${textOf(entry[field])} must be one of the limits kept: ${EDGES}, …`);
  return ms ?? otherwiseMs;
};

const queuesOf = (entry: Entry, fault: Fault): readonly string[] => {
  const given = typeof entry.queues === 'string' ? [entry.queues] : entry.queues;
  // What is no list of texts is told the same as an empty one.
  const queues = Array.isArray(given) && given.every((name) => typeof name === 'string') ? given : [];
  const wrong = queuePatternsFault(queues);
  if (wrong === null) return queues;
  fault('queues', wrong);
  return [];
};

/** A fraction, or per cent: `0.9`, `90 %`. */
const targetOf = (entry: Entry, fault: Fault): number | null => {
  if (entry.sl_target === undefined) return null;
  const [, digits, sign] = /^(\d+(?:\.\d+)?)\s*(%?)$/.exec(textOf(entry.sl_target).trim()) ?? [];
  const value = digits === undefined ? Number.NaN : Number(digits) / (sign === '%' ? 100 : 1);
  if (value >= 0 && value <= 1) return value;
  fault('sl_target', `${textOf(entry.sl_target)} must be a fraction such as 0.9, or 90 %`);
  return null;
};

const readOne = (entry: Entry, fault: Fault): QueueServiceLevel => {
  for (const field of Object.keys(entry)) {
    if (!FIELDS.includes(field)) fault(field, `is unknown (known: ${FIELDS.join(', ')})`);
  }
  const { formula, threshold_ms, short_abandon_ms, count_exits } = DEFAULT_SERVICE_LEVEL;
  if (entry.count_exits !== undefined && typeof entry.count_exits !== 'boolean')
    fault('count_exits', `${textOf(entry.count_exits)} must be true or false`);
  return {
    queues: queuesOf(entry, fault),
    channel: oneOf(entry, 'channel', ['', ...CHANNELS], '', fault),
    formula: oneOf(entry, 'sl_formula', SERVICE_LEVEL_NAMES, formula, fault),
    threshold_ms: limitOf(entry, 'sl_threshold', threshold_ms, fault),
    short_abandon_ms: limitOf(entry, 'short_abandon', short_abandon_ms, fault),
    count_exits: entry.count_exits === undefined ? count_exits : entry.count_exits === true,
    target: targetOf(entry, fault),
  };
};

/** The service levels; what is wrong with them goes to `faults`, each with where it stands in `path`. */
export const readServiceLevels = (
  path: string,
  levels: unknown,
  faults: string[],
): readonly QueueServiceLevel[] => {
  const list = {
    name: 'service_levels',
    most: MAX_QUEUE_DEFINITIONS,
    having: 'the queues it is for',
    read: (entry: Entry, where: string) => [
      readOne(entry, (field, message) => faults.push(`${where}.${field}: ${message}`)),
    ],
  };
  return readEntries(path, levels, list, faults);
};
