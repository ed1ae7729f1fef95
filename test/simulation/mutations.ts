/** Bugs a change to the processors could bring in, each of which the simulation must find. */
import type { Mutation } from './mutant.ts';

const WORKER = 'runtime/worker.ts';
const ACCOUNTS = 'domain/accounts.ts';

export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'the snapshot is stored before its rows',
    file: WORKER,
    find: '    await Promise.all([landRows(rows, landing), ...blocks]);\n',
    put: `    await landRows({ snapshots_rows: flushed.flatMap(({ snapshot }) => (snapshot === null ? [] : [snapshot])) }, landing);
    await Promise.all([landRows(rows, landing), ...blocks]);\n`,
    withinSeeds: 20,
  },
  {
    name: 'the snapshot is taken after its rows have landed, not with them',
    file: WORKER,
    find: 'flatMap(({ snapshot }) => (snapshot === null ? [] : [snapshot]))',
    put: `flatMap(({ partition, assigned, snapshot, nextOffset }) =>
      snapshot === null ? [] : [{ ...snapshotRow(partition, assigned), next_offset: nextOffset }])`,
    withinSeeds: 60,
  },
  {
    name: 'the landed offset is told before the rows are there',
    file: WORKER,
    find: '    await Promise.all([landRows(rows, landing), ...blocks]);\n',
    put: `    for (const { partition, nextOffset } of flushed) await log.commit(LANDED_GROUP, EVENTS.name, partition, nextOffset);
    await Promise.all([landRows(rows, landing), ...blocks]);\n`,
    withinSeeds: 20,
  },
  {
    name: 'the landed offset is told once and never again',
    file: WORKER,
    find: 'nowMs() - assigned.landedToldAtMs >= limits.tellLandedIntervalMs',
    put: 'false',
    withinSeeds: 60,
  },
  {
    name: 'nobody waits until an alert has been told of',
    file: WORKER,
    find: '    await publishAlerts(log, taken.values(), nowMs());\n',
    put: '    publishAlerts(log, taken.values(), nowMs()).catch(() => undefined);\n',
    withinSeeds: 200,
  },
  {
    name: 'landings overlap instead of following each other',
    file: WORKER,
    find: 'flushing = flushing.then(() => flushOnce(force));',
    put: 'flushing = flushOnce(force);',
    withinSeeds: 40,
  },
  {
    name: 'the events in hand are dropped when others are about to land',
    file: WORKER,
    find: '    const history = pending;\n    pending = openPending(store);\n',
    put: '    pending = openPending(store);\n    const history = pending;\n',
    withinSeeds: 20,
  },
  {
    name: 'changes are forgotten when they have landed, not when they are taken',
    file: WORKER,
    find: '      assigned.changes.clear();\n',
    put: '      flushing.then(() => assigned.changes.clear());\n',
    withinSeeds: 40,
  },
  {
    name: 'a new owner starts at the committed offset',
    file: WORKER,
    find: '    return nextOffset;\n',
    put: '    return (await log.committed(PROCESSORS_GROUP, EVENTS.name, partition)) ?? 0;\n',
    withinSeeds: 300,
  },
  {
    name: 'a snapshot claims one offset too many',
    file: WORKER,
    find: '(records.at(-1)?.offset ?? assigned.nextOffset - 1) + 1',
    put: '(records.at(-1)?.offset ?? assigned.nextOffset - 1) + 2',
    withinSeeds: 20,
  },
  {
    name: 'folding never waits for landing',
    file: WORKER,
    find: 'if (unlanded >= limits.maxUnlandedEvents) await beginLot();',
    put: '',
    withinSeeds: 100,
  },
  {
    name: 'a record that is no event is passed over without a dead letter',
    file: WORKER,
    find: 'if (poisoned.length > 0) await buryPoisoned(log, partition, poisoned, nowMs());',
    put: '',
    withinSeeds: 20,
  },
  {
    name: 'nobody waits for a dead letter to be written',
    file: WORKER,
    find: 'if (poisoned.length > 0) await buryPoisoned(log, partition, poisoned, nowMs());',
    put: 'if (poisoned.length > 0) buryPoisoned(log, partition, poisoned, nowMs()).catch(() => {});',
    withinSeeds: 300,
  },
  {
    name: 'dead letters are committed before they land',
    file: 'runtime/dead-letter-lander.ts',
    find: '        await landRows({ dead_letters_rows: rows }, landing);\n',
    put: `        await log.commit(DEAD_LETTERS_GROUP, DEAD_LETTERS.name, partition, (records.at(-1)?.offset ?? 0) + 1);
        await landRows({ dead_letters_rows: rows }, landing);\n`,
    withinSeeds: 20,
  },
  {
    name: 'rows are dropped after the third try',
    file: 'runtime/landing.ts',
    find: 'for (let attempt = 1; ; attempt++)',
    put: 'for (let attempt = 1; attempt <= 3; attempt++)',
    withinSeeds: 20,
  },
  {
    name: 'an insert that timed out is taken for done',
    file: 'runtime/landing.ts',
    find: '      onRetry(error, attempt);\n',
    put: "      if (error.code === 'ETIMEDOUT') return;\n",
    withinSeeds: 20,
  },
  {
    name: 'a snapshot forgets which events it has seen',
    file: 'domain/snapshot.ts',
    find: 'return { $set: [...value] }',
    put: 'return { $set: [] }',
    withinSeeds: 20,
  },
  {
    name: 'a new owner passes over one offset',
    file: 'runtime/snapshots.ts',
    find: 'nextOffset: found.next_offset',
    put: 'nextOffset: found.next_offset + 1',
    withinSeeds: 20,
  },
  {
    name: "a total's version comes from the clock",
    file: ACCOUNTS,
    find: 'totals.version = turn.offset + 1;',
    put: 'totals.version = Math.floor(performance.now() * 1_000);',
    withinSeeds: 20,
  },
  {
    name: "a leg's version is a counter of the process",
    file: ACCOUNTS,
    find: 'changes.legs.set(after.key, { leg: after, version: offset + 1 });',
    put: `const counted = globalThis as { legsBooked?: number };
  counted.legsBooked = (counted.legsBooked ?? 0) + 1;
  changes.legs.set(after.key, { leg: after, version: counted.legsBooked });`,
    withinSeeds: 20,
  },
  {
    name: "a queue's interval that returns to memory keeps its generation",
    file: ACCOUNTS,
    find: 'emptyQueueTotals(of.queue, of.channel, startMs, turn.offset + 1)',
    put: 'emptyQueueTotals(of.queue, of.channel, startMs, 1)',
    withinSeeds: 60,
  },
  {
    name: 'totals go on changing while their row is sent again',
    file: 'domain/changes.ts',
    find: '  wait_answered: new Map(totals.wait_answered),\n',
    put: '',
    withinSeeds: 300,
  },
  {
    name: 'the row of a lost leg outlives its correction',
    file: 'domain/leg-row.ts',
    find: "!isOpen(leg) || (leg.status !== 'waiting' && leg.reopened === true)",
    put: '!isOpen(leg)',
    withinSeeds: 40,
  },
  {
    name: 'equal times are told apart by arrival',
    file: 'domain/reorder.ts',
    find: ' && a.seq < b.seq)',
    put: ' && false)',
    withinSeeds: 60,
  },
];
