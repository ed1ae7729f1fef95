/** The form: what is asked for. Every change asks anew at once; what the API refuses stands at its field. */
import { useMemo } from 'preact/hooks';
import { INTERVALS } from '../../metrics/buckets.ts';
import { GROUP_NAMES, LEG_COLUMNS } from '../../queries/group-columns.ts';
import { Select, Text } from '../shared/fields.tsx';
import { ManyPicker } from '../shared/many-picker.tsx';
import type { Choice, List } from './address.ts';
import type { Span } from './days.ts';
import { DaysPicker } from './days-picker.tsx';
import { DefinitionPicker } from './definition-picker.tsx';

/** What there is to choose from. */
export interface Options {
  readonly queues: readonly string[];
  readonly queueGroups: readonly string[];
  readonly channels: readonly string[];
  readonly sources: readonly string[];
  readonly defaultTimeZone: string;
}
/** What the API said of a parameter, by its name. */
export type Faults = Readonly<Record<string, string>>;

export interface PickersProps {
  readonly choice: Choice;
  readonly options: Options;
  readonly faults: Faults;
  /** The days that the answer is of; what the form shows when the address names none. */
  readonly shown: Span;
  readonly today: string;
  readonly onChange: (choice: Choice) => void;
}

const INTERVAL_WORDS: Readonly<Record<string, string>> = {
  '15m': '15 minutes',
  '30m': '30 minutes',
  '1h': '1 hour',
  '1d': 'Day',
  '1w': 'Week',
  '1mo': 'Month',
  total: 'All together',
};
const INTERVAL_OPTIONS = Object.fromEntries(INTERVALS.map((name) => [name, INTERVAL_WORDS[name] ?? name]));
const DEFAULT_GROUPS = ['queue'];

type Change = (part: Partial<Choice>) => void;

/** What narrows the rows. A filter with nothing to choose between shows up once the address names it. */
const filtersOf = (
  options: Options,
): readonly (readonly [List, string, readonly string[], shownFrom: number])[] => [
  ['queue', 'Queues', options.queues, 0],
  ['queue_group', 'Queue groups', options.queueGroups, 1],
  ['channel', 'Channels', options.channels, 2],
  ['source', 'Sources', options.sources, 2],
  ...LEG_COLUMNS.map((name) => [name, `${name.charAt(0).toUpperCase()}${name.slice(1)}`, [], 1] as const),
];

const Rows = ({
  choice,
  options,
  faults,
  onChange,
}: Omit<PickersProps, 'shown' | 'today' | 'onChange'> & { readonly onChange: Change }) => {
  const zones = useMemo(() => Intl.supportedValuesOf('timeZone'), []);
  const filters = filtersOf(options).filter(
    ([name, , names, shownFrom]) => names.length >= shownFrom || (choice[name] ?? []).length > 0,
  );
  return (
    <fieldset class="field-row">
      <legend class="visually-hidden">Rows</legend>
      {filters.map(([name, label, names]) => (
        <ManyPicker
          key={name}
          label={label}
          options={names}
          chosen={choice[name] ?? []}
          none="all"
          fault={faults[name]}
          onChoose={(chosen) => onChange({ [name]: chosen })}
        />
      ))}
      <Select
        label="Interval"
        value={choice.interval === '' ? '15m' : choice.interval}
        options={INTERVAL_OPTIONS}
        fault={faults.interval}
        onChoose={(interval) => onChange({ interval: interval === '15m' ? '' : interval })}
      />
      <ManyPicker
        label="A row for each"
        options={GROUP_NAMES}
        chosen={choice.group_by ?? DEFAULT_GROUPS}
        none="interval only"
        fault={faults.group_by}
        onChoose={(names) => onChange({ group_by: names.join() === DEFAULT_GROUPS.join() ? null : names })}
      />
      <Text
        label="Time zone"
        value={choice.tz}
        placeholder={options.defaultTimeZone}
        list={zones}
        fault={faults.tz}
        onChoose={(tz) => onChange({ tz })}
      />
    </fieldset>
  );
};

export const Pickers = ({ choice, options, faults, shown, today, onChange }: PickersProps) => {
  const change: Change = (part) => onChange({ ...choice, ...part });
  return (
    <form class="pickers" aria-label="What is shown" onSubmit={(event) => event.preventDefault()}>
      <DaysPicker shown={shown} today={today} faults={faults} onChange={change} />
      <Rows choice={choice} options={options} faults={faults} onChange={change} />
      <DefinitionPicker choice={choice} faults={faults} onChange={change} />
    </form>
  );
};
