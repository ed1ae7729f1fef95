/**
 * When each source was last heard of, by any record of topic `acd.live`, and how far its word goes: a queue or an agent
 * for which nothing changes is still known up to there. Time comes in as an argument.
 */

/** A source unheard of for longer makes its queues stale (interfaces.md, `source_silence`). */
export const SOURCE_SILENCE_MS = 30_000;

/** Changed in place, so that whoever holds it sees the newest word of its source. */
export interface HeardSource {
  asOfMs: number;
  receivedAtMs: number;
}
/** `[tenant, source]` as JSON → when it was heard. */
export type LiveSources = Map<string, HeardSource>;

const sourceKey = (tenant: string, source: string): string => JSON.stringify([tenant, source]);

/** Notes that a source was heard of. */
export const hearSource = (
  sources: LiveSources,
  { tenant, source, as_of }: { readonly tenant: string; readonly source: string; readonly as_of: number },
  nowMs: number,
): HeardSource => {
  const key = sourceKey(tenant, source);
  const heard = sources.get(key) ?? { asOfMs: as_of, receivedAtMs: nowMs };
  heard.asOfMs = Math.max(heard.asOfMs, as_of);
  heard.receivedAtMs = nowMs;
  sources.set(key, heard);
  return heard;
};

export const heardOf = (sources: LiveSources, tenant: string, source: string): HeardSource | null =>
  sources.get(sourceKey(tenant, source)) ?? null;

/** Whether it says nothing, or, as after a restart, only what is old. */
export const isSilent = ({ asOfMs, receivedAtMs }: HeardSource, nowMs: number): boolean =>
  nowMs - Math.min(asOfMs, receivedAtMs) > SOURCE_SILENCE_MS;
