/** Calendar dates as `YYYY-MM-DD`: the days a planner picks. No clock and no zone but what is given. Pure. */

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const DAY_MS = 86_400_000;

export const isDate = (text: string): boolean =>
  DATE.test(text) && !Number.isNaN(Date.parse(`${text}T00:00Z`));

export const addDays = (date: string, days: number): string =>
  new Date(Date.parse(`${date}T00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);

const daysBetween = (from: string, to: string): number =>
  (Date.parse(`${to}T00:00Z`) - Date.parse(`${from}T00:00Z`)) / DAY_MS;

/** The date on a wall clock of the zone. */
export const dateIn = (timeZone: string, atMs: number): string =>
  // Sweden writes ISO dates.
  new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' }).format(atMs);

/** `to` is exclusive, as in the API. */
export interface Span {
  readonly from: string;
  readonly to: string;
}

const startOfMonth = (date: string): string => `${date.slice(0, 7)}-01`;
/** Weeks begin on Monday, as the API's do. */
const startOfWeek = (date: string): string =>
  addDays(date, -((new Date(`${date}T00:00Z`).getUTCDay() + 6) % 7));

/** The spans people ask for by name, as of `today`. */
export const PRESETS = {
  Today: (today: string): Span => ({ from: today, to: addDays(today, 1) }),
  Yesterday: (today: string): Span => ({ from: addDays(today, -1), to: today }),
  'This week': (today: string): Span => ({ from: startOfWeek(today), to: addDays(startOfWeek(today), 7) }),
  'Last week': (today: string): Span => ({ from: addDays(startOfWeek(today), -7), to: startOfWeek(today) }),
  'This month': (today: string): Span => ({
    from: startOfMonth(today),
    to: startOfMonth(addDays(startOfMonth(today), 31)),
  }),
  'Last month': (today: string): Span => ({
    from: startOfMonth(addDays(startOfMonth(today), -1)),
    to: startOfMonth(today),
  }),
} as const;
export type PresetName = keyof typeof PRESETS;
export const PRESET_NAMES = Object.keys(PRESETS) as readonly PresetName[];

/** The span as long as this one that ends where it begins, or begins where it ends. */
export const shifted = ({ from, to }: Span, direction: -1 | 1): Span => {
  const days = daysBetween(from, to) * direction;
  return { from: addDays(from, days), to: addDays(to, days) };
};
