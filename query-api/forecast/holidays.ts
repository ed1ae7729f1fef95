/** Holidays as a list of dates, or as the nationwide public holidays of a country. Dates are days since 1970-01-01. Pure. */

const DAY_MS = 86_400_000;
const dateOf = (year: number, month: number, day: number): number => Date.UTC(year, month - 1, day) / DAY_MS;

/** Sunday is 0. */
const weekdayOf = (date: number): number => (((date + 4) % 7) + 7) % 7;
const [SUNDAY, MONDAY, THURSDAY, SATURDAY] = [0, 1, 4, 6];

/** Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher). */
const easterOf = (year: number): number => {
  const a = year % 19;
  const century = Math.floor(year / 100);
  const rest = year % 100;
  const g = Math.floor((8 * century + 13) / 25);
  const h = (19 * a + century - Math.floor(century / 4) - g + 15) % 30;
  const l = (32 + 2 * (century % 4) + 2 * Math.floor(rest / 4) - h - (rest % 4)) % 7;
  const m = Math.floor((a + 11 * h + 22 * l) / 451);
  const days = h + l - 7 * m + 114;
  return dateOf(year, Math.floor(days / 31), (days % 31) + 1);
};

type Rule = (year: number) => readonly number[];

const on =
  (month: number, day: number): Rule =>
  (year) => [dateOf(year, month, day)];
const easter =
  (offset: number): Rule =>
  (year) => [easterOf(year) + offset];
/** The nth such weekday of a month; -1 = the last. */
const nth =
  (n: number, weekday: number, month: number): Rule =>
  (year) => {
    const first = dateOf(year, month, 1);
    const found = first + ((weekday - weekdayOf(first) + 7) % 7) + 7 * (n - 1);
    if (n > 0) return [found];
    const last = dateOf(year, month + 1, 1) - 1;
    return [last - ((weekdayOf(last) - weekday + 7) % 7)];
  };
/** United States: on a weekend, the weekday next to it is free too (5 U.S.C. 6103). */
const observed =
  (month: number, day: number): Rule =>
  (year) => {
    const date = dateOf(year, month, day);
    if (weekdayOf(date) === SATURDAY) return [date - 1, date];
    return weekdayOf(date) === SUNDAY ? [date, date + 1] : [date];
  };
const since =
  (first: number, rule: Rule): Rule =>
  (year) =>
    year >= first ? rule(year) : [];
/** England and Wales: holidays in a row; for each on a weekend the next working day that is none yet is one too. */
const substituted =
  (month: number, days: readonly number[]): Rule =>
  (year) => {
    const own = days.map((day) => dateOf(year, month, day));
    const all = new Set(own);
    for (const date of own) {
      const isWeekend = (day: number): boolean => weekdayOf(day) === SATURDAY || weekdayOf(day) === SUNDAY;
      if (!isWeekend(date)) continue;
      let instead = date + 1;
      while (isWeekend(instead) || all.has(instead)) instead += 1;
      all.add(instead);
    }
    return [...all];
  };

const GOOD_FRIDAY = easter(-2);
const EASTER_MONDAY = easter(1);
const ASCENSION = easter(39);
const WHIT_MONDAY = easter(50);
const CORPUS_CHRISTI = easter(60);
const CHRISTMAS = on(12, 25);
const ST_STEPHEN = on(12, 26);
const NEW_YEAR = on(1, 1);
const EPIPHANY = on(1, 6);
const LABOUR_DAY = on(5, 1);
const ASSUMPTION = on(8, 15);
const ALL_SAINTS = on(11, 1);

/** Only what is a holiday in the whole country; those of single regions are given as dates. */
const COUNTRIES: Readonly<Record<string, readonly Rule[]>> = {
  AT: [
    NEW_YEAR,
    EPIPHANY,
    EASTER_MONDAY,
    LABOUR_DAY,
    ASCENSION,
    WHIT_MONDAY,
    CORPUS_CHRISTI,
    ASSUMPTION,
    on(10, 26),
    ALL_SAINTS,
    on(12, 8),
    CHRISTMAS,
    ST_STEPHEN,
  ],
  BE: [
    NEW_YEAR,
    EASTER_MONDAY,
    LABOUR_DAY,
    ASCENSION,
    WHIT_MONDAY,
    on(7, 21),
    ASSUMPTION,
    ALL_SAINTS,
    on(11, 11),
    CHRISTMAS,
  ],
  DE: [
    NEW_YEAR,
    GOOD_FRIDAY,
    EASTER_MONDAY,
    LABOUR_DAY,
    ASCENSION,
    WHIT_MONDAY,
    on(10, 3),
    CHRISTMAS,
    ST_STEPHEN,
  ],
  FR: [
    NEW_YEAR,
    EASTER_MONDAY,
    LABOUR_DAY,
    on(5, 8),
    ASCENSION,
    WHIT_MONDAY,
    on(7, 14),
    ASSUMPTION,
    ALL_SAINTS,
    on(11, 11),
    CHRISTMAS,
  ],
  // England and Wales.
  GB: [
    substituted(1, [1]),
    GOOD_FRIDAY,
    EASTER_MONDAY,
    nth(1, MONDAY, 5),
    nth(-1, MONDAY, 5),
    nth(-1, MONDAY, 8),
    substituted(12, [25, 26]),
  ],
  PL: [
    NEW_YEAR,
    EPIPHANY,
    easter(0),
    EASTER_MONDAY,
    LABOUR_DAY,
    on(5, 3),
    easter(49),
    CORPUS_CHRISTI,
    ASSUMPTION,
    ALL_SAINTS,
    on(11, 11),
    since(2025, on(12, 24)),
    CHRISTMAS,
    ST_STEPHEN,
  ],
  US: [
    observed(1, 1),
    nth(3, MONDAY, 1),
    nth(3, MONDAY, 2),
    nth(-1, MONDAY, 5),
    since(2021, observed(6, 19)),
    observed(7, 4),
    nth(1, MONDAY, 9),
    nth(2, MONDAY, 10),
    observed(11, 11),
    nth(4, THURSDAY, 11),
    observed(12, 25),
  ],
};
export const HOLIDAY_COUNTRIES: readonly string[] = Object.keys(COUNTRIES);

/** Dates from `first` to `last`, both included, on which a country named in `HOLIDAY_COUNTRIES` has a holiday. */
export const holidaysOf = (country: string, first: number, last: number): readonly number[] => {
  const rules = COUNTRIES[country] ?? [];
  const yearOf = (date: number): number => new Date(date * DAY_MS).getUTCFullYear();
  // A New Year observed on the Friday before belongs to the year before.
  const years = Array.from({ length: yearOf(last) - yearOf(first) + 2 }, (_, i) => yearOf(first) + i);
  const dates = years.flatMap((year) => rules.flatMap((rule) => rule(year)));
  return dates.filter((date) => date >= first && date <= last);
};
