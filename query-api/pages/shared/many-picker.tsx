/** Picks any number of names out of a list that may be long: a button that opens check boxes with a filter. */
import { useEffect, useRef, useState } from 'preact/hooks';

/** Above this the list gets a filter. */
const LONG_LIST = 12;

export interface ManyPickerProps {
  readonly label: string;
  readonly options: readonly string[];
  readonly chosen: readonly string[];
  /** What an empty choice means, such as `all`. */
  readonly none: string;
  readonly onChoose: (chosen: readonly string[]) => void;
  readonly fault?: string | undefined;
}

const summary = (chosen: readonly string[], none: string): string => {
  if (chosen.length === 0) return none;
  return chosen.length <= 2 ? chosen.join(', ') : `${chosen.length} chosen`;
};

/** Escape and a click elsewhere close it, as they close a menu. */
const useClosing = (details: { readonly current: HTMLDetailsElement | null }): void =>
  useEffect(() => {
    const close = (event: Event): void => {
      const element = details.current;
      if (element?.open !== true) return;
      const byKey = event instanceof KeyboardEvent && event.key === 'Escape';
      const elsewhere =
        event.type === 'pointerdown' && event.target instanceof Node && !element.contains(event.target);
      if (!byKey && !elsewhere) return;
      element.open = false;
      if (byKey) element.querySelector('summary')?.focus();
    };
    addEventListener('keydown', close);
    addEventListener('pointerdown', close);
    return () => {
      removeEventListener('keydown', close);
      removeEventListener('pointerdown', close);
    };
  }, [details]);

export const ManyPicker = ({ label, options, chosen, none, onChoose, fault }: ManyPickerProps) => {
  const details = useRef<HTMLDetailsElement>(null);
  const [filter, setFilter] = useState('');
  useClosing(details);
  // What the address names but the list does not have stays in sight, so that it can be taken out.
  const all = [...new Set([...options, ...chosen])];
  const matching = all.filter((name) => name.toLowerCase().includes(filter.trim().toLowerCase()));
  const toggle = (name: string): void =>
    onChoose(chosen.includes(name) ? chosen.filter((each) => each !== name) : [...chosen, name]);
  return (
    <div class="field">
      <span class="field-label">{label}</span>
      <details class="many-picker" ref={details}>
        <summary aria-label={`${label}: ${summary(chosen, none)}`}>{summary(chosen, none)}</summary>
        <fieldset>
          <legend class="visually-hidden">{label}</legend>
          {all.length > LONG_LIST && (
            <input
              type="search"
              value={filter}
              placeholder="Filter"
              aria-label={`Filter ${label}`}
              onInput={(event) => setFilter(event.currentTarget.value)}
            />
          )}
          {chosen.length > 0 && (
            <button type="button" class="quiet-button" onClick={() => onChoose([])}>
              Back to {none}
            </button>
          )}
          <div class="many-options">
            {matching.map((name) => (
              <label key={name}>
                <input type="checkbox" checked={chosen.includes(name)} onChange={() => toggle(name)} />
                {name}
              </label>
            ))}
            {all.length === 0 && <p>Nothing to choose yet.</p>}
          </div>
        </fieldset>
      </details>
      {fault !== undefined && <p class="field-fault">{fault}</p>}
    </div>
  );
};
