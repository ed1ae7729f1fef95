/**
 * What a board shows and where its figures turn, as the page's address says it: a board can be bookmarked, and the
 * settings panel only writes an address. Pure. docs/wallboard.md lists the parameters.
 */
import { THEMES, type Theme } from '../shared/theme.ts';
import { readNames, writeNames } from './address-names.ts';

/** Attention from the first on, bad from the second; for a service level downwards, for all else upwards. */
export interface Limits {
  readonly warn: number;
  readonly bad: number;
}

export interface Board {
  /** Null: every queue the token may see, by name; else these, in this order. */
  readonly queues: readonly string[] | null;
  readonly view: 'grid' | 'tv';
  /** The only queue shown, in full. */
  readonly queue: string | null;
  /** How long a page of a TV stays. */
  readonly pageMs: number;
  /** Columns and rows of a TV's page; null: as many as stay legible. */
  readonly tiles: { readonly columns: number; readonly rows: number } | null;
  readonly chart: boolean;
  /** Null: what this browser keeps. */
  readonly theme: Theme | null;
  /** Fractions; null: each queue by its own target. */
  readonly serviceLevel: Limits | null;
  readonly abandonment: Limits;
  readonly longestWaitMs: Limits;
  /** Contacts waiting; null: their number is not judged. */
  readonly waiting: Limits | null;
}

export const DEFAULT_BOARD: Board = {
  queues: null,
  view: 'grid',
  queue: null,
  pageMs: 15_000,
  tiles: null,
  chart: true,
  theme: null,
  serviceLevel: null,
  abandonment: { warn: 0.05, bad: 0.08 },
  longestWaitMs: { warn: 20_000, bad: 60_000 },
  waiting: null,
};

/** A page has to stay long enough to be read, and come round while it matters. */
export const PAGE_MS = { least: 3000, most: 600_000 } as const;
const MAX_TILES_A_SIDE = 8;

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, '': 1000, m: 60_000 };
/** `15s`, `2m`, `90` (seconds); null for anything else. */
const readDurationMs = (text: string): number | null => {
  const [, amount, unit = ''] = /^(\d{1,6})(ms|s|m|)$/.exec(text.trim()) ?? [];
  const unitMs = UNIT_MS[unit];
  return amount === undefined || unitMs === undefined ? null : Number(amount) * unitMs;
};
export const writeDuration = (durationMs: number): string => {
  if (durationMs % 1000 !== 0) return `${durationMs}ms`;
  return durationMs % 60_000 === 0 && durationMs > 0 ? `${durationMs / 60_000}m` : `${durationMs / 1000}s`;
};

const readNumber = (text: string): number | null =>
  /^\d{1,6}(\.\d{1,3})?$/.test(text.trim()) ? Number(text) : null;
/** Per cent in the address, a fraction everywhere else. */
const readPercent = (text: string): number | null => {
  const value = readNumber(text);
  // Rounded to what can be written, so that reading back gives the very same fraction.
  return value === null || value > 100 ? null : Math.round(value * 1000) / 100_000;
};
/** Without the dust of binary fractions: 0.07 × 100 is not 7. */
export const writePercent = (fraction: number): string => String(Number((fraction * 100).toFixed(3)));

type Direction = 'upwards' | 'downwards';
/** Two values in either order, or one for both. */
const readLimits = (
  text: string,
  read: (part: string) => number | null,
  direction: Direction,
): Limits | null => {
  const parts = text.split(':');
  const [first, second = first] = parts.map(read);
  if (parts.length > 2 || typeof first !== 'number' || typeof second !== 'number') return null;
  const [low, high] = [Math.min(first, second), Math.max(first, second)];
  return direction === 'upwards' ? { warn: low, bad: high } : { warn: high, bad: low };
};

const readTiles = (text: string): Board['tiles'] => {
  const [, columns, rows] = /^([1-9])x([1-9])$/.exec(text) ?? [];
  const tiles = { columns: Number(columns), rows: Number(rows) };
  return Math.max(tiles.columns, tiles.rows) <= MAX_TILES_A_SIDE ? tiles : null;
};
const readPageMs = (text: string): number | null => {
  const pageMs = readDurationMs(text);
  return pageMs !== null && pageMs >= PAGE_MS.least && pageMs <= PAGE_MS.most ? pageMs : null;
};

interface Parameter {
  /** What it takes, for who mistyped it. */
  readonly says: string;
  /** Null: not understood. */
  readonly read: (text: string) => Partial<Board> | null;
}
const parameter = <Key extends keyof Board>(
  key: Key,
  says: string,
  read: (text: string) => Board[Key] | null,
): Parameter => ({
  says,
  read: (text) => {
    const value = read(text);
    return value === null ? null : { [key]: value };
  },
});
const oneOf =
  <Name extends string>(...names: readonly Name[]) =>
  (text: string): Name | null =>
    names.find((name) => name === text) ?? null;

const PARAMETERS: Readonly<Record<string, Parameter>> = {
  view: parameter('view', 'grid or tv', oneOf('grid', 'tv')),
  page: parameter(
    'pageMs',
    `a time from ${writeDuration(PAGE_MS.least)} to ${writeDuration(PAGE_MS.most)}, such as 15s`,
    readPageMs,
  ),
  tiles: parameter('tiles', `columns and rows up to ${MAX_TILES_A_SIDE}, such as 3x2`, readTiles),
  chart: parameter('chart', 'on or off', (text) => ({ on: true, off: false })[text] ?? null),
  theme: parameter('theme', THEMES.join(', '), oneOf(...THEMES)),
  sl: parameter('serviceLevel', 'per cent, target and limit, such as 80:70', (text) =>
    readLimits(text, readPercent, 'downwards'),
  ),
  abandon: parameter('abandonment', 'per cent, such as 5:8', (text) =>
    readLimits(text, readPercent, 'upwards'),
  ),
  wait: parameter('longestWaitMs', 'two times, such as 20s:60s', (text) =>
    readLimits(text, readDurationMs, 'upwards'),
  ),
  waiting: parameter('waiting', 'two numbers, such as 5:10', (text) =>
    readLimits(text, readNumber, 'upwards'),
  ),
};

const NAMES: readonly string[] = ['queues', 'queue', ...Object.keys(PARAMETERS)];

/** The board of an address's query, and a line for each parameter that is not understood: it keeps its default. */
export const readBoard = (search: string): { readonly board: Board; readonly faults: readonly string[] } => {
  const given = new URLSearchParams(search);
  const faults = [...given]
    .filter(([name]) => !NAMES.includes(name))
    .map(
      ([name, text]) => `${name}=${text} in the address is not understood: a board takes ${NAMES.join(', ')}`,
    );
  let board: Board = { ...DEFAULT_BOARD, queues: readNames(search, 'queues'), queue: given.get('queue') };
  for (const [name, { says, read }] of Object.entries(PARAMETERS)) {
    const text = given.get(name);
    if (text === null || text === '') continue;
    const part = read(text);
    if (part === null) faults.push(`${name}=${text} in the address is not understood: ${name} takes ${says}`);
    else board = { ...board, ...part };
  }
  return { board, faults };
};

const limits = ({ warn, bad }: Limits, write: (value: number) => string): string =>
  `${write(warn)}:${write(bad)}`;

const partsOf = (board: Board): readonly string[] => {
  const parts: Readonly<Record<string, string | null>> = {
    queues: board.queues === null ? null : writeNames(board.queues),
    queue: board.queue === null ? null : encodeURIComponent(board.queue),
    view: board.view,
    page: writeDuration(board.pageMs),
    tiles: board.tiles === null ? null : `${board.tiles.columns}x${board.tiles.rows}`,
    chart: board.chart ? 'on' : 'off',
    theme: board.theme,
    sl: board.serviceLevel === null ? null : limits(board.serviceLevel, writePercent),
    abandon: limits(board.abandonment, writePercent),
    wait: limits(board.longestWaitMs, writeDuration),
    waiting: board.waiting === null ? null : limits(board.waiting, String),
  };
  return Object.entries(parts).flatMap(([name, text]) => (text === null ? [] : [`${name}=${text}`]));
};

/** The query that `readBoard` reads back as the same board: `?` and what differs from the default board, or ''. */
export const writeBoard = (board: Board): string => {
  const byDefault = partsOf(DEFAULT_BOARD);
  const said = partsOf(board).filter((part) => !byDefault.includes(part));
  return said.length === 0 ? '' : `?${said.join('&')}`;
};
