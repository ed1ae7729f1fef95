/** A set of tiles, each with what belongs to its queue. */
import type { LiveAlert, LiveQueue } from '../../../schemas/live.ts';
import { writeBoard } from './board-address.ts';
import { keyOf } from './board-state.ts';
import { Tile } from './tile.tsx';
import type { ViewProps } from './view.ts';

/** An alert on a source as a whole stands above the board only. */
const alertsOf = (alerts: readonly LiveAlert[], { queue }: LiveQueue): readonly LiveAlert[] =>
  alerts.filter((alert) => alert.queue === queue);

/** Higher than this a tile would only be emptier. */
const MOST_EM_HIGH = 25;

export interface TilesProps extends ViewProps {
  readonly queues: readonly LiveQueue[];
  readonly columns: number;
  readonly rows: number | null;
  readonly fontPx: number;
}

export const Tiles = (props: TilesProps) => {
  const { queues, board, change, state, nowMs, timeZone, columns, rows, fontPx } = props;
  const style = {
    fontSize: `${fontPx}px`,
    gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
    ...(rows === null ? {} : { gridTemplateRows: `repeat(${rows}, minmax(0, ${MOST_EM_HIGH}em))` }),
  };
  return (
    <div class="tiles" style={style}>
      {queues.map((queue) => {
        const only = { ...board, view: 'grid', queue: queue.queue } as const;
        const open = (event: MouseEvent): void => {
          // A new tab or window is the browser's to open.
          if (event.ctrlKey || event.metaKey || event.shiftKey) return;
          event.preventDefault();
          change(only);
        };
        return (
          <Tile
            key={keyOf(queue)}
            queue={queue}
            board={board}
            nowMs={nowMs}
            timeZone={timeZone}
            live={state.connection.status === 'live'}
            alerts={alertsOf(state.alerts, queue)}
            href={`/${writeBoard(only)}`}
            onOpen={open}
          />
        );
      })}
    </div>
  );
};
