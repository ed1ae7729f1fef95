import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTimeZone } from '../../../infra/time-zone.ts';
import { createLocalToUtc } from '../../../ingest/local-time.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const wall = (text: string): number => Date.parse(`${text}Z`);
const utcOf = (zone: string, text: string): string =>
  new Date(createLocalToUtc(zone)(wall(text))).toISOString();

describe('wall-clock times become UTC', () => {
  it.each([
    ['UTC', '2026-03-29T02:30:00', '2026-03-29T02:30:00.000Z', 'no offset'],
    ['Europe/Berlin', '2026-01-15T12:00:00', '2026-01-15T11:00:00.000Z', 'winter'],
    ['Europe/Berlin', '2026-07-15T12:00:00', '2026-07-15T10:00:00.000Z', 'summer'],
    ['Europe/Berlin', '2026-03-29T01:59:59', '2026-03-29T00:59:59.000Z', 'the last second before the gap'],
    ['Europe/Berlin', '2026-03-29T02:00:00', '2026-03-29T01:00:00.000Z', 'skipped: is 03:00'],
    ['Europe/Berlin', '2026-03-29T02:30:00', '2026-03-29T01:30:00.000Z', 'skipped: is 03:30'],
    ['Europe/Berlin', '2026-03-29T03:00:00', '2026-03-29T01:00:00.000Z', 'the first second after the gap'],
    ['Europe/Berlin', '2026-10-25T01:59:59', '2026-10-24T23:59:59.000Z', 'before the repeated hour'],
    ['Europe/Berlin', '2026-10-25T02:30:00', '2026-10-25T00:30:00.000Z', 'shown twice: the first'],
    ['Europe/Berlin', '2026-10-25T03:00:00', '2026-10-25T02:00:00.000Z', 'after the repeated hour'],
    ['Asia/Kathmandu', '2026-05-01T00:00:00', '2026-04-30T18:15:00.000Z', 'an offset of 5:45'],
    ['Asia/Jerusalem', '1999-02-01T07:02:47', '1999-02-01T05:02:47.000Z', 'the bank of the fixture'],
    [
      'America/St_Johns',
      '2005-04-03T00:00:30',
      '2005-04-03T03:30:30.000Z',
      'a change a minute past the hour',
    ],
    ['America/St_Johns', '2005-04-03T00:01:30', '2005-04-03T03:31:30.000Z', 'skipped: is 01:01:30'],
    ['Australia/Lord_Howe', '2026-04-05T01:45:00', '2026-04-04T14:45:00.000Z', 'half an hour shown twice'],
    ['Pacific/Kiritimati', '2026-05-01T00:00:00', '2026-04-30T10:00:00.000Z', 'fourteen hours ahead'],
  ])('%s %s is %s (%s)', (zone, local, utc) => {
    expect(utcOf(zone, local)).toBe(utc);
  });

  it('gives the same answer from the cache', () => {
    const toUtc = createLocalToUtc('Europe/Berlin');
    const at = wall('2026-07-15T12:34:56');
    expect(toUtc(at)).toBe(toUtc(at));
    expect(toUtc(at + 1_000)).toBe(toUtc(at) + 1_000);
  });

  it('knows zones from words that are none', () => {
    expect(isTimeZone('Europe/Berlin')).toBe(true);
    expect(isTimeZone('Europe/Atlantis')).toBe(false);
    expect(isTimeZone('')).toBe(false);
    expect(() => createLocalToUtc('Europe/Atlantis')).toThrow('unknown time zone "Europe/Atlantis"');
  });
});

/** What a clock on the wall shows, by the platform's own formatter: the second way. */
const createWallClock = (zone: string): ((utcMs: number) => number) => {
  const format = new Intl.DateTimeFormat('en', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return (utcMs) => {
    const shown = new Map(format.formatToParts(utcMs).map(({ type, value }) => [type, Number(value)]));
    const part = (name: Intl.DateTimeFormatPartTypes): number => shown.get(name) ?? Number.NaN;
    return Date.UTC(
      part('year'),
      part('month') - 1,
      part('day'),
      part('hour'),
      part('minute'),
      part('second'),
    );
  };
};

/** Tries every whole-minute offset there can be, latest instant last. */
const bruteForce = (wallClock: (utcMs: number) => number, localMs: number): number | null => {
  for (let offset = 14 * 60; offset >= -12 * 60; offset -= 15) {
    const utcMs = localMs - offset * MINUTE_MS;
    if (wallClock(utcMs) === localMs) return utcMs;
  }
  return null;
};

describe('against every instant the platform would show as that time', () => {
  it.each(['Europe/Berlin', 'Asia/Kathmandu', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Jerusalem'])(
    '%s',
    (zone) => {
      const toUtc = createLocalToUtc(zone);
      const wallClock = createWallClock(zone);
      const changes = [wall('2026-03-29T00:00:00'), wall('2026-10-25T00:00:00'), wall('2026-04-05T00:00:00')];
      const anywhere = fc.integer({ min: wall('1990-01-01T00:00:00') / 1_000, max: 2_000_000_000 });
      const nearAChange = fc
        .tuple(fc.constantFrom(...changes), fc.integer({ min: -86_400, max: 2 * 86_400 }))
        .map(([change, seconds]) => change / 1_000 + seconds);
      fc.assert(
        fc.property(fc.oneof(anywhere, nearAChange), (seconds) => {
          const localMs = seconds * 1_000;
          const found = bruteForce(wallClock, localMs);
          if (found !== null) expect(toUtc(localMs)).toBe(found);
          // Skipped: shown a little later than asked for, and an instant that the time before the gap continues into.
          else expect(wallClock(toUtc(localMs)) - localMs).toBeOneOf([HOUR_MS, HOUR_MS / 2]);
        }),
        { numRuns: 300 },
      );
    },
  );
});
