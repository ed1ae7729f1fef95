/** One queue on the board. Figures that are not live any more are shown without colours, under the time they are of. */
import type { LiveAlert, LiveQueue } from '../../../schemas/live.ts';
import { Agents } from './agents.tsx';
import { alertValue } from './alerts.ts';
import type { Board } from './board-address.ts';
import { definitionOf } from './definition.ts';
import { clockTime, meanTime, percentDigits, timeOfDay } from './format.ts';
import { Gauge } from './gauge.tsx';
import {
  longestWaitMs,
  type QueueTones,
  SIGNS,
  serviceLevelLimits,
  type Tone,
  tonesOf,
  WORDS,
} from './tones.ts';

export interface TileProps {
  readonly queue: LiveQueue;
  readonly board: Board;
  /** The board's time, which stands still while it is not live. */
  readonly nowMs: number;
  readonly timeZone: string | undefined;
  /** False: the connection is lost. */
  readonly live: boolean;
  readonly alerts: readonly LiveAlert[];
  /** Where its name leads. */
  readonly href: string;
  readonly onOpen: (event: MouseEvent) => void;
}

const NO_TONES: QueueTones = {
  serviceLevel: 'none',
  intervalServiceLevel: 'none',
  abandonment: 'none',
  longestWait: 'none',
  waiting: 'none',
  overall: 'none',
};

interface FigureProps {
  readonly field: string;
  readonly label: string;
  readonly value: string | number;
  readonly unit?: string;
  readonly tone?: Tone;
}
const Figure = ({ field, label, value, unit, tone = 'none' }: FigureProps) => (
  <div class="figure" data-tone={tone}>
    <dt class="label">{label}</dt>
    <dd data-field={field}>
      {(tone === 'warn' || tone === 'bad') && (
        <span class="sign" role="img" aria-label={WORDS[tone]}>
          {SIGNS[tone]}
        </span>
      )}
      <span class="value">{value}</span>
      {unit !== undefined && value !== '–' && <span class="unit"> {unit}</span>}
    </dd>
  </div>
);

/** What stands where the overall tone would: old or stale figures have none. */
const standingOf = (
  { queue, live, timeZone, alerts }: TileProps,
  tone: Tone,
): { readonly state: string; readonly sign: string; readonly text: string } => {
  const asOf = timeOfDay(Date.parse(queue.as_of), timeZone);
  if (!live) return { state: 'old', sign: '✕', text: `OLD, of ${asOf}` };
  if (queue.stale === true) return { state: 'stale', sign: '✕', text: `STALE since ${asOf}` };
  if (alerts.length > 0) return { state: 'bad', sign: '⚑', text: 'alert' };
  return { state: tone, sign: SIGNS[tone], text: WORDS[tone] };
};

const AlertLine = ({ alerts }: { readonly alerts: readonly LiveAlert[] }) => {
  const [first, ...others] = alerts;
  if (first === undefined) return null;
  return (
    <p class="tile-alert">
      <span aria-hidden="true">⚑ </span>
      {first.rule} ({alertValue(first)}){others.length > 0 && ` and ${others.length} more`}
    </p>
  );
};

export const Tile = (props: TileProps) => {
  const { queue, board, nowMs, live, alerts, href, onOpen } = props;
  const { today } = queue;
  const current = live && queue.stale !== true;
  const tones = current ? tonesOf(queue, board, nowMs) : NO_TONES;
  const standing = standingOf(props, tones.overall);
  const waitMs = longestWaitMs(queue, current ? nowMs : Date.parse(queue.as_of));
  return (
    <article
      class="tile"
      data-standing={standing.state}
      data-queue={queue.queue}
      data-channel={queue.channel}
    >
      <header class="tile-head">
        <h2>
          <a href={href} onClick={onOpen}>
            {queue.queue}
          </a>
          {queue.channel !== 'voice' && <small> {queue.channel}</small>}
        </h2>
        <p class="chip" data-standing={standing.state}>
          <span aria-hidden="true">{standing.sign} </span>
          {standing.text}
        </p>
      </header>
      <AlertLine alerts={alerts} />
      <div class="tile-now">
        <dl>
          <Figure field="waiting" label="Waiting" value={queue.waiting} tone={tones.waiting} />
          <Figure
            field="longest"
            label="Longest wait"
            value={clockTime(waitMs === null ? null : waitMs / 1000)}
            tone={tones.longestWait}
          />
        </dl>
        <Gauge
          value={today.service_level}
          target={serviceLevelLimits(queue, board).warn}
          tone={tones.serviceLevel}
          label={`Service level, ${definitionOf(queue).sl_threshold}`}
        />
      </div>
      <dl class="tile-today">
        <Figure
          field="interval_service_level"
          label="SL 15 min"
          value={percentDigits(queue.interval.service_level)}
          unit="%"
          tone={tones.intervalServiceLevel}
        />
        <Figure
          field="abandonment_rate"
          label="Abandoned"
          value={percentDigits(today.abandonment_rate)}
          unit="%"
          tone={tones.abandonment}
        />
        <Figure field="asa_s" label="ASA" value={meanTime(today.asa_s)} />
        <Figure field="aht_s" label="AHT" value={meanTime(today.aht_s)} />
        <Figure field="occupancy" label="Occupancy" value={percentDigits(today.occupancy)} unit="%" />
      </dl>
      <Agents agents={queue.agents} />
    </article>
  );
};
