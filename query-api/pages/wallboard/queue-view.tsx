/** One queue in full: its tile, today and the running quarter hour side by side, its curve of the day. */
import type { LiveFigures, LiveQueue } from '../../../schemas/live.ts';
import { writeBoard } from './board-address.ts';
import { DayStrip } from './day-strip.tsx';
import { definitionInWords, definitionOf } from './definition.ts';
import { meanTime, percent } from './format.ts';
import { layGrid } from './tile-layout.ts';
import { Tiles } from './tiles.tsx';
import { useSize } from './use-size.ts';
import type { ViewProps } from './view.ts';

const ROWS: readonly {
  readonly name: string;
  readonly text: (figures: LiveFigures) => string;
}[] = [
  { name: 'Offered', text: ({ offered }) => String(offered) },
  { name: 'Answered', text: ({ answered }) => String(answered) },
  { name: 'Abandoned', text: ({ abandoned }) => String(abandoned) },
  { name: 'Answered within the threshold', text: ({ answered_within: count }) => String(count) },
  { name: 'Service level', text: ({ service_level: level }) => percent(level) },
  { name: 'Abandonment', text: ({ abandonment_rate: rate }) => percent(rate) },
  { name: 'Average speed of answer', text: ({ asa_s: seconds }) => meanTime(seconds) },
  { name: 'Average handle time', text: ({ aht_s: seconds }) => meanTime(seconds) },
  { name: 'Occupancy', text: ({ occupancy }) => percent(occupancy) },
];

const FiguresTable = ({ queue }: { readonly queue: LiveQueue }) => (
  <table class="queue-figures">
    <caption>{definitionInWords(definitionOf(queue))}</caption>
    <thead>
      <tr>
        <th scope="col">{queue.channel === 'voice' ? 'Calls' : queue.channel}</th>
        <th scope="col">Today</th>
        <th scope="col">This quarter hour</th>
      </tr>
    </thead>
    <tbody>
      {ROWS.map(({ name, text }) => (
        <tr key={name}>
          <th scope="row">{name}</th>
          <td>{text(queue.today)}</td>
          <td>{text(queue.interval)}</td>
        </tr>
      ))}
    </tbody>
  </table>
);

/** Wider than this, the table stands beside the tile. */
const SIDE_BY_SIDE_PX = 900;

export const QueueView = (props: ViewProps) => {
  const { board, change, queues, state } = props;
  const { ref, size } = useSize();
  const width = size.width >= SIDE_BY_SIDE_PX ? size.width / 2 : size.width;
  const { fontPx } = layGrid(width, innerHeight, 1);
  const all = { ...board, queue: null };
  const back = (event: MouseEvent): void => {
    event.preventDefault();
    change(all);
  };
  return (
    <main class="queue-view" ref={ref}>
      <p class="queue-head">
        <a href={`/${writeBoard(all)}`} onClick={back}>
          ← All queues
        </a>
      </p>
      <h1 class="visually-hidden">Queue {board.queue}</h1>
      {queues.map((queue) => (
        <div key={queue.channel} class="queue-panel" data-live={state.connection.status === 'live'}>
          <Tiles {...props} queues={[queue]} columns={1} rows={null} fontPx={fontPx} />
          <FiguresTable queue={queue} />
        </div>
      ))}
      {board.chart && queues.length > 0 && <DayStrip {...props} fontPx={Math.max(12, fontPx * 0.9)} />}
    </main>
  );
};
