/** How many unknown tokens came from an address lately: more than a few are guesses, or a client gone wrong. */

export const ATTEMPT_LIMITS = {
  /** Unknown tokens of one address in a window; beyond, the address is answered 429 whatever it presents. */
  unknownTokens: 30,
  windowMs: 60_000,
  /** Addresses counted; of more, the one that has been counted for longest is forgotten. */
  addresses: 10_000,
} as const;

export interface Attempts {
  readonly areTooMany: (address: string) => boolean;
  /** Counts an unknown token. */
  readonly count: (address: string) => void;
}

export const countAttempts = (nowMs: () => number): Attempts => {
  const counted = new Map<string, { readonly sinceMs: number; attempts: number }>();
  const current = (address: string) => {
    const found = counted.get(address);
    if (found === undefined || nowMs() - found.sinceMs < ATTEMPT_LIMITS.windowMs) return found;
    counted.delete(address);
    return undefined;
  };
  return {
    areTooMany: (address) => (current(address)?.attempts ?? 0) >= ATTEMPT_LIMITS.unknownTokens,
    count: (address) => {
      const found = current(address);
      if (found !== undefined) {
        found.attempts += 1;
        return;
      }
      const [oldest] = counted.keys();
      if (counted.size >= ATTEMPT_LIMITS.addresses && oldest !== undefined) counted.delete(oldest);
      counted.set(address, { sinceMs: nowMs(), attempts: 1 });
    },
  };
};
