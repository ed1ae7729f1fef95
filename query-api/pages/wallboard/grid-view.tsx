/** The board at a desk or on a phone: every tile at once, the curve of the day beneath. */
import { DayStrip } from './day-strip.tsx';
import { layGrid } from './tile-layout.ts';
import { Tiles } from './tiles.tsx';
import { useSize } from './use-size.ts';
import type { ViewProps } from './view.ts';

export const GridView = (props: ViewProps) => {
  const { board, queues } = props;
  const { ref, size } = useSize();
  const { columns, fontPx } = layGrid(size.width, innerHeight, queues.length);
  return (
    <main class="grid-view">
      <h1 class="visually-hidden">Wallboard</h1>
      <div ref={ref}>
        <Tiles {...props} columns={columns} rows={null} fontPx={fontPx} />
      </div>
      {board.chart && queues.length > 0 && <DayStrip {...props} fontPx={Math.max(12, fontPx * 0.9)} />}
    </main>
  );
};
