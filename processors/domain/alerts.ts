/**
 * Alerts of a source, evaluated in event time: deadlines before an event are met before it is applied, so when an alert
 * is raised or cleared follows from the events alone, not from how they were batched or when they arrived. A source
 * without rules costs one comparison an event.
 */
import { ALERT_METRICS, type AlertRule, isSoundRule, MAX_ALERT_RULES } from '../../schemas/alert-rule.ts';
import { type AlertRulesDeclared, type CanonicalEvent, CHANNELS } from '../../schemas/events.ts';
import {
  definitionOf,
  MAX_QUEUE_DEFINITIONS,
  measureOf,
  type QueueDefinition,
} from '../../schemas/queue-definition.ts';
import { coversQueue } from '../../schemas/queue-pattern.ts';
import type { Turn } from './accounts.ts';
import type { Agent } from './agent.ts';
import { NEVER_MS, nextLookMs, type QueueDefinitions, readMetric, valueAt } from './alert-reading.ts';
import { ALERT_OK, type AlertStatus, evolveAlert, isRaised } from './alert-status.ts';
import { applyEvent } from './apply.ts';
import { takeLiveQueues } from './changes.ts';
import type { QueueState, SourceState } from './source-state.ts';

interface WatchedAlert {
  /** The rule's place among the source's. */
  readonly rule: number;
  status: AlertStatus;
}
/** The alerts of one queue, or of the source as a whole. */
interface AlertWatch {
  readonly queue: string;
  readonly definitions: QueueDefinitions;
  readonly alerts: readonly WatchedAlert[];
  /** When one of them has to be looked at though nothing happens. */
  dueMs: number;
}

/** Plain data, part of the source's state. */
export interface AlertsState {
  readonly rules: readonly AlertRule[];
  readonly definitions: readonly QueueDefinition[];
  /** How far alerts have been followed in the events' time. */
  clockMs: number;
  /** When the source last told of anything; null before. */
  heardAtMs: number | null;
  /** The sweep of the timers that has been looked at. */
  sweptToMs: number;
  /** Nothing is due before it. */
  dueMs: number;
  readonly ofSource: AlertWatch;
  readonly ofQueues: Map<string, AlertWatch>;
}

/** Those of a queue's channels that have their own. Looked up once: rules are measured at every event. */
const definitionsOf = (definitions: readonly QueueDefinition[], queue: string): QueueDefinitions =>
  Object.fromEntries(
    CHANNELS.flatMap((channel) => {
      const definition = definitionOf(definitions, queue, channel);
      return definition === null ? [] : [[channel, measureOf(definition)]];
    }),
  );

const newWatch = (
  queue: string,
  { rules, definitions }: Pick<AlertsState, 'rules' | 'definitions'>,
  isOf: (rule: AlertRule) => boolean,
): AlertWatch => ({
  queue,
  definitions: definitionsOf(definitions, queue),
  alerts: rules.flatMap((rule, place) => (isOf(rule) ? [{ rule: place, status: ALERT_OK }] : [])),
  dueMs: NEVER_MS,
});

const watchOf = (alerts: AlertsState, queue: string): AlertWatch => {
  const { ofQueues } = alerts;
  let watch = ofQueues.get(queue);
  if (watch === undefined) {
    watch = newWatch(queue, alerts, ({ queues }) => coversQueue(queues, queue));
    ofQueues.set(queue, watch);
  }
  return watch;
};

interface Move {
  readonly queue: string;
  readonly rule: AlertRule;
  readonly before: AlertStatus;
  readonly after: AlertStatus;
  readonly atMs: number;
}

/** Writes down that an alert was raised or cleared. */
const book = (turn: Turn, { queue, rule, before, after, atMs }: Move): void => {
  const alert = isRaised(after) ? after : before;
  if (isRaised(before) === isRaised(after) || !isRaised(alert)) return;
  turn.changes.alerts.push({
    tenant: turn.state.tenant,
    source: turn.state.source,
    rule: rule.id,
    queue,
    status: isRaised(after) ? 'raised' : 'cleared',
    value: alert.value,
    threshold: rule.threshold,
    raised_at: alert.raisedAtMs,
    cleared_at: isRaised(after) ? null : atMs,
    version: turn.offset + 1,
  });
};

const ruleOf = ({ rules }: AlertsState, place: number): AlertRule => {
  const rule = rules[place];
  if (rule === undefined) throw new Error(`there is no alert rule ${place}`);
  return rule;
};

/** Measures a watch's rules at `atMs` and moves their alerts. */
const look = (turn: Turn, alerts: AlertsState, watch: AlertWatch, atMs: number): void => {
  watch.dueMs = NEVER_MS;
  for (const alert of watch.alerts) {
    const { status: before } = alert;
    const rule = ruleOf(alerts, alert.rule);
    const reading = readMetric(turn.state, watch, rule, atMs);
    alert.status = evolveAlert(before, rule, valueAt(reading, atMs), atMs);
    book(turn, { queue: watch.queue, rule, before, after: alert.status, atMs });
    watch.dueMs = Math.min(watch.dueMs, nextLookMs(alert.status, rule, reading, atMs));
  }
  alerts.dueMs = Math.min(alerts.dueMs, watch.dueMs);
};

const lookAtAll = (turn: Turn, alerts: AlertsState): void => {
  for (const queue of turn.state.queues.keys()) look(turn, alerts, watchOf(alerts, queue), alerts.clockMs);
  look(turn, alerts, alerts.ofSource, alerts.clockMs);
};

/** Meets every deadline before `toMs`. One at `toMs` itself waits: an event of that very moment comes first. */
const passTo = (turn: Turn, alerts: AlertsState, toMs: number): void => {
  if (toMs <= alerts.clockMs) return;
  if (alerts.dueMs < toMs) {
    alerts.dueMs = NEVER_MS;
    for (const watch of watchesOf(alerts)) {
      while (watch.dueMs < toMs) look(turn, alerts, watch, watch.dueMs);
      alerts.dueMs = Math.min(alerts.dueMs, watch.dueMs);
    }
  }
  alerts.clockMs = toMs;
};

/** Applies an event, and looks at the alerts of the queues it touched. */
export const applyWatched = (turn: Turn, event: CanonicalEvent): void => {
  const { alerts } = turn.state;
  if (alerts === null) {
    applyEvent(turn, event);
    return;
  }
  passTo(turn, alerts, event.event_time);
  const changes = { ...turn.changes, liveQueues: new Set<QueueState>(), liveAgents: new Set<Agent>() };
  applyEvent({ ...turn, changes }, event);
  alerts.heardAtMs = alerts.clockMs;
  for (const queue of takeLiveQueues(changes)) {
    turn.changes.liveQueues.add(queue);
    look(turn, alerts, watchOf(alerts, queue.queue), alerts.clockMs);
  }
  look(turn, alerts, alerts.ofSource, alerts.clockMs);
};

/** After a record: lets the alerts' time pass up to the watermark. */
export const passAlertTime = (turn: Turn, { body }: CanonicalEvent): void => {
  const { state } = turn;
  const { alerts } = state;
  if (alerts === null) return;
  passTo(turn, alerts, state.watermarkMs);
  // Sweeps and heartbeats let time pass for legs and agents of any queue.
  if (body.type !== 'source_progressed' && alerts.sweptToMs === state.sweptToMs) return;
  alerts.sweptToMs = state.sweptToMs;
  lookAtAll(turn, alerts);
};

/** Puts new rules in place of the ones before. Alerts of a rule that stays as it was go on; the others are over. */
export const declareAlertRules = (turn: Turn, declared: AlertRulesDeclared): void => {
  const { state } = turn;
  const rules = declared.rules.filter(isSoundRule).slice(0, MAX_ALERT_RULES);
  const definitions = declared.definitions.slice(0, MAX_QUEUE_DEFINITIONS);
  const before = state.alerts;
  const after = rules.length === 0 ? null : newAlerts(state, { rules, definitions });
  state.alerts = after;
  if (after !== null) for (const queue of state.queues.keys()) watchOf(after, queue);
  if (before !== null) handOver(turn, before, after);
  if (after !== null && state.watermarkMs > 0) lookAtAll(turn, after);
};

const newAlerts = (
  state: SourceState,
  declared: Pick<AlertsState, 'rules' | 'definitions'>,
): AlertsState => ({
  ...declared,
  clockMs: Math.max(state.alerts?.clockMs ?? 0, state.watermarkMs),
  heardAtMs: state.alerts?.heardAtMs ?? (state.watermarkMs > 0 ? state.watermarkMs : null),
  sweptToMs: state.sweptToMs,
  dueMs: NEVER_MS,
  ofSource: newWatch('', declared, ({ metric }) => ALERT_METRICS[metric].of === 'source'),
  ofQueues: new Map(),
});

const watchesOf = ({ ofSource, ofQueues }: AlertsState): readonly AlertWatch[] => [
  ofSource,
  ...ofQueues.values(),
];

/** Takes over the alerts of rules that stay; those of the others are cleared. */
const handOver = (turn: Turn, before: AlertsState, after: AlertsState | null): void => {
  const keyOf = (queue: string, rule: AlertRule): string => JSON.stringify([queue, rule]);
  const goingOn = new Map<string, WatchedAlert>();
  if (after !== null) {
    for (const { queue, alerts } of watchesOf(after)) {
      for (const alert of alerts) goingOn.set(keyOf(queue, ruleOf(after, alert.rule)), alert);
    }
  }
  const atMs = Math.max(before.clockMs, turn.state.watermarkMs);
  for (const { queue, alerts } of watchesOf(before)) {
    for (const alert of alerts) {
      const rule = ruleOf(before, alert.rule);
      const same = goingOn.get(keyOf(queue, rule));
      if (same !== undefined) same.status = alert.status;
      else book(turn, { queue, rule, before: alert.status, after: ALERT_OK, atMs });
    }
  }
};
