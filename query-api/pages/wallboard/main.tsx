/** The wallboard: one socket, one board, shown as a grid, as one queue, or on a TV. It computes no figure. */
import { render } from 'preact';
import { useState } from 'preact/hooks';
import { type Api, createApi, takeToken } from '../shared/api.ts';
import { Header } from '../shared/header.tsx';
import { storedTheme, type Theme } from '../shared/theme.ts';
import { Banner } from './banner.tsx';
import { type BoardState, boardTimeMs, shownQueues, unheardOf } from './board-state.ts';
import { sharedDefinition } from './definition.ts';
import { timeOfDay } from './format.ts';
import { GridView } from './grid-view.tsx';
import { QueueView } from './queue-view.tsx';
import { Settings } from './settings.tsx';
import { TokenPrompt } from './token-prompt.tsx';
import { TvView } from './tv-view.tsx';
import { type BoardAddress, useBoardAddress } from './use-board-address.ts';
import { useDay } from './use-day.ts';
import { type Live, useLive } from './use-live.ts';
import { useNowMs } from './use-now.ts';
import type { ViewProps } from './view.ts';

const STANDINGS = {
  connecting: 'Connecting …',
  live: '● Live',
  lost: '✕ Not live',
  denied: '✕ No access',
} as const;

interface DeskHeaderProps extends BoardAddress {
  readonly api: Api;
  readonly live: Live;
  readonly nowMs: number;
}
const DeskHeader = ({ board, change, api, live, nowMs }: DeskHeaderProps) => {
  const [open, setOpen] = useState(false);
  const { state, about } = live;
  const watchOnTv = (): void => {
    change({ ...board, view: 'tv', queue: null });
    // Refused in some kiosks, where the window is the whole screen already.
    void document.documentElement.requestFullscreen().catch(() => undefined);
  };
  const themeInAddress = (theme: Theme): void => change({ ...board, theme });
  return (
    <Header page="wallboard" theme={board.theme ?? storedTheme()} onChoose={themeInAddress}>
      {about?.simulated === true && (
        <p class="notice">
          Simulated<span class="at-length"> centre: these are not real contacts</span>
        </p>
      )}
      <p class="connection" data-status={state.connection.status}>
        {STANDINGS[state.connection.status]}
      </p>
      <time class="clock">{timeOfDay(nowMs + state.clockAheadMs, about?.timeZone)}</time>
      {open && (
        <Settings
          board={board}
          api={api}
          onClose={() => setOpen(false)}
          onApply={(next) => {
            setOpen(false);
            change(next);
          }}
        />
      )}
      <div class="header-actions">
        <button type="button" onClick={() => setOpen(true)}>
          Settings
        </button>
        <button type="button" onClick={watchOnTv}>
          TV
        </button>
      </div>
    </Header>
  );
};

/** What to say of tiles that are not there: a queue that the board should show must not be missing without a word. */
const onMissing = (state: BoardState, names: readonly string[] | null): string | null => {
  if (state.connection.status !== 'live') return null;
  if (names === null && state.queues.size === 0) {
    return 'No queue has been heard of yet. Tiles appear with the first event.';
  }
  const missing = unheardOf(state, names);
  return missing.length === 0 ? null : `Nothing has been heard of ${missing.join(', ')} today.`;
};

const App = ({ api }: { readonly api: Api }) => {
  const address = useBoardAddress();
  const { board, change, faults } = address;
  const names = board.queue === null ? board.queues : [board.queue];
  const live = useLive(api, board.queues === null ? null : [...new Set([...board.queues, ...(names ?? [])])]);
  const { state, about } = live;
  const nowMs = useNowMs();
  const queues = shownQueues(state.queues, names);
  const definition = sharedDefinition(queues);
  const hasTiles = queues.length > 0;
  const day = useDay(
    api,
    { queues: names, definition },
    board.chart && hasTiles && state.connection.status === 'live',
  );
  if (state.connection.status === 'denied') return <TokenPrompt reason={state.connection.reason} />;
  const timeZone = about?.timeZone;
  const view: ViewProps = {
    board,
    change,
    state,
    queues,
    definition,
    day,
    nowMs: boardTimeMs(state, nowMs),
    timeZone,
  };
  const onTv = board.view === 'tv' && board.queue === null;
  const missing = onMissing(state, names);
  const View = board.queue === null ? GridView : QueueView;
  return (
    <div class="page" data-view={onTv ? 'tv' : 'desk'} data-status={state.connection.status}>
      {!onTv && <DeskHeader {...address} api={api} live={live} nowMs={nowMs} />}
      <Banner
        state={state}
        nowMs={nowMs}
        timeZone={timeZone}
        faults={hasTiles && missing !== null ? [...faults, missing] : faults}
      />
      {!hasTiles && missing !== null && <p class="excuse">{missing}</p>}
      {onTv ? <TvView {...view} simulated={about?.simulated === true} /> : <View {...view} />}
    </div>
  );
};

// A token pasted into the address of an open page is one to begin anew with.
addEventListener('hashchange', () => location.reload());
render(<App api={createApi(takeToken())} />, document.body);
