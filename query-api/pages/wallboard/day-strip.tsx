/** The curve of the day for the queues shown, or a line saying why there is none. */
import { useMemo } from 'preact/hooks';
import type { LiveQueue } from '../../../schemas/live.ts';
import type { Board } from './board-address.ts';
import { dayOf, INTERVAL_MS } from './day.ts';
import { DayCurve, withoutCurve } from './day-curve.tsx';
import { serviceLevelLimits } from './tones.ts';
import type { ViewProps } from './view.ts';

/** The target of all queues shown; null where they differ. */
const commonTarget = (queues: readonly LiveQueue[], board: Board): number | null => {
  const [first, ...others] = queues.map((queue) => serviceLevelLimits(queue, board).warn);
  return first !== undefined && others.every((target) => target === first) ? first : null;
};

export const DayStrip = ({
  board,
  state,
  queues,
  definition,
  day,
  nowMs,
  timeZone,
  fontPx,
}: ViewProps & { readonly fontPx: number }) => {
  const live = state.connection.status === 'live';
  const intervalMs = Math.floor(nowMs / INTERVAL_MS) * INTERVAL_MS;
  const isShared = definition !== null;
  // Drawn anew when a figure changes, not at every tick of the clock.
  const known = useMemo(() => {
    if (day.status !== 'ok') return null;
    const whole = dayOf(day.rows, live ? queues.map(({ interval }) => interval) : [], intervalMs);
    // Asked without one, the API has answered by the default: a figure of no queue's own.
    return isShared ? whole : { ...whole, serviceLevel: whole.serviceLevel.map(() => null) };
  }, [day, live, isShared, state.queues, board.queues, board.queue, intervalMs]);
  const excuse = withoutCurve(day);
  if (excuse !== null) return <p class="day-excuse">{excuse}</p>;
  if (known === null) return null;
  return (
    <div class="day-strip" data-live={live}>
      <DayCurve
        day={known}
        target={isShared ? commonTarget(queues, board) : null}
        level={
          isShared ? 'Service level' : 'No common service level: the queues have definitions of their own'
        }
        timeZone={timeZone}
        fontPx={fontPx}
      />
    </div>
  );
};
