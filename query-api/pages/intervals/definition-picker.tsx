/** By which definition the figures are computed: a vendor's as a whole, or each part by itself. */

import { SERVICE_LEVEL_FORMULAS, spellOut } from '../../../schemas/service-level.ts';
import { BASES, PROFILES } from '../../metrics/definition.ts';
import { Check, Select, Text } from '../shared/fields.tsx';
import type { Choice, Single } from './address.ts';

const PROFILE_OPTIONS = { '': 'none', ...Object.fromEntries(PROFILES.map(({ name }) => [name, name])) };
const FORMULA_OPTIONS = Object.fromEntries(
  SERVICE_LEVEL_FORMULAS.map(({ name }) => [
    name,
    `${name.replaceAll('_', ' ')}: ${spellOut({ formula: name, countExits: false })}`,
  ]),
);
const BASIS_WORDS: Readonly<Record<string, string>> = {
  arrival: 'when offered',
  answer: 'when their wait is over',
  end: 'when they end',
};
const BASIS_OPTIONS = Object.fromEntries(BASES.map(({ name }) => [name, BASIS_WORDS[name] ?? name]));
const DEFAULT_BASIS = 'arrival';

export interface DefinitionPickerProps {
  readonly choice: Choice;
  readonly faults: Readonly<Record<string, string>>;
  readonly onChange: (part: Partial<Choice>) => void;
}

export const DefinitionPicker = ({ choice, faults, onChange }: DefinitionPickerProps) => {
  const set = (name: Single) => (value: string) => onChange({ [name]: value });
  const flag = (name: 'count_exits' | 'exclude_short', label: string) => (
    <Check
      label={label}
      checked={choice[name] === 'true'}
      onChoose={(on) => onChange({ [name]: on ? 'true' : '' })}
    />
  );
  const text = (name: 'sl_threshold' | 'short_abandon', label: string, placeholder: string) => (
    <Text
      label={label}
      value={choice[name]}
      placeholder={placeholder}
      fault={faults[name]}
      onChoose={set(name)}
    />
  );
  return (
    <fieldset class="field-row">
      <legend>Definition</legend>
      <Select
        label="Profile"
        value={choice.profile}
        options={PROFILE_OPTIONS}
        fault={faults.profile}
        onChoose={set('profile')}
      />
      <Select
        label="Service level"
        value={choice.sl_formula}
        options={{ '': choice.profile === '' ? 'default: a / (A + B)' : 'the profile’s', ...FORMULA_OPTIONS }}
        fault={faults.sl_formula}
        onChoose={set('sl_formula')}
      />
      {text('sl_threshold', 'Threshold', '20s')}
      {text('short_abandon', 'Short abandon', '5s')}
      <Select
        label="Contacts count"
        value={choice.basis === '' ? DEFAULT_BASIS : choice.basis}
        options={BASIS_OPTIONS}
        fault={faults.basis}
        onChoose={(basis) => onChange({ basis: basis === DEFAULT_BASIS ? '' : basis })}
      />
      <Text
        label="Percentiles of the wait"
        value={choice.percentiles.join(', ')}
        placeholder="50, 90"
        fault={faults.percentiles}
        onChoose={(value) => onChange({ percentiles: value.split(/[,\s]+/).filter((each) => each !== '') })}
      />
      {flag('count_exits', 'Exits count against it')}
      {flag('exclude_short', 'Short abandons are left out of the abandonment rate')}
    </fieldset>
  );
};
