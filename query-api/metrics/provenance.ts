/** How far a row can be trusted: whether it may still change, and what it rests on. The table drives API, exports and docs. Pure. */

export const PROVENANCE = [
  {
    name: 'interval_end',
    type: 'time',
    doc: 'Where the interval ends, exclusive: the beginning of the next, or `to`.',
  },
  {
    name: 'finality',
    type: 'text',
    doc: '`open`: the data does not reach the interval’s end yet. `provisional`: it does, but contacts of it may be unfinished. `final`: it goes 24 hours further and nobody of it waits any more, so that only a correction could change it.',
  },
  {
    name: 'data_up_to',
    type: 'time',
    doc: 'The newest event of the source, of several the one furthest behind; a source more than 24 hours behind the newest counts as gone. Null: nothing was ever heard.',
  },
  {
    name: 'late_corrections',
    type: 'count',
    doc: 'How often totals of it were taken up again after they had rested for two hours of their source’s time. Null where single legs are counted by what totals do not know.',
  },
  { name: 'definition', type: 'text', doc: 'What the figures of the row were computed by, in short.' },
] as const;
export const PROVENANCE_NAMES: readonly string[] = PROVENANCE.map(({ name }) => name);

export type Finality = 'open' | 'provisional' | 'final';

const DAY_MS = 86_400_000;
/** The fold gives a contact up when nothing was heard of it for this long (`stale_after`): until then it may change by itself. */
export const FINAL_AFTER_MS = DAY_MS;
/** Law of the watermark: a source that has gone silent holds up nobody. */
const GONE_AFTER_MS = DAY_MS;

/** Source → UTC ms of its newest event. */
export type UpTo = ReadonlyMap<string, number>;

/** How far all of the sources are, without those that are gone; null when none of them is known. */
export const dataUpTo = (sources: Iterable<string>, upTo: UpTo): number | null => {
  const newestMs = Math.max(...upTo.values());
  const known = [...sources].flatMap((source) => upTo.get(source) ?? []);
  if (known.length === 0) return null;
  const alive = known.filter((atMs) => atMs > newestMs - GONE_AFTER_MS);
  return alive.length > 0 ? Math.min(...alive) : Math.max(...known);
};

export const finalityOf = (endMs: number, upToMs: number | null, inProgress: number): Finality => {
  if (upToMs === null || upToMs < endMs) return 'open';
  return upToMs >= endMs + FINAL_AFTER_MS && inProgress === 0 ? 'final' : 'provisional';
};
