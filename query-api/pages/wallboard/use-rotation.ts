/** Which page of a TV is on: the next after a while, unless it is held, and by the arrow keys. */
import { useEffect, useState } from 'preact/hooks';

export interface Rotation {
  readonly page: number;
  readonly held: boolean;
  readonly hold: () => void;
  readonly step: (by: number) => void;
}

export const useRotation = (pages: number, pageMs: number): Rotation => {
  const [turned, setTurned] = useState(0);
  const [held, setHeld] = useState(false);
  const page = ((turned % pages) + pages) % pages;
  const step = (by: number): void => setTurned(page + by);
  // Starts over with every page, so one chosen by hand stays as long as any other.
  useEffect(() => {
    if (held || pages < 2) return undefined;
    const timer = setTimeout(() => setTurned((page + 1) % pages), pageMs);
    return () => clearTimeout(timer);
  }, [page, pages, pageMs, held]);
  return { page, held, step, hold: () => setHeld((now) => !now) };
};
