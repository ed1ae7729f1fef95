/** Compares a world at rest with what should be, and says where they differ. */
import { isDeepStrictEqual } from 'node:util';
import type { StoredRecord } from '../../infra/log/event-log.ts';
import { alertRecord } from '../../processors/runtime/alert-publisher.ts';
import type { AlertRecord } from '../../schemas/alerts.ts';
import type { DeadLetterRow } from '../../schemas/rows.ts';
import { emptyTables, publicTables, run, type Tables } from '../support/folding.ts';
import { naiveBatch } from '../support/naive-batch.ts';
import type { SourceInput } from './inputs.ts';
import { type Decoded, foldAll, foldInto } from './reference.ts';

/** Poisoned records without a dead letter. */
export const lettersLacking = (
  partitions: readonly (readonly Decoded[])[],
  letters: ReadonlyMap<string, DeadLetterRow>,
): string[] => {
  const seqs = new Set([...letters.values()].map(({ seq }) => seq));
  return partitions.flatMap((records, partition) =>
    records.flatMap(({ event, offset }) =>
      event === null && !seqs.has(`log:${partition}:${offset}`)
        ? [`the record at ${partition}:${offset} was passed over without a dead letter`]
        : [],
    ),
  );
};

/** Alerts raised or cleared by the log of which nobody was told, or told of and not in the log. */
export const alertsUntold = (
  partitions: readonly (readonly Decoded[])[],
  records: readonly StoredRecord[],
): string[] => {
  const texts = (alerts: Iterable<AlertRecord>): string[] =>
    [...alerts].map((alert) => JSON.stringify(alert));
  const wanted = new Set(
    partitions.flatMap((decoded, partition) =>
      [...foldAll(partition, decoded).values()].flatMap(({ alerts }) => texts(alerts.map(alertRecord))),
    ),
  );
  const told = new Set(records.map(({ value }) => Buffer.from(value).toString()));
  return [
    ...[...wanted].filter((alert) => !told.has(alert)).map((alert) => `nobody was told of ${alert}`),
    ...[...told]
      .filter((alert) => !wanted.has(alert))
      .map((alert) => `told of an alert that is none: ${alert}`),
  ];
};

const firstDifference = (stored: Tables, wanted: Tables): string[] => {
  for (const name of Object.keys(wanted) as (keyof Tables)[]) {
    for (const key of new Set([...wanted[name].keys(), ...stored[name].keys()])) {
      if (isDeepStrictEqual(stored[name].get(key), wanted[name].get(key))) continue;
      const rows = [stored[name].get(key), wanted[name].get(key)].map((row) => JSON.stringify(row));
      return [`${name} ${key} is\n    ${rows[0]}, should be\n    ${rows[1]}`];
    }
  }
  return [];
};

const ofSource = (tables: Tables, source: string): Tables => {
  const only = <Row extends { readonly source: string }>(table: Map<string, Row>): Map<string, Row> =>
    new Map([...table].filter(([, row]) => row.source === source));
  return {
    legs: only(tables.legs),
    queueIntervals: only(tables.queueIntervals),
    agentStates: only(tables.agentStates),
    agentIntervals: only(tables.agentIntervals),
    anomalies: only(tables.anomalies),
    events: only(tables.events),
    alerts: only(tables.alerts),
  };
};

const byText = (rows: readonly object[]): string[] =>
  rows
    .map((row) =>
      JSON.stringify(
        Object.fromEntries(
          Object.entries(row)
            .filter(([name]) => name !== 'version')
            .map(([name, value]): [string, unknown] => [
              name,
              value instanceof Map ? [...value].map((entry) => JSON.stringify(entry)).sort() : value,
            ])
            .sort(([a], [b]) => (a < b ? -1 : 1)),
        ),
      ),
    )
    .sort();
const unlike = (what: string, stored: readonly string[] = [], wanted: readonly string[] = []): string[] => {
  const known = new Set(wanted);
  const extra = stored.find((row) => !known.has(row));
  if (extra === undefined && stored.length === wanted.length) return [];
  const found = new Set(stored);
  return [`${what}: ${extra ?? 'nothing'}\n    instead of ${wanted.find((row) => !found.has(row))}`];
};

const without = (rows: readonly object[], names: readonly string[]): object[] =>
  rows.map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name))));

/** Shares of a millisecond among queues are the fold's own business. */
const SHARED = ['available_ms', 'staffed_ms'];
/** An odd log has agents nobody announced, whose time the naive oracle does not know; the longest wait only grows. */
const NOT_OF_CONTACTS = [...SHARED, 'on_contact_ms', 'on_hold_ms', 'wrap_up_ms', 'max_wait_ms'];
const counting = (rows: readonly object[]): object[] =>
  rows.filter((row) =>
    Object.entries(row).some(
      ([name, value]) => name !== 'interval_start' && typeof value === 'number' && value !== 0,
    ),
  );

type Shown = ReturnType<typeof publicTables>;
const naiveCentre = (shown: Shown, { source, events }: SourceInput): string[] => {
  const naive = naiveBatch(events);
  const queues = [shown.queueIntervals, naive.queueIntervals].map((rows) => byText(without(rows, SHARED)));
  return [
    ...unlike(`legs of ${source}`, byText(shown.legs), byText(naive.contactLegs)),
    ...unlike(`queue intervals of ${source}`, queues[0], queues[1]),
    ...unlike(`agent states of ${source}`, byText(shown.agentStates), byText(naive.agentStates)),
    ...unlike(`agent intervals of ${source}`, byText(shown.agentIntervals), byText(naive.agentIntervals)),
  ];
};

const naiveContacts = (shown: Shown, { source, events }: SourceInput): string[] => {
  const naive = naiveBatch(events);
  const queues = [shown.queueIntervals, naive.queueIntervals].map((rows) =>
    byText(counting(without(rows, NOT_OF_CONTACTS))),
  );
  const ended = shown.legs.filter(({ ended_at }) => ended_at !== null);
  return [
    ...unlike(`legs of ${source}`, byText(ended), byText(naive.contactLegs)),
    ...unlike(`queue intervals of ${source}`, queues[0], queues[1]),
  ];
};

/** Where the stored tables differ from the plain fold of the log, and from what the sources' events mean. */
export const differences = (
  stored: Tables,
  partitions: readonly (readonly Decoded[])[],
  inputs: readonly SourceInput[],
): string[] => {
  const wanted = emptyTables();
  for (const [partition, records] of partitions.entries()) foldInto(wanted, partition, records);
  const difference = firstDifference(stored, wanted);
  if (difference.length > 0) return difference;
  return inputs
    .filter(({ kind }) => kind !== 'odd')
    .flatMap((input) => {
      const inOrder = publicTables(run(input.events));
      const shown = publicTables(ofSource(stored, input.source));
      const order = isDeepStrictEqual(inOrder, shown)
        ? []
        : [`the order of arrival shows in ${input.source}`];
      const naive = input.kind === 'centre' ? naiveCentre : naiveContacts;
      return [...order, ...naive(shown, input)];
    });
};
