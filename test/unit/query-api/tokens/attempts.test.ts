import { describe, expect, test } from 'vitest';
import { ATTEMPT_LIMITS, countAttempts } from '../../../../query-api/tokens/attempts.ts';

const { unknownTokens, windowMs, addresses } = ATTEMPT_LIMITS;
const counting = () => {
  const clock = { nowMs: 0 };
  const attempts = countAttempts(() => clock.nowMs);
  const countTimes = (address: string, times: number): void => {
    for (let n = 0; n < times; n += 1) attempts.count(address);
  };
  return { clock, countTimes, areTooMany: attempts.areTooMany };
};

describe('unknown tokens of an address', () => {
  test('are too many from the limit on, for that address alone', () => {
    const { countTimes, areTooMany } = counting();
    countTimes('a', unknownTokens - 1);
    expect(areTooMany('a')).toBe(false);
    countTimes('a', 1);
    expect(areTooMany('a')).toBe(true);
    expect(areTooMany('b')).toBe(false);
  });

  test('are forgiven when the window is over, and begin anew', () => {
    const { clock, countTimes, areTooMany } = counting();
    countTimes('a', unknownTokens);
    clock.nowMs = windowMs - 1;
    expect(areTooMany('a')).toBe(true);
    clock.nowMs = windowMs;
    expect(areTooMany('a')).toBe(false);
    countTimes('a', unknownTokens - 1);
    expect(areTooMany('a')).toBe(false);
    countTimes('a', 1);
    expect(areTooMany('a')).toBe(true);
  });

  test('are counted for so many addresses: of more, the oldest is forgotten', () => {
    const { countTimes, areTooMany } = counting();
    countTimes('first', unknownTokens);
    countTimes('second', unknownTokens);
    for (let n = 0; n < addresses - 1; n += 1) countTimes(`address ${n}`, 1);
    expect(areTooMany('first')).toBe(false);
    expect(areTooMany('second')).toBe(true);
  });
});
