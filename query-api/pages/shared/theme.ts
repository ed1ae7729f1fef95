/** Light or dark: as the system says, unless the reader chose. The choice is kept in this browser. */
import { useEffect, useState } from 'preact/hooks';

export type Theme = 'auto' | 'light' | 'dark';
export const THEMES = ['auto', 'light', 'dark'] as const satisfies readonly Theme[];
const KEY = 'busyhour-theme';

export const isTheme = (name: string | null): name is Theme => THEMES.some((theme) => theme === name);

export const storedTheme = (): Theme => {
  const stored = localStorage.getItem(KEY);
  return isTheme(stored) ? stored : 'auto';
};

/** Charts draw on a canvas and have to be told. */
export const THEME_EVENT = 'busyhour-theme';

/** Shows a theme without keeping it, as an address that names one asks for. */
export const showTheme = (theme: Theme): void => {
  if (theme === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  dispatchEvent(new Event(THEME_EVENT));
};

export const keepTheme = (theme: Theme): void => {
  localStorage.setItem(KEY, theme);
  showTheme(theme);
};

/** Calls back when colours change, by choice or by the system. Returns how to stop. */
export const onThemeChange = (callback: () => void): (() => void) => {
  const system = matchMedia('(prefers-color-scheme: dark)');
  system.addEventListener('change', callback);
  addEventListener(THEME_EVENT, callback);
  return () => {
    system.removeEventListener('change', callback);
    removeEventListener(THEME_EVENT, callback);
  };
};

/** A number that changes with the colours, for what has to be drawn anew. */
export const useThemeVersion = (): number => {
  const [version, setVersion] = useState(0);
  useEffect(() => onThemeChange(() => setVersion((old) => old + 1)), []);
  return version;
};
