/** The curve of the day for the queues shown, or a line saying why there is none. */
import { useMemo } from 'preact/hooks';
import { dayOf, INTERVAL_MS } from './day.ts';
import { DayCurve, withoutCurve } from './day-curve.tsx';
import type { ViewProps } from './view.ts';

export const DayStrip = ({
  board,
  state,
  queues,
  day,
  nowMs,
  timeZone,
  fontPx,
}: ViewProps & { readonly fontPx: number }) => {
  const live = state.connection.status === 'live';
  const intervalMs = Math.floor(nowMs / INTERVAL_MS) * INTERVAL_MS;
  // Drawn anew when a figure changes, not at every tick of the clock.
  const known = useMemo(() => {
    if (day.status !== 'ok') return null;
    return dayOf(day.rows, live ? queues.map(({ interval }) => interval) : [], intervalMs);
  }, [day, live, state.queues, board.queues, board.queue, intervalMs]);
  const excuse = withoutCurve(day);
  if (excuse !== null) return <p class="day-excuse">{excuse}</p>;
  if (known === null) return null;
  return (
    <div class="day-strip" data-live={live}>
      <DayCurve day={known} target={board.serviceLevel.warn} timeZone={timeZone} fontPx={fontPx} />
    </div>
  );
};
