/** Picks a day or a range: two dates, steps to the time before and after, and the spans people ask for by name. */
import { Field } from '../shared/fields.tsx';
import { addDays, isDate, PRESET_NAMES, PRESETS, type Span, shifted } from './days.ts';

interface DayProps {
  readonly label: string;
  readonly value: string;
  readonly fault?: string | undefined;
  readonly onChoose: (date: string) => void;
}
const Day = ({ label, value, fault, onChoose }: DayProps) => (
  <Field label={label} fault={fault}>
    {(id) => (
      <input
        id={id}
        type="date"
        value={value}
        required
        onChange={({ currentTarget }) => isDate(currentTarget.value) && onChoose(currentTarget.value)}
      />
    )}
  </Field>
);

export interface DaysPickerProps {
  readonly shown: Span;
  readonly today: string;
  readonly faults: { readonly from?: string; readonly to?: string };
  readonly onChange: (span: Span) => void;
}

export const DaysPicker = ({ shown, today, faults, onChange }: DaysPickerProps) => {
  const through = addDays(shown.to, -1);
  // Moving one end past the other moves both: a span is never backwards.
  const setFrom = (from: string): void =>
    onChange({ from, to: from < shown.to ? shown.to : addDays(from, 1) });
  const setThrough = (last: string): void =>
    onChange({ from: last < shown.from ? last : shown.from, to: addDays(last, 1) });
  const isShown = ({ from, to }: Span): boolean => from === shown.from && to === shown.to;
  return (
    <fieldset class="days">
      <legend class="visually-hidden">Days</legend>
      <Day label="From" value={shown.from} fault={faults.from} onChoose={setFrom} />
      <Day label="Through" value={through} fault={faults.to} onChoose={setThrough} />
      <div class="day-buttons">
        <button
          type="button"
          aria-label="The time before"
          title="The time before"
          onClick={() => onChange(shifted(shown, -1))}
        >
          ‹
        </button>
        <button
          type="button"
          aria-label="The time after"
          title="The time after"
          onClick={() => onChange(shifted(shown, 1))}
        >
          ›
        </button>
        {PRESET_NAMES.map((name) => (
          <button
            key={name}
            type="button"
            aria-pressed={isShown(PRESETS[name](today))}
            onClick={() => onChange(PRESETS[name](today))}
          >
            {name}
          </button>
        ))}
      </div>
    </fieldset>
  );
};
