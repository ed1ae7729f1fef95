/** What the whole board has to say above its tiles: lost connection, raised alerts, parameters not understood. */
import type { LiveAlert } from '../../../schemas/live.ts';
import { alertValue } from './alerts.ts';
import type { BoardState } from './board-state.ts';
import { timeOfDay } from './format.ts';

export interface BannerProps {
  readonly state: BoardState;
  readonly nowMs: number;
  readonly timeZone: string | undefined;
  readonly faults: readonly string[];
}

const ageOf = (ms: number): string => {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h`;
};

/** Said once: the age, which changes each second, is only for the eyes. */
const Lost = ({ state, nowMs, timeZone }: BannerProps) => {
  const { connection, heardAtMs, clockAheadMs } = state;
  if (connection.status !== 'lost') return null;
  return (
    <div class="banner loud" role="alert">
      <strong>✕ DISCONNECTED</strong>{' '}
      {heardAtMs === null ? (
        'Nothing has been received yet.'
      ) : (
        <span>
          The numbers below are old, of {timeOfDay(heardAtMs, timeZone)}
          <span aria-hidden="true"> ({ageOf(nowMs + clockAheadMs - heardAtMs)} ago)</span>.
        </span>
      )}{' '}
      <small>Reconnecting: {connection.reason}</small>
    </div>
  );
};

const MAX_SHOWN = 4;
const Alerts = ({
  alerts,
  timeZone,
}: {
  readonly alerts: readonly LiveAlert[];
  readonly timeZone: string | undefined;
}) => (
  // Present when empty: a region that comes with its text is not read out.
  <div role="status" class={alerts.length === 0 ? 'visually-hidden' : 'banner alerts'}>
    {alerts.length > 0 && (
      <ul>
        {alerts.slice(0, MAX_SHOWN).map((alert) => (
          <li key={alert.id}>
            <span aria-hidden="true">⚑ </span>
            <strong>{alert.queue === '' ? alert.source : alert.queue}</strong>
            {` ${alert.rule} (${alertValue(alert)}), since ${timeOfDay(Date.parse(alert.raised_at), timeZone)}`}
          </li>
        ))}
        {alerts.length > MAX_SHOWN && <li>and {alerts.length - MAX_SHOWN} more</li>}
      </ul>
    )}
  </div>
);

export const Banner = (props: BannerProps) => (
  <>
    <Lost {...props} />
    <Alerts alerts={props.state.alerts} timeZone={props.timeZone} />
    {[...props.faults, ...(props.state.refusal === null ? [] : [props.state.refusal])].map((fault) => (
      <p key={fault} class="banner fault">
        {fault}
      </p>
    ))}
  </>
);
