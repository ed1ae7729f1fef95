/** This machine's clock, read anew every so often, so that waits and clocks tick by themselves. */
import { useEffect, useState } from 'preact/hooks';

/** Often enough that no second is skipped. */
const TICK_MS = 500;

export const useNowMs = (): number => {
  const [nowMs, setNowMs] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return nowMs;
};
