/** The board on a wall: tiles as large as the screen allows, turned over by themselves, nothing else. */
import { useEffect } from 'preact/hooks';
import type { LiveQueue } from '../../../schemas/live.ts';
import { DayStrip } from './day-strip.tsx';
import { timeOfDay } from './format.ts';
import { layTiles, type TileLayout } from './tile-layout.ts';
import { Tiles } from './tiles.tsx';
import { SIGNS, type Tone, tonesOf } from './tones.ts';
import { type Rotation, useRotation } from './use-rotation.ts';
import { useScreenAwake } from './use-screen-awake.ts';
import { useSize } from './use-size.ts';
import type { ViewProps } from './view.ts';

interface PageMark {
  readonly tone: Tone;
  readonly sign: string;
}
const TONES = ['bad', 'warn', 'good'] as const satisfies readonly Tone[];
/** The worst among the queues of a page, so that trouble shows before its page comes round. */
const markOf = (queues: readonly LiveQueue[], { board, state, nowMs }: ViewProps): PageMark => {
  if (state.connection.status !== 'live') return { tone: 'none', sign: '' };
  if (queues.some((queue) => queue.stale === true)) return { tone: 'bad', sign: '✕' };
  const tones = queues.map((queue) => tonesOf(queue, board, nowMs).overall);
  const tone = TONES.find((each) => tones.includes(each)) ?? 'none';
  return { tone, sign: tone === 'good' ? '' : SIGNS[tone] };
};

const pagesOf = (queues: readonly LiveQueue[], { columns, rows, pages }: TileLayout): LiveQueue[][] =>
  Array.from({ length: pages }, (_, page) =>
    queues.slice(page * columns * rows, (page + 1) * columns * rows),
  );

/** Arrows turn pages, space holds, Escape leaves. */
const useKeys = ({ step, hold }: Rotation, leave: () => void): void => {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.target instanceof Element && event.target.closest('a, button, input, dialog') !== null) {
        if (event.key !== 'Escape') return;
      }
      const act = { ArrowRight: () => step(1), ArrowLeft: () => step(-1), ' ': hold, Escape: leave }[
        event.key
      ];
      if (act === undefined) return;
      event.preventDefault();
      act();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  });
};

/** More pages than this are counted, not listed. */
const MOST_SHOWN = 8;

interface TurnerProps {
  readonly rotation: Rotation;
  readonly pages: readonly PageMark[];
}
const Turner = ({ rotation, pages }: TurnerProps) => {
  const { page, held, hold, step } = rotation;
  return (
    <nav class="turner" aria-label="Pages of the board">
      <button type="button" class="quiet-button" onClick={() => step(-1)} aria-label="Previous page">
        ‹
      </button>
      <p class="turner-pages">
        <span class="visually-hidden">
          Page {page + 1} of {pages.length}
        </span>
        {pages.length > MOST_SHOWN ? (
          <span class="turner-page" data-on="true" aria-hidden="true">
            {page + 1} / {pages.length}
          </span>
        ) : (
          pages.map(({ tone, sign }, index) => (
            <span
              key={index}
              class="turner-page"
              data-tone={tone}
              data-on={index === page}
              aria-hidden="true"
            >
              {index + 1} {sign}
            </span>
          ))
        )}
      </p>
      <button type="button" class="quiet-button" onClick={() => step(1)} aria-label="Next page">
        ›
      </button>
      <button type="button" class="quiet-button" onClick={hold} aria-pressed={held}>
        {held ? 'Held' : 'Hold'}
      </button>
    </nav>
  );
};

/** Beneath one row of tiles there is room for the curve. */
const CURVE_OF_HEIGHT = 0.36;
const CURVE_FONT_OF_HEIGHT = 0.022;

export const TvView = (props: ViewProps & { readonly simulated: boolean }) => {
  const { board, change, state, queues, timeZone, simulated } = props;
  const { ref, size } = useSize();
  const live = state.connection.status === 'live';
  const whole = layTiles(size, innerHeight, queues.length, board.tiles);
  const shortArea = { ...size, height: size.height * (1 - CURVE_OF_HEIGHT) };
  const short = layTiles(shortArea, innerHeight, queues.length, board.tiles);
  // Smaller tiles must not cost a page of their own, unless one row is what was asked for.
  const hasRoom = short.rows === 1 && (short.pages === 1 || board.tiles !== null);
  const withCurve = board.chart && props.day.status === 'ok' && hasRoom;
  const layout = withCurve ? short : whole;
  const pages = pagesOf(queues, layout);
  const rotation = useRotation(layout.pages, board.pageMs);
  const leave = (): void => {
    if (document.fullscreenElement !== null) void document.exitFullscreen();
    change({ ...board, view: 'grid' });
  };
  useKeys(rotation, leave);
  useScreenAwake();
  return (
    <>
      <header class="tv-head">
        <h1>
          <img src="/icon.svg" alt="" />
          Busyhour
        </h1>
        {simulated && <p class="notice">Simulated</p>}
        {pages.length > 1 && <Turner rotation={rotation} pages={pages.map((page) => markOf(page, props))} />}
        <p class="connection" data-status={state.connection.status}>
          {live ? '● Live' : '✕ Not live'}
        </p>
        <time class="clock">{timeOfDay(Date.now() + state.clockAheadMs, timeZone)}</time>
        <button type="button" class="quiet-button tv-leave" onClick={leave} aria-label="Leave the TV view">
          ✕
        </button>
      </header>
      <main class="tv-view" ref={ref}>
        <Tiles
          {...props}
          queues={pages[rotation.page] ?? []}
          columns={layout.columns}
          rows={layout.rows}
          fontPx={layout.fontPx}
        />
        {withCurve && (
          <DayStrip {...props} fontPx={Math.min(layout.fontPx, innerHeight * CURVE_FONT_OF_HEIGHT)} />
        )}
      </main>
    </>
  );
};
