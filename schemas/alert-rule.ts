/**
 * Alert rules: `service_level < 0.8 for 3 min` and what goes with it. A rule is part of an event
 * (`alert_rules_declared`), so that a replay raises the alerts that were raised. Pure.
 */
import { CHANNELS, type Channel } from './events.ts';
import { queuePatternsFault } from './queue-pattern.ts';

/**
 * What can be measured. `steady`: a count that only events change. `growing`: seconds that grow by themselves.
 * `interval`: a figure of the current 15 minutes, without a value until something counts.
 */
export const ALERT_METRICS = {
  waiting: { kind: 'steady', unit: 'contacts', of: 'queue' },
  oldest_waiting: { kind: 'growing', unit: 'seconds', of: 'queue' },
  service_level: { kind: 'interval', unit: 'fraction', of: 'queue' },
  abandonment_rate: { kind: 'interval', unit: 'fraction', of: 'queue' },
  agents_staffed: { kind: 'steady', unit: 'agents', of: 'queue' },
  agents_available: { kind: 'steady', unit: 'agents', of: 'queue' },
  silent_for: { kind: 'growing', unit: 'seconds', of: 'source' },
} as const satisfies Readonly<Record<string, { kind: string; unit: AlertUnit; of: string }>>;
export type AlertMetric = keyof typeof ALERT_METRICS;
export const ALERT_UNITS = ['contacts', 'agents', 'seconds', 'fraction'] as const;
export type AlertUnit = (typeof ALERT_UNITS)[number];
export type AlertOperator = 'less' | 'less_or_equal' | 'greater' | 'greater_or_equal';

export interface AlertRule {
  readonly id: string;
  readonly metric: AlertMetric;
  readonly operator: AlertOperator;
  /** In the metric's unit: a count, a fraction 0..1, or seconds. */
  readonly threshold: number;
  /** A raised alert is over once this is not broken any more either; the threshold itself where there is no hysteresis. */
  readonly clear_threshold: number;
  /** How long it has to be broken without a break before the alert is raised. */
  readonly for_ms: number;
  /** How long it has to be well again without a break before the alert is cleared. */
  readonly clear_after_ms: number;
  /** Fewer contacts offered in the interval than this say nothing yet. */
  readonly min_offered: number;
  /** Names, or patterns with `*`; empty for a rule on the source as a whole. */
  readonly queues: readonly string[];
  /** `''` = all channels of a queue together. */
  readonly channel: Channel | '';
}

/** A rule as people write it. */
export interface AlertRuleText {
  readonly id: string;
  /** `METRIC OPERATOR NUMBER [UNIT] [for DURATION]` */
  readonly when: string;
  readonly clear?: string;
  readonly clearAfter?: string;
  readonly minOffered?: string;
  readonly queues?: readonly string[];
  readonly channel?: string;
}
export type AlertRuleResult =
  | { readonly status: 'valid'; readonly rule: AlertRule }
  | { readonly status: 'invalid'; readonly faults: readonly string[] };

/** Rules of one source. Each is looked at for every event of its queues. */
export const MAX_ALERT_RULES = 100;
const MAX_TEXT = 200;
const MAX_DURATION_MS = 7 * 86_400_000;

const OPERATORS: Readonly<Record<string, AlertOperator>> = {
  '<': 'less',
  '<=': 'less_or_equal',
  '>': 'greater',
  '>=': 'greater_or_equal',
};
const DURATION_UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  sec: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
};
const WHEN =
  /^\s*(?<metric>[a-z_]+)\s*(?<operator><=|>=|<|>)\s*(?<amount>[^\s].*?)(?:\s+for\s+(?<held>.+?))?\s*$/;
const AMOUNT = /^(\d+(?:\.\d+)?)\s*([a-z%]*)$/;

/** Milliseconds of `90 s`, `3 min` or `1.5 h`; null for what is none, or longer than a week. */
const durationMs = (text: string): number | null => {
  const [, digits = '', unit = ''] = AMOUNT.exec(text.trim()) ?? [];
  const unitMs = DURATION_UNITS[unit];
  if (unitMs === undefined) return null;
  const ms = Math.round(Number(digits) * unitMs);
  return ms <= MAX_DURATION_MS ? ms : null;
};

/** A number in the metric's unit; null where it cannot be one. */
const amountOf = (metric: AlertMetric, text: string): number | null => {
  const [, digits, unit = ''] = AMOUNT.exec(text.trim()) ?? [];
  if (digits === undefined) return null;
  switch (ALERT_METRICS[metric].unit) {
    case 'seconds': {
      const ms = unit === '' ? durationMs(`${digits} s`) : durationMs(text);
      return ms === null ? null : ms / 1000;
    }
    case 'fraction': {
      const value = unit === '%' ? Number(digits) / 100 : Number(digits);
      return (unit === '' || unit === '%') && value <= 1 ? value : null;
    }
    default:
      return unit === '' && Number.isInteger(Number(digits)) ? Number(digits) : null;
  }
};

const EXPECTED = {
  seconds: 'a duration such as 120 s or 2 min',
  fraction: 'a fraction such as 0.8, or 80 %',
  contacts: 'a whole number of contacts',
  agents: 'a whole number of agents',
} as const;

export const isAbove = (operator: AlertOperator): boolean =>
  operator === 'greater' || operator === 'greater_or_equal';

/** Whether a measured value breaks a limit. */
export const breaks = (operator: AlertOperator, value: number, limit: number): boolean => {
  switch (operator) {
    case 'less':
      return value < limit;
    case 'less_or_equal':
      return value <= limit;
    case 'greater':
      return value > limit;
    case 'greater_or_equal':
      return value >= limit;
    default:
      return operator satisfies never;
  }
};

interface Condition {
  readonly metric: AlertMetric;
  readonly operator: AlertOperator;
  readonly threshold: number;
  readonly forMs: number;
}

const isMetric = (name: string): name is AlertMetric => Object.hasOwn(ALERT_METRICS, name);

/** The condition, or what is wrong with it. */
const parseCondition = (when: string): Condition | string => {
  const { metric = '', operator: sign = '', amount = '', held } = WHEN.exec(when)?.groups ?? {};
  const operator = OPERATORS[sign];
  if (operator === undefined)
    return `"${when}" is no condition: write it as "service_level < 0.8 for 3 min" or "waiting > 10"`;
  if (!isMetric(metric)) return `"${metric}" is no metric (known: ${Object.keys(ALERT_METRICS).join(', ')})`;
  const { kind, unit } = ALERT_METRICS[metric];
  if (kind === 'growing' && !isAbove(operator)) return `${metric} grows by itself: it goes with > or >= only`;
  const threshold = amountOf(metric, amount);
  if (threshold === null) return `"${amount}" does not go with ${metric}: it needs ${EXPECTED[unit]}`;
  const forMs = held === undefined ? 0 : durationMs(held);
  if (forMs === null) return `"for ${held}" needs a duration such as 3 min, of at most 7 days`;
  return { metric, operator, threshold, forMs };
};

/** Where an alert is cleared: the threshold itself or, for hysteresis, further on the good side. */
const readClear = (
  { metric, operator, threshold }: Condition,
  text: string | undefined,
  faults: string[],
): number => {
  if (text === undefined) return threshold;
  const clear = amountOf(metric, text);
  if (clear === null) faults.push(`clear: "${text}" must be ${EXPECTED[ALERT_METRICS[metric].unit]}`);
  else if (isAbove(operator) ? clear > threshold : clear < threshold)
    faults.push(`clear: ${text} must be on the other side of the threshold ${threshold}`);
  else return clear;
  return threshold;
};

const readQueues = (metric: AlertMetric, text: AlertRuleText, faults: string[]): readonly string[] => {
  if (ALERT_METRICS[metric].of === 'source') {
    if (text.queues !== undefined || text.channel !== undefined)
      faults.push(`${metric} is about a source as a whole: queues and channel do not go with it`);
    return [];
  }
  const queues = text.queues ?? ['*'];
  const fault = queuePatternsFault(queues);
  if (fault !== null) faults.push(`queues: ${fault}`);
  return queues;
};

const readChannel = (text: string | undefined, faults: string[]): Channel | '' => {
  if (text === undefined) return '';
  const channel = CHANNELS.find((known) => known === text);
  if (channel === undefined) faults.push(`channel: "${text}" must be one of ${CHANNELS.join(', ')}`);
  return channel ?? '';
};

const readDuration = (text: string | undefined, otherwiseMs: number, faults: string[]): number => {
  const ms = text === undefined ? otherwiseMs : durationMs(text);
  if (ms === null) faults.push(`clear_after: "${text}" must be a duration such as 2 min, of at most 7 days`);
  return ms ?? otherwiseMs;
};

const readMinOffered = (metric: AlertMetric, text: string | undefined, faults: string[]): number => {
  if (text === undefined) return 0;
  if (ALERT_METRICS[metric].kind !== 'interval')
    faults.push(`min_offered goes with service_level and abandonment_rate only`);
  if (!/^\d{1,6}$/.test(text)) faults.push(`min_offered: "${text}" must be a whole number of contacts`);
  return Number(text) || 0;
};

/** Reads a rule, or says everything that is wrong with it. */
export const parseAlertRule = (text: AlertRuleText): AlertRuleResult => {
  const faults: string[] = [];
  if (text.id === '' || text.id.length > MAX_TEXT)
    faults.push(`id: must be a name of at most ${MAX_TEXT} letters`);
  const condition = parseCondition(text.when);
  if (typeof condition === 'string') return { status: 'invalid', faults: [...faults, `when: ${condition}`] };
  const { metric, operator, threshold, forMs } = condition;
  const rule: AlertRule = {
    id: text.id,
    metric,
    operator,
    threshold,
    clear_threshold: readClear(condition, text.clear, faults),
    for_ms: forMs,
    // What had to last to raise it has to last to clear it, unless said otherwise.
    clear_after_ms: readDuration(text.clearAfter, forMs, faults),
    min_offered: readMinOffered(metric, text.minOffered, faults),
    queues: readQueues(metric, text, faults),
    channel: readChannel(text.channel, faults),
  };
  return faults.length === 0 ? { status: 'valid', rule } : { status: 'invalid', faults };
};

/**
 * Whether a rule from the log can be evaluated. What parses is sound; an event may come from elsewhere, and JSON's
 * `1e999` is infinite.
 */
export const isSoundRule = ({ metric, operator, ...rule }: AlertRule): boolean => {
  const { threshold, clear_threshold: clear, for_ms, clear_after_ms } = rule;
  const isOnGoodSide = isAbove(operator) ? clear <= threshold : clear >= threshold;
  const grows = ALERT_METRICS[metric].kind === 'growing';
  return (
    Number.isFinite(threshold) &&
    Number.isFinite(clear) &&
    isOnGoodSide &&
    for_ms >= 0 &&
    clear_after_ms >= 0 &&
    (isAbove(operator) || !grows)
  );
};
