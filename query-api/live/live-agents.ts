/** Where agents are now, kept from the records of topic `acd.live`, and how far each source's word goes. Time comes in as an argument. */
import type { LiveAgentRecord } from '../../schemas/live.ts';
import { heardOf, hearSource, isSilent, type LiveSources } from './live-sources.ts';

/** Agents of all tenants that are kept; a new one beyond them is dropped and counted. */
export const MAX_LIVE_AGENTS = 100_000;

/** Owned by one hub and changed in place. */
export interface LiveAgents {
  /** Tenant → `[source, agent]` as JSON → the newest record. */
  readonly byTenant: Map<string, Map<string, LiveAgentRecord>>;
  readonly sources: LiveSources;
  size: number;
  dropped: number;
}
export interface LiveAgent {
  readonly record: LiveAgentRecord;
  /** Up to when the source's word goes, also where nothing changed for the agent. */
  readonly asOfMs: number;
  /** The source has been silent past `source_silence`. */
  readonly stale: boolean;
}

export const createLiveAgents = (sources: LiveSources = new Map()): LiveAgents => ({
  byTenant: new Map(),
  sources,
  size: 0,
  dropped: 0,
});

/** Takes in one record at the time it was received. */
export const applyAgent = (live: LiveAgents, record: LiveAgentRecord, nowMs: number): void => {
  const key = JSON.stringify([record.source, record.agent]);
  const agents = live.byTenant.get(record.tenant) ?? new Map<string, LiveAgentRecord>();
  if (!agents.has(key)) {
    if (live.size >= MAX_LIVE_AGENTS) {
      live.dropped += 1;
      return;
    }
    live.size += 1;
  }
  live.byTenant.set(record.tenant, agents);
  agents.set(key, record);
  hearSource(live.sources, record, nowMs);
};

/** Up to when a source's word goes; null for one that was never heard of. */
export const knownUpTo = (live: LiveAgents, tenant: string, source: string): number | null =>
  heardOf(live.sources, tenant, source)?.asOfMs ?? null;

/** A tenant's agents as they are now. */
export const liveAgentsOf = (live: LiveAgents, tenant: string, nowMs: number): readonly LiveAgent[] =>
  [...(live.byTenant.get(tenant)?.values() ?? [])].map((record) => {
    const heard = heardOf(live.sources, tenant, record.source);
    return {
      record,
      asOfMs: heard?.asOfMs ?? record.as_of,
      stale: heard === null || isSilent(heard, nowMs),
    };
  });
