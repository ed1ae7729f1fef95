/**
 * The store of a simulated world: tables that keep what ClickHouse's views show, behind a network that loses, delays
 * and doubles. It watches what arrives: one version of a row is one row, and a snapshot follows its rows.
 */
import { isDeepStrictEqual } from 'node:util';
import { type Store, StoreError } from '../../infra/clickhouse/store.ts';
import type { FoldRows } from '../../processors/domain/changes.ts';
import type { DeadLetterRow, RowsByTable, SnapshotRow, TableName } from '../../schemas/rows.ts';
import { emptyTables, landInto, type Tables } from '../support/folding.ts';
import type { Network } from './network.ts';
import type { Process } from './virtual-time.ts';

export interface SimulatedStore {
  readonly tables: Tables;
  readonly deadLetters: ReadonlyMap<string, DeadLetterRow>;
  readonly snapshotOf: (partition: number) => SnapshotRow | null;
  /** Until then every call fails at once. */
  readonly goAway: (untilMs: number) => void;
  readonly connect: (process: Process) => Store;
}
/** What is told of rows as they land. */
export interface Watch {
  readonly snapshotLanded: (row: SnapshotRow) => void;
  readonly broken: (law: string) => void;
}

export const NO_ROWS: FoldRows = {
  contact_legs_rows: [],
  queue_intervals_rows: [],
  agent_states_rows: [],
  agent_intervals_rows: [],
  events_rows: [],
  anomalies_rows: [],
  alerts_rows: [],
};
const TABLE_OF = {
  contact_legs_rows: 'legs',
  queue_intervals_rows: 'queueIntervals',
  agent_states_rows: 'agentStates',
  agent_intervals_rows: 'agentIntervals',
  alerts_rows: 'alerts',
} as const;

const lost = (code: string): StoreError => new StoreError('simulated fault', 'retry', code);
const unsupported = (): never => {
  throw new Error('not part of the simulation');
};

const withMaps = <Row extends object>(row: Row, names: readonly (keyof Row)[]): Row => {
  const copy = { ...row };
  for (const name of names)
    copy[name] = new Map(row[name] as ReadonlyMap<unknown, unknown>) as Row[keyof Row];
  return copy;
};

/** The rows as the wire has them at the moment of the call: what the caller changes afterwards is not sent. */
const encoded = <T extends TableName>(table: T, rows: readonly RowsByTable[T][]): RowsByTable[T][] => {
  const maps: readonly string[] =
    table === 'queue_intervals_rows'
      ? ['wait_answered', 'wait_abandoned', 'wait_exited']
      : table === 'agent_intervals_rows'
        ? ['reasons']
        : [];
  return rows.map((row) => withMaps(row, maps as readonly (keyof RowsByTable[T])[]));
};

/** Law 2: whoever lands a version of a row, and however often, lands the same row. */
const watchVersions = (before: Tables, rows: Partial<FoldRows>, broken: Watch['broken']): void => {
  const landed = emptyTables();
  landInto(landed, { ...NO_ROWS, ...rows });
  for (const table of Object.values(TABLE_OF)) {
    for (const [key, row] of landed[table] as Map<string, { readonly version: number }>) {
      const known = before[table].get(key);
      if (known?.version !== row.version || isDeepStrictEqual(known, row)) continue;
      broken(`law 2: version ${row.version} of ${table} ${key} is two rows`);
    }
  }
};

const openTables = (watch: Watch) => {
  const tables = emptyTables();
  const deadLetters = new Map<string, DeadLetterRow>();
  const snapshots = new Map<string, SnapshotRow>();
  const apply = <T extends TableName>(table: T, rows: readonly RowsByTable[T][]): void => {
    if (table === 'snapshots_rows') {
      for (const row of rows as readonly SnapshotRow[]) {
        watch.snapshotLanded(row);
        const key = [row.topic, row.partition, row.fold_version].join('|');
        const known = snapshots.get(key);
        if (known === undefined || known.next_offset <= row.next_offset) snapshots.set(key, row);
      }
    } else if (table === 'dead_letters_rows') {
      for (const row of rows as readonly DeadLetterRow[]) {
        deadLetters.set([row.tenant, row.source, row.feed, row.seq].join('|'), row);
      }
    } else {
      watchVersions(tables, { [table]: rows }, watch.broken);
      landInto(tables, { ...NO_ROWS, [table]: rows });
    }
  };
  return { tables, deadLetters, snapshots, apply };
};

export const createSimulatedStore = (network: Network, watch: Watch): SimulatedStore => {
  const { call, stray, random, faults, time } = network;
  const { tables, deadLetters, snapshots, apply } = openTables(watch);
  let awayUntilMs = 0;

  const insert = async <T extends TableName>(
    process: Process,
    table: T,
    rows: readonly RowsByTable[T][],
  ): Promise<void> => {
    const block = encoded(table, rows);
    const land = (): void => apply(table, block);
    const arrive = (fate: number): void => {
      if (time.nowMs() < awayUntilMs) throw lost('ECONNREFUSED');
      const { lostRequests, lostAcknowledgements, doubledInserts, lateInserts } = faults();
      let upTo = lostRequests;
      if (fate < upTo) throw lost('ETIMEDOUT');
      upTo += lateInserts;
      if (fate < upTo) {
        stray(land);
        throw lost('ETIMEDOUT');
      }
      land();
      upTo += lostAcknowledgements;
      if (fate < upTo) throw lost('ECONNRESET');
      if (fate < upTo + doubledInserts) stray(land);
    };
    await call(process, () => arrive(random.uniform()));
  };
  const query = (process: Process, sql: string, params: Readonly<Record<string, unknown>>) =>
    call(process, () => {
      if (!sql.includes('acd.snapshots_rows')) return unsupported();
      if (time.nowMs() < awayUntilMs) throw lost('ECONNREFUSED');
      const found = snapshots.get([params.topic, params.partition, params.version].join('|'));
      return found === undefined ? [] : [found];
    });

  return {
    tables,
    deadLetters,
    snapshotOf: (partition) =>
      [...snapshots.values()].find((snapshot) => snapshot.partition === partition) ?? null,
    goAway: (untilMs) => {
      awayUntilMs = untilMs;
    },
    connect: (process) => ({
      insert: (table, rows) => insert(process, table, rows),
      openBlock: <T extends TableName>(table: T) => {
        const rows: RowsByTable[T][] = [];
        return {
          get length() {
            return rows.length;
          },
          add: (row: RowsByTable[T]) => void rows.push(row),
          insert: () => insert(process, table, rows),
        };
      },
      query: async <Row>(sql: string, params: Readonly<Record<string, unknown>> = {}) =>
        (await query(process, sql, params)) as Row[],
      stream: unsupported,
      command: unsupported,
      ping: unsupported,
      close: unsupported,
    }),
  };
};
