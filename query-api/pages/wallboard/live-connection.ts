/**
 * Keeps one live socket open for as long as the page lives: asks who it is, subscribes, listens for silence, and comes
 * back after every loss, at first soon, then slower, each wall at a moment of its own. A token that has ended does not
 * come back: it stays away until the page is opened with another.
 */
import { TOKEN_ENDED } from '../../live/close-codes.ts';
import type { Api } from '../shared/api.ts';
import type { BoardEvent } from './board-state.ts';
import { readLiveMessage } from './live-message.ts';

const PROTOCOL = 'busyhour.v1';
/** The server sends something every 5 s; without it for so long the connection is dead. */
export const SILENCE_MS = 8000;
const CHECK_MS = 500;
/** A handshake or first snapshot that takes longer is given up. */
const OPENING_MS = 8000;
const RECONNECT_FIRST_MS = 500;
const RECONNECT_MAX_MS = 15_000;
/** A server that has just started may not know its tokens yet; asked more often, it would take this for guessing. */
const DENIED_PAUSE_MS = 60_000;
/** A new snapshot heals whatever was missed, and forgets queues that are gone. */
const RESUBSCRIBE_MS = 900_000;

export interface About {
  readonly simulated: boolean;
  readonly timeZone: string;
}
export interface LiveConnectionOptions {
  readonly api: Api;
  readonly queues: readonly string[] | null;
  readonly onEvent: (event: BoardEvent) => void;
  /** Called at every connect. */
  readonly onAbout: (about: About) => void;
}

/** Half of it is by chance, so that all walls of a site do not come back at the same moment. */
const pauseMs = (attempt: number): number =>
  Math.min(RECONNECT_FIRST_MS * 2 ** attempt, RECONNECT_MAX_MS) * (0.5 + Math.random() / 2);

const openSocket = (token: string | null): WebSocket => {
  const address = new URL('/v1/live', location.href);
  address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  return new WebSocket(address, token === null ? [PROTOCOL] : [PROTOCOL, token]);
};

interface Ending {
  readonly reason: string;
  /** The server had sent something before. */
  readonly answered: boolean;
  readonly tokenEnded: boolean;
}

/** Resolves when the socket has ended; `signal` ends it too. */
const listen = (options: LiveConnectionOptions, signal: AbortSignal): Promise<Ending> =>
  new Promise((ended) => {
    const socket = openSocket(options.api.token);
    let heardAtMs = Date.now();
    let answered = false;
    const finish = (reason: string, tokenEnded = false): void => {
      clearInterval(watch);
      clearInterval(refresh);
      signal.removeEventListener('abort', onAbort);
      // A dead peer answers no farewell: what it may still send is of no interest any more.
      socket.onmessage = null;
      socket.onclose = null;
      socket.close();
      ended({ reason, answered, tokenEnded });
    };
    const onAbort = (): void => finish('');
    const subscribe = (): void =>
      socket.send(JSON.stringify({ type: 'subscribe', queues: options.queues ?? '*' }));
    // Compared with the clock, not a timer of that length: after a machine slept, its old figures show at once.
    const watch = setInterval(() => {
      const silentMs = Date.now() - heardAtMs;
      if (silentMs > (answered ? SILENCE_MS : OPENING_MS)) finish('no sign of the server');
    }, CHECK_MS);
    const refresh = setInterval(() => {
      if (socket.readyState === WebSocket.OPEN) subscribe();
    }, RESUBSCRIBE_MS);
    signal.addEventListener('abort', onAbort);
    socket.onopen = subscribe;
    socket.onmessage = ({ data }) => {
      heardAtMs = Date.now();
      answered = true;
      const message = readLiveMessage(String(data));
      if (message !== null) options.onEvent({ type: 'message', message, atMs: heardAtMs });
    };
    socket.onclose = ({ code, reason }) =>
      finish(reason === '' ? 'the connection broke' : reason, code === TOKEN_ENDED);
  });

/** Names the build of the page that the server has now; null while it does not answer. */
const pageVersion = async ({ request }: Api): Promise<string | null> => {
  const answer = await request('/', {
    method: 'HEAD',
    cache: 'no-store',
    signal: AbortSignal.timeout(OPENING_MS),
  });
  return answer.status === 'ok' ? answer.value.headers.get('etag') : null;
};

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resume) => {
    const done = (): void => {
      clearTimeout(timer);
      removeEventListener('online', done);
      signal.removeEventListener('abort', done);
      resume();
    };
    const timer = setTimeout(done, ms);
    addEventListener('online', done);
    signal.addEventListener('abort', done);
  });

/** What became of an attempt: there was something to see, nothing, no access for now, or no more for this token. */
type Attempted = 'answered' | 'failed' | 'denied' | 'ended';

/** Asks who this is and listens until the connection ends. */
const attempt = async (options: LiveConnectionOptions, signal: AbortSignal): Promise<Attempted> => {
  const { api, onEvent, onAbout } = options;
  const about = await api.json<About>('/v1/about', { signal: AbortSignal.timeout(OPENING_MS) });
  if (signal.aborted) return 'failed';
  if (about.status !== 'ok') {
    const denied = about.status === 'unauthorized' || about.status === 'forbidden';
    const reason = about.status === 'unreachable' ? 'the server cannot be reached' : about.message;
    onEvent({ type: 'connection', connection: { status: denied ? 'denied' : 'lost', reason } });
    return denied ? 'denied' : 'failed';
  }
  onAbout(about.value);
  const { reason, answered, tokenEnded } = await listen(options, signal);
  const status = tokenEnded ? 'denied' : 'lost';
  if (!signal.aborted) onEvent({ type: 'connection', connection: { status, reason } });
  if (tokenEnded) return 'ended';
  return answered ? 'answered' : 'failed';
};

/** Connects, and comes back after every loss, until the returned function is called or the token has ended. */
export const connectLive = (options: LiveConnectionOptions): (() => void) => {
  const stopping = new AbortController();
  const { signal } = stopping;
  const run = async (): Promise<void> => {
    let loaded: string | null = null;
    let failures = 0;
    while (!signal.aborted) {
      const version = await pageVersion(options.api);
      loaded ??= version;
      // A wall that runs for months takes over a new build by itself.
      if (version !== null && version !== loaded && !signal.aborted) location.reload();
      const attempted = await attempt(options, signal);
      if (attempted === 'ended') return;
      failures = attempted === 'answered' ? 0 : failures + 1;
      await pause(attempted === 'denied' ? DENIED_PAUSE_MS : pauseMs(failures), signal);
    }
  };
  void run();
  return () => stopping.abort();
};
