/** How large an element is, followed as it changes. */
import type { RefObject } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Screen } from './tile-layout.ts';

export const useSize = (): { readonly ref: RefObject<HTMLDivElement | null>; readonly size: Screen } => {
  const ref = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState<Screen>({ width: innerWidth, height: innerHeight });
  useLayoutEffect(() => {
    const element = ref.current;
    if (element === null) return undefined;
    const measure = (): void => setSize({ width: element.clientWidth, height: element.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { ref, size };
};
