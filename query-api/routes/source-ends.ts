/**
 * How far the data of an answer's sources goes. Which sources those are is known only when the counters have come; the
 * ones of the last answer of the same scope are looked up meanwhile, so that a reader does not wait twice.
 */
import type { UpTo } from '../metrics/provenance.ts';
import type { BoundQuery, Scope } from '../queries/intervals.ts';
import { sourcesQuery, type WatermarkRow, watermarksQuery } from '../queries/watermarks.ts';

/** Sources looked up in one statement. */
const SOURCES_A_QUERY = 100;
/** Scopes whose sources are remembered; the one remembered longest ago goes first. */
const MAX_SCOPES = 500;

export type Ask = <Row>(query: BoundQuery) => Promise<Row[]>;

/** The sources that answers of a scope rested on last. A guess that saves time, and never part of an answer. */
export interface SourceMemo {
  readonly of: (scope: Scope) => readonly string[];
  readonly keep: (scope: Scope, sources: readonly string[]) => void;
}

export const createSourceMemo = (): SourceMemo => {
  const byScope = new Map<string, readonly string[]>();
  return {
    of: (scope) => byScope.get(JSON.stringify(scope)) ?? [],
    keep: (scope, sources) => {
      const key = JSON.stringify(scope);
      byScope.delete(key);
      byScope.set(key, sources.slice(0, SOURCES_A_QUERY));
      const [oldest] = byScope.keys();
      if (byScope.size > MAX_SCOPES && oldest !== undefined) byScope.delete(oldest);
    },
  };
};

export interface SourceEnds {
  /** Begins to look up the sources remembered. */
  begin(): void;
  /** Newest events of these and all sources asked for before, each looked up once an answer. */
  of(sources: ReadonlySet<string>): Promise<UpTo>;
}

export const openSourceEnds = (ask: Ask, scope: Scope, memo: SourceMemo): SourceEnds => {
  const known = new Map<string, number>();
  let begun: Promise<UpTo> | null = null;
  const lookUp = async (sources: readonly string[]): Promise<UpTo> => {
    const found = new Map<string, number>();
    for (let i = 0; i < sources.length; i += SOURCES_A_QUERY) {
      const rows = await ask<WatermarkRow>(
        watermarksQuery(scope.tenant, sources.slice(i, i + SOURCES_A_QUERY)),
      );
      for (const { source, up_to_ms } of rows) found.set(source, up_to_ms);
    }
    return found;
  };
  const learn = async (sources: readonly string[]): Promise<void> => {
    const early = (await begun) ?? new Map<string, number>();
    const late = await lookUp(sources.filter((source) => !early.has(source)));
    for (const source of sources) {
      const upToMs = early.get(source) ?? late.get(source);
      if (upToMs !== undefined) known.set(source, upToMs);
    }
  };
  return {
    begin: () => {
      const remembered = memo.of(scope);
      if (begun !== null || remembered.length === 0) return;
      begun = lookUp(remembered);
      // Whoever awaits it hears of a failure; nobody may be waiting yet.
      begun.catch(() => undefined);
    },
    of: async (sources) => {
      await learn([...sources].filter((source) => !known.has(source)));
      // Where nothing happened, what is known of the scope's sources still tells whether nothing more can come.
      if (sources.size === 0 && known.size === 0) {
        await learn((await ask<{ source: string }>(sourcesQuery(scope))).map(({ source }) => source));
      }
      memo.keep(scope, [...known.keys()]);
      return known;
    },
  };
};
