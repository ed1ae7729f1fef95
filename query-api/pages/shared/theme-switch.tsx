/** The button that goes from the system's colours to light to dark. */
import { useState } from 'preact/hooks';
import { keepTheme, storedTheme, THEMES, type Theme } from './theme.ts';

const SIGNS: Readonly<Record<Theme, string>> = { auto: '◐', light: '☀', dark: '☾' };

export interface ThemeSwitchProps {
  /** What is shown now; without it, what this browser keeps. */
  readonly theme?: Theme;
  /** Without it, the choice is kept in this browser. */
  readonly onChoose?: (theme: Theme) => void;
}

export const ThemeSwitch = ({ theme, onChoose = keepTheme }: ThemeSwitchProps) => {
  const [kept, setKept] = useState(storedTheme);
  const shown = theme ?? kept;
  const next = THEMES[(THEMES.indexOf(shown) + 1) % THEMES.length] ?? 'auto';
  const choose = (): void => {
    setKept(next);
    onChoose(next);
  };
  return (
    <button
      type="button"
      class="quiet-button"
      onClick={choose}
      aria-label={`Colours: ${shown}. Switch to ${next}`}
      title={`Colours: ${shown}`}
    >
      <span aria-hidden="true">{SIGNS[shown]}</span>
    </button>
  );
};
