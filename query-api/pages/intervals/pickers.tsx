/** The form: what is asked for. Every change asks anew at once; what the API refuses stands at its field. */
import { useMemo } from 'preact/hooks';
import { INTERVALS } from '../../metrics/buckets.ts';
import { PROFILES } from '../../metrics/definition.ts';
import { SERVICE_LEVEL_FORMULAS, spellOut } from '../../metrics/service-level.ts';
import { Check, Select, Text } from '../shared/fields.tsx';
import { ManyPicker } from '../shared/many-picker.tsx';
import type { Choice, Single } from './address.ts';
import type { Span } from './days.ts';
import { DaysPicker } from './days-picker.tsx';

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
const BASES: Readonly<Record<string, string>> = {
  '': 'when offered',
  answer: 'when answered',
  end: 'when ended',
};
const GROUPINGS: Readonly<Record<string, string>> = {
  queue: 'Queue',
  '': 'All together',
  channel: 'Channel',
  source: 'Source',
  'queue,channel': 'Queue and channel',
  'queue,source': 'Queue and source',
};

const profileOptions = (): Readonly<Record<string, string>> => ({
  '': 'none',
  ...Object.fromEntries(PROFILES.map(({ name }) => [name, name])),
});
const formulaOptions = (profile: string): Readonly<Record<string, string>> => ({
  '': profile === '' ? 'default: a / (A + B)' : `the profile’s`,
  ...Object.fromEntries(
    SERVICE_LEVEL_FORMULAS.map(({ name }) => [
      name,
      `${name.replaceAll('_', ' ')}: ${spellOut({ formula: name, countExits: false })}`,
    ]),
  ),
});

type Change = (part: Partial<Choice>) => void;

const Definition = ({
  choice,
  faults,
  onChange,
}: Pick<PickersProps, 'choice' | 'faults'> & { readonly onChange: Change }) => {
  const set = (name: Single) => (value: string) => onChange({ [name]: value });
  return (
    <fieldset class="field-row">
      <legend>Definition</legend>
      <Select
        label="Profile"
        value={choice.profile}
        options={profileOptions()}
        fault={faults.profile}
        onChoose={set('profile')}
      />
      <Select
        label="Service level"
        value={choice.sl_formula}
        options={formulaOptions(choice.profile)}
        fault={faults.sl_formula}
        onChoose={set('sl_formula')}
      />
      <Text
        label="Threshold"
        value={choice.sl_threshold}
        placeholder="20s"
        fault={faults.sl_threshold}
        onChoose={set('sl_threshold')}
      />
      <Text
        label="Short abandon"
        value={choice.short_abandon}
        placeholder="5s"
        fault={faults.short_abandon}
        onChoose={set('short_abandon')}
      />
      <Select
        label="Contacts count"
        value={choice.basis === 'arrival' ? '' : choice.basis}
        options={BASES}
        fault={faults.basis}
        onChoose={set('basis')}
      />
      <Check
        label="Exits count against it"
        checked={choice.count_exits === 'true'}
        onChoose={(counts) => onChange({ count_exits: counts ? 'true' : '' })}
      />
    </fieldset>
  );
};

export const Pickers = ({ choice, options, faults, shown, today, onChange }: PickersProps) => {
  const change: Change = (part) => onChange({ ...choice, ...part });
  const zones = useMemo(() => Intl.supportedValuesOf('timeZone'), []);
  return (
    <form class="pickers" aria-label="What is shown" onSubmit={(event) => event.preventDefault()}>
      <DaysPicker shown={shown} today={today} faults={faults} onChange={change} />
      <fieldset class="field-row">
        <legend class="visually-hidden">Rows</legend>
        <ManyPicker
          label="Queues"
          options={options.queues}
          chosen={choice.queue}
          none="all"
          fault={faults.queue}
          onChoose={(queue) => change({ queue })}
        />
        {(options.queueGroups.length > 0 || choice.queue_group.length > 0) && (
          <ManyPicker
            label="Queue groups"
            options={options.queueGroups}
            chosen={choice.queue_group}
            none="all"
            fault={faults.queue_group}
            onChoose={(queue_group) => change({ queue_group })}
          />
        )}
        {options.channels.length > 1 && (
          <ManyPicker
            label="Channels"
            options={options.channels}
            chosen={choice.channel}
            none="all"
            fault={faults.channel}
            onChoose={(channel) => change({ channel })}
          />
        )}
        {options.sources.length > 1 && (
          <ManyPicker
            label="Sources"
            options={options.sources}
            chosen={choice.source}
            none="all"
            fault={faults.source}
            onChoose={(source) => change({ source })}
          />
        )}
        <Select
          label="Interval"
          value={choice.interval === '' ? '15m' : choice.interval}
          options={Object.fromEntries(INTERVALS.map((name) => [name, INTERVAL_WORDS[name] ?? name]))}
          fault={faults.interval}
          onChoose={(interval) => change({ interval: interval === '15m' ? '' : interval })}
        />
        <Select
          label="A row for each"
          value={choice.group_by === null ? 'queue' : choice.group_by.join(',')}
          options={options.queueGroups.length > 0 ? { ...GROUPINGS, queue_group: 'Queue group' } : GROUPINGS}
          fault={faults.group_by}
          onChoose={(names) =>
            change({ group_by: names === 'queue' ? null : names.split(',').filter((name) => name !== '') })
          }
        />
        <Text
          label="Time zone"
          value={choice.tz}
          placeholder={options.defaultTimeZone}
          list={zones}
          fault={faults.tz}
          onChoose={(tz) => change({ tz })}
        />
      </fieldset>
      <Definition choice={choice} faults={faults} onChange={change} />
    </form>
  );
};
