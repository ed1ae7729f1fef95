/** Keeps a wall's screen from going to sleep, where the browser lets a page ask for it. */
import { useEffect } from 'preact/hooks';

const stayAwake = async (): Promise<void> => {
  // Only over https or on this machine; refused while hidden or on low power, which is the machine's own affair.
  await navigator.wakeLock?.request('screen').catch(() => undefined);
};

export const useScreenAwake = (): void => {
  useEffect(() => {
    // The lock is lost whenever the page is hidden.
    const again = (): void => {
      if (document.visibilityState === 'visible') void stayAwake();
    };
    again();
    document.addEventListener('visibilitychange', again);
    return () => document.removeEventListener('visibilitychange', again);
  }, []);
};
