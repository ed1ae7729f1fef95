/**
 * The wallboard: keeps one socket open, and one tile for each queue. It computes no figure; what it adds is the
 * ticking of the longest wait, colours with words, and saying loudly when the numbers are not live.
 * @import { AgentCounts, LiveQueue, ServerMessage } from '../../schemas/live.ts'
 */

const TOKEN_KEY = 'busyhour-token';
const PROTOCOL = 'busyhour.v1';
/** No message for so long (the server's heartbeat is 5 s) means that the connection is dead. */
const SILENCE_MS = 12_000;
const RECONNECT_FIRST_MS = 500;
const RECONNECT_MAX_MS = 10_000;
const TICK_MS = 250;

/** Where a figure turns from good to attention to bad. */
const TARGETS = {
  serviceLevel: { good: 0.8, warn: 0.7 },
  abandonment: { good: 0.05, warn: 0.08 },
  longestWaitMs: { good: 20_000, warn: 60_000 },
};
const WORDS = { good: '● on target', warn: '▲ near target', bad: '■ off target', none: '' };

/** @typedef {keyof typeof WORDS} Tone */

/** @type {(id: string) => HTMLElement} */
const byId = (id) => {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page lacks #${id}`);
  return found;
};

/** The token from the address is moved out of sight, so that it is not shown on the wall or kept in bookmarks. */
const takeToken = () => {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given !== null) {
    sessionStorage.setItem(TOKEN_KEY, given);
    history.replaceState(null, '', location.pathname + location.search);
  }
  return given ?? sessionStorage.getItem(TOKEN_KEY);
};

/** @type {(value: number | null) => string} */
const percent = (value) => (value === null ? '–' : `${(value * 100).toFixed(1)} %`);
/** @type {(seconds: number | null) => string} */
const clockTime = (seconds) => {
  if (seconds === null) return '–';
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor((whole % 3600) / 60), whole % 60].map((part) => String(part).padStart(2, '0'));
  return whole < 3600 ? parts.join(':') : [Math.floor(whole / 3600), ...parts].join(':');
};
/** @type {(value: number | null, target: { good: number, warn: number }) => Tone} */
const highIsGood = (value, target) => {
  if (value === null) return 'none';
  if (value >= target.good) return 'good';
  return value >= target.warn ? 'warn' : 'bad';
};
/** @type {(value: number | null, target: { good: number, warn: number }) => Tone} */
const lowIsGood = (value, target) => {
  if (value === null) return 'none';
  if (value <= target.good) return 'good';
  return value <= target.warn ? 'warn' : 'bad';
};

/** @type {Map<string, { queue: LiveQueue, tile: HTMLElement }>} */
const tiles = new Map();
/** The server's clock less this one's: a wall's own clock is often wrong. */
let clockAheadMs = 0;
/** @type {string | undefined} */
let timeZone;

const serverNow = () => Date.now() + clockAheadMs;

/** @type {(tile: HTMLElement, field: string, text: string | number) => void} */
const write = (tile, field, text) => {
  const element = tile.querySelector(`[data-field="${field}"]`);
  if (element !== null && element.textContent !== String(text)) element.textContent = String(text);
};
/** @type {(tile: HTMLElement, part: string, tone: Tone) => void} */
const colour = (tile, part, tone) =>
  tile.querySelector(`[data-part="${part}"]`)?.setAttribute('data-tone', tone);

/** @type {(tile: HTMLElement, queue: LiveQueue) => void} */
const writeLongest = (tile, queue) => {
  const since = queue.oldest_waiting_since;
  const waitMs = since === null ? null : serverNow() - Date.parse(since);
  write(tile, 'longest', waitMs === null ? '–' : clockTime(waitMs / 1000));
  colour(tile, 'longest', lowIsGood(waitMs, TARGETS.longestWaitMs));
};

/** @type {(tile: HTMLElement, queue: LiveQueue) => void} */
const writeLevels = (tile, { today, interval }) => {
  const toneToday = highIsGood(today.service_level, TARGETS.serviceLevel);
  const toneInterval = highIsGood(interval.service_level, TARGETS.serviceLevel);
  const toneAbandoned = lowIsGood(today.abandonment_rate, TARGETS.abandonment);
  tile.dataset.level = toneToday;
  write(tile, 'slToday', percent(today.service_level));
  write(tile, 'slTodayWord', WORDS[toneToday]);
  write(tile, 'slInterval', percent(interval.service_level));
  write(tile, 'slIntervalWord', WORDS[toneInterval]);
  write(tile, 'abandonment', percent(today.abandonment_rate));
  write(tile, 'abandonmentWord', WORDS[toneAbandoned].slice(0, 1));
  colour(tile, 'today', toneToday);
  colour(tile, 'interval', toneInterval);
  colour(tile, 'abandoned', toneAbandoned);
};

/** @type {(tile: HTMLElement, queue: LiveQueue) => void} */
const writeFlag = (tile, queue) => {
  const flag = tile.querySelector('[data-field="flag"]');
  if (!(flag instanceof HTMLElement)) return;
  const stale = queue.stale === true;
  tile.dataset.stale = String(stale);
  flag.hidden = !stale;
  const asOf = new Date(queue.as_of).toLocaleTimeString([], { timeZone, hour12: false });
  flag.textContent = stale ? `STALE: source silent, as of ${asOf}` : '';
};

/** @type {(tile: HTMLElement, queue: LiveQueue) => void} */
const fill = (tile, queue) => {
  const { today, agents } = queue;
  write(tile, 'queue', queue.channel === 'voice' ? queue.queue : `${queue.queue} (${queue.channel})`);
  write(tile, 'waiting', queue.waiting);
  write(tile, 'asa', clockTime(today.asa_s));
  write(tile, 'aht', clockTime(today.aht_s));
  write(tile, 'occupancy', percent(today.occupancy));
  write(tile, 'answered', today.answered);
  write(tile, 'offered', today.offered);
  for (const [state, count] of Object.entries(agents)) write(tile, state, count);
  writeLevels(tile, queue);
  writeLongest(tile, queue);
  writeFlag(tile, queue);
};

const createTile = () => {
  const template = byId('tile');
  if (!(template instanceof HTMLTemplateElement)) throw new Error('#tile is no template');
  const tile = template.content.firstElementChild?.cloneNode(true);
  if (!(tile instanceof HTMLElement)) throw new Error('#tile is empty');
  return tile;
};

/** @type {(queue: LiveQueue) => string} */
const keyOf = (queue) => `${queue.queue}\n${queue.channel}`;

const arrange = () => {
  const inOrder = [...tiles.entries()].sort(([a], [b]) => a.localeCompare(b));
  byId('queues').replaceChildren(...inOrder.map(([, { tile }]) => tile));
};

/** @type {(queues: readonly LiveQueue[]) => void} */
const show = (queues) => {
  let added = false;
  for (const queue of queues) {
    const known = tiles.get(keyOf(queue));
    const tile = known?.tile ?? createTile();
    added ||= known === undefined;
    tiles.set(keyOf(queue), { queue, tile });
    fill(tile, queue);
  }
  if (added) arrange();
  if (tiles.size > 0) hint('');
};

/** @type {(state: 'connecting' | 'live' | 'lost', text: string) => void} */
const tell = (state, text) => {
  const connection = byId('connection');
  document.body.dataset.state = state;
  connection.dataset.state = state;
  if (connection.textContent !== text) connection.textContent = text;
};
/** @type {(text: string) => void} */
const hint = (text) => {
  byId('hint').textContent = text;
  byId('hint').hidden = text === '';
};

/** @type {(message: ServerMessage) => void} */
const receive = (message) => {
  if (message.type === 'error') {
    hint(message.message);
    return;
  }
  clockAheadMs = Date.parse(message.at) - Date.now();
  tell('live', '● Live');
  if (message.type === 'heartbeat') return;
  if (message.type === 'snapshot') {
    tiles.clear();
    arrange();
    if (message.queues.length === 0)
      hint('No queue has been heard of yet. Tiles appear with the first event.');
  }
  show(message.queues);
};

/** @type {(token: string | null) => void} */
const connect = (token) => {
  let attempt = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let silence;
  const open = () => {
    const address = new URL('/v1/live', location.href);
    address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(address, token === null ? [PROTOCOL] : [PROTOCOL, token]);
    const listen = () => {
      clearTimeout(silence);
      silence = setTimeout(() => {
        tell('lost', '✕ DISCONNECTED: no sign of the server');
        socket.close();
      }, SILENCE_MS);
    };
    listen();
    socket.addEventListener('open', () => {
      attempt = 0;
      // A wall may show only some queues: /?queues=sales,support
      const queues = new URLSearchParams(location.search).get('queues')?.split(',') ?? '*';
      socket.send(JSON.stringify({ type: 'subscribe', queues }));
    });
    socket.addEventListener('message', ({ data }) => {
      listen();
      receive(JSON.parse(String(data)));
    });
    socket.addEventListener('close', () => {
      clearTimeout(silence);
      const pauseMs = Math.min(RECONNECT_FIRST_MS * 2 ** attempt, RECONNECT_MAX_MS);
      attempt += 1;
      tell('lost', '✕ DISCONNECTED: the numbers below are old. Reconnecting …');
      // Spread, so that all walls of a site do not come back at the same moment.
      setTimeout(open, pauseMs * (0.5 + Math.random() / 2));
    });
  };
  open();
};

/** @type {(token: string | null) => Promise<boolean>} */
const showAbout = async (token) => {
  const response = await fetch(
    '/v1/about',
    token === null ? {} : { headers: { authorization: `Bearer ${token}` } },
  );
  if (response.status === 401 || response.status === 403) return false;
  if (!response.ok) return true;
  const about = await response.json();
  byId('simulated').hidden = !about.simulated;
  timeZone = about.timeZone;
  return true;
};

const ticking = () => {
  for (const { queue, tile } of tiles.values()) writeLongest(tile, queue);
  byId('clock').textContent = new Date(serverNow()).toLocaleTimeString([], { timeZone, hour12: false });
};

const start = async () => {
  setInterval(ticking, TICK_MS);
  const token = takeToken();
  // Where the server cannot be reached yet, the socket keeps trying and says so.
  const known = await showAbout(token).catch(() => true);
  if (known) return connect(token);
  tell('lost', '✕ NO ACCESS');
  hint(
    'This page needs a valid token: open it with the address that Busyhour printed when it started (…/#token=…).',
  );
};
addEventListener('hashchange', () => location.reload());
await start();
