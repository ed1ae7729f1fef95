import { describe, expect, test } from 'vitest';
import {
  addDays,
  dateIn,
  isDate,
  PRESETS,
  type PresetName,
  shifted,
} from '../../../../../query-api/pages/intervals/days.ts';

describe('days of the planner’s page', () => {
  test.each([
    ['Today', '2026-11-25', '2026-11-25', '2026-11-26'],
    ['Yesterday', '2026-03-01', '2026-02-28', '2026-03-01'],
    ['This week', '2026-11-25', '2026-11-23', '2026-11-30'],
    ['This week', '2026-11-29', '2026-11-23', '2026-11-30'],
    ['Last week', '2026-11-23', '2026-11-16', '2026-11-23'],
    ['This month', '2026-12-31', '2026-12-01', '2027-01-01'],
    ['This month', '2026-02-10', '2026-02-01', '2026-03-01'],
    ['Last month', '2026-01-31', '2025-12-01', '2026-01-01'],
  ] satisfies [PresetName, string, string, string][])(
    '%s on %s is from %s to %s',
    (name, today, from, to) => {
      expect(PRESETS[name](today)).toEqual({ from, to });
    },
  );

  test('the time before a week is the week before', () => {
    expect(shifted({ from: '2026-11-23', to: '2026-11-30' }, -1)).toEqual({
      from: '2026-11-16',
      to: '2026-11-23',
    });
    expect(shifted({ from: '2026-02-28', to: '2026-03-01' }, 1)).toEqual({
      from: '2026-03-01',
      to: '2026-03-02',
    });
  });

  test('days are calendar days, also where clocks change', () => {
    expect(addDays('2026-10-25', 1)).toBe('2026-10-26');
    expect(addDays('2024-02-28', 1)).toBe('2024-02-29');
  });

  test('today is the date on the zone’s wall clock', () => {
    const atMs = Date.parse('2026-11-24T23:30:00Z');
    expect(dateIn('Asia/Kathmandu', atMs)).toBe('2026-11-25');
    expect(dateIn('America/New_York', atMs)).toBe('2026-11-24');
  });

  test.each(['2026-11-24', '2024-02-29'])('%s is a date', (text) => expect(isDate(text)).toBe(true));
  test.each(['', '2026-13-01', '2026-11-24T10:00', 'yesterday'])('%j is none', (text) =>
    expect(isDate(text)).toBe(false),
  );
});
