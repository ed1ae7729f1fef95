/** Public holidays against the countries' published calendars. */
import { expect, test } from 'vitest';
import { formatDate } from '../../../../query-api/forecast/calendar.ts';
import { HOLIDAY_COUNTRIES, holidaysOf } from '../../../../query-api/forecast/holidays.ts';

const dateOf = (text: string): number => Date.parse(text) / 86_400_000;
const inYear = (country: string, year: number): readonly string[] =>
  [...new Set(holidaysOf(country, dateOf(`${year}-01-01`), dateOf(`${year}-12-31`)))]
    .sort((a, b) => a - b)
    .map((date) => formatDate(date).slice(5));

test.each([
  ['AT', 2026, '01-01 01-06 04-06 05-01 05-14 05-25 06-04 08-15 10-26 11-01 12-08 12-25 12-26'],
  ['BE', 2026, '01-01 04-06 05-01 05-14 05-25 07-21 08-15 11-01 11-11 12-25'],
  ['DE', 2026, '01-01 04-03 04-06 05-01 05-14 05-25 10-03 12-25 12-26'],
  ['FR', 2026, '01-01 04-06 05-01 05-08 05-14 05-25 07-14 08-15 11-01 11-11 12-25'],
  // gov.uk/bank-holidays: 28 December 2026 in place of Saturday the 26th; 27 and 28 December 2021 in place of the weekend.
  ['GB', 2026, '01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-26 12-28'],
  ['GB', 2021, '01-01 04-02 04-05 05-03 05-31 08-30 12-25 12-26 12-27 12-28'],
  ['GB', 2022, '01-01 01-03 04-15 04-18 05-02 05-30 08-29 12-25 12-26 12-27'],
  ['PL', 2026, '01-01 01-06 04-05 04-06 05-01 05-03 05-24 06-04 08-15 11-01 11-11 12-24 12-25 12-26'],
  // opm.gov: 3 July 2026 for Saturday the 4th; 31 December 2021 for New Year's Day 2022.
  ['US', 2026, '01-01 01-19 02-16 05-25 06-19 07-03 07-04 09-07 10-12 11-11 11-26 12-25'],
  ['US', 2021, '01-01 01-18 02-15 05-31 06-18 06-19 07-04 07-05 09-06 10-11 11-11 11-25 12-24 12-25 12-31'],
])('%s %i', (country, year, expected) => {
  expect(inYear(country, year).join(' ')).toBe(expected);
});

test.each([
  [1999, '04-05'],
  [2000, '04-24'],
  [2008, '03-24'],
  [2011, '04-25'],
  [2038, '04-26'],
])('Easter Monday of %i is %s', (year, date) => {
  expect(inYear('DE', year)).toContain(date);
});

test('only dates within the span are given', () => {
  const [first, last] = [dateOf('2026-12-20'), dateOf('2027-01-05')];
  for (const country of HOLIDAY_COUNTRIES) {
    const dates = holidaysOf(country, first, last);
    expect(dates.length).toBeGreaterThan(0);
    expect(dates.every((date) => date >= first && date <= last)).toBe(true);
  }
  expect(holidaysOf('XX', first, last)).toEqual([]);
});
