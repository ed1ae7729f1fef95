/** Fields of a form with their label, and below what is wrong with the value. */
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

interface FieldProps {
  readonly label: string;
  readonly fault?: string | undefined;
  readonly children: (id: string) => ComponentChildren;
}
export const Field = ({ label, fault, children }: FieldProps) => {
  const id = useId();
  return (
    <div class="field">
      <label class="field-label" for={id}>
        {label}
      </label>
      {children(id)}
      {fault !== undefined && <p class="field-fault">{fault}</p>}
    </div>
  );
};

interface SelectProps {
  readonly label: string;
  readonly value: string;
  readonly options: Readonly<Record<string, string>>;
  readonly fault?: string | undefined;
  readonly onChoose: (value: string) => void;
}
export const Select = ({ label, value, options, fault, onChoose }: SelectProps) => (
  <Field label={label} fault={fault}>
    {(id) => (
      <select id={id} value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
        {Object.entries(value in options ? options : { ...options, [value]: value }).map(([name, words]) => (
          <option key={name} value={name} selected={name === value}>
            {words}
          </option>
        ))}
      </select>
    )}
  </Field>
);

interface TextProps {
  readonly label: string;
  readonly value: string;
  readonly placeholder: string;
  readonly fault?: string | undefined;
  readonly list?: readonly string[];
  readonly onChoose: (value: string) => void;
}
export const Text = ({ label, value, placeholder, fault, list, onChoose }: TextProps) => (
  <Field label={label} fault={fault}>
    {(id) => (
      <>
        <input
          id={id}
          value={value}
          placeholder={placeholder}
          aria-invalid={fault !== undefined}
          autoComplete="off"
          spellcheck={false}
          list={list === undefined ? undefined : `${id}-list`}
          onChange={(event) => onChoose(event.currentTarget.value.trim())}
        />
        {list !== undefined && (
          <datalist id={`${id}-list`}>
            {list.map((name) => (
              <option key={name} value={name} />
            ))}
          </datalist>
        )}
      </>
    )}
  </Field>
);

interface CheckProps {
  readonly label: string;
  readonly checked: boolean;
  readonly onChoose: (checked: boolean) => void;
}
export const Check = ({ label, checked, onChoose }: CheckProps) => (
  <label class="check">
    <input type="checkbox" checked={checked} onChange={(event) => onChoose(event.currentTarget.checked)} />
    {label}
  </label>
);
