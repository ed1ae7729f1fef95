/** The panel that writes the address: every field is one of its parameters. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Api } from '../shared/api.ts';
import { THEMES } from '../shared/theme.ts';
import { writeNames } from './address-names.ts';
import {
  type Board,
  type Limits,
  readBoard,
  writeBoard,
  writeDuration,
  writePercent,
} from './board-address.ts';

export interface SettingsProps {
  readonly board: Board;
  readonly api: Api;
  readonly onApply: (board: Board) => void;
  readonly onClose: () => void;
}

const pair = (limits: Limits | null, write: (value: number) => string): string =>
  limits === null ? '' : `${write(limits.warn)}:${write(limits.bad)}`;

const FIELDS: readonly {
  readonly name: string;
  readonly label: string;
  readonly text: (board: Board) => string;
}[] = [
  {
    name: 'sl',
    label: 'Service level, % (target:limit; empty: each queue’s own)',
    text: ({ serviceLevel }) => pair(serviceLevel, writePercent),
  },
  {
    name: 'abandon',
    label: 'Abandoned, % (watch:limit)',
    text: ({ abandonment }) => pair(abandonment, writePercent),
  },
  {
    name: 'wait',
    label: 'Longest wait (watch:limit)',
    text: ({ longestWaitMs }) => pair(longestWaitMs, writeDuration),
  },
  { name: 'waiting', label: 'Contacts waiting (watch:limit)', text: ({ waiting }) => pair(waiting, String) },
  { name: 'page', label: 'A TV’s page stays', text: ({ pageMs }) => writeDuration(pageMs) },
  {
    name: 'tiles',
    label: 'Tiles on a TV’s page, such as 3x2 (empty: automatic)',
    text: ({ tiles }) => (tiles === null ? '' : `${tiles.columns}x${tiles.rows}`),
  },
];

const Choice = ({
  name,
  label,
  value,
  options,
}: {
  name: string;
  label: string;
  value: string;
  options: readonly string[];
}) => (
  <label>
    {label}
    <select name={name} defaultValue={value}>
      {options.map((option) => (
        <option key={option} value={option} selected={option === value}>
          {option === '' ? 'as kept in this browser' : option}
        </option>
      ))}
    </select>
  </label>
);

/** The board the form describes, read as an address is, with the same faults. */
const read = (form: HTMLFormElement): ReturnType<typeof readBoard> => {
  const data = new FormData(form);
  const names = data.getAll('queues').filter((name) => typeof name === 'string');
  const others = new URLSearchParams(
    [...data].flatMap(([name, text]) =>
      name === 'queues' || typeof text !== 'string' ? [] : [[name, text]],
    ),
  );
  return readBoard(`?queues=${writeNames(names)}&${others}`);
};

/** Every queue the token may see, with those the board names already. */
const useNames = (api: Api, chosen: readonly string[]): readonly string[] => {
  const [names, setNames] = useState<readonly string[]>([]);
  useEffect(() => {
    const stopping = new AbortController();
    const load = async (): Promise<void> => {
      const { signal } = stopping;
      const answer = await api.json<{ queues: { queue: string }[] }>('/v1/queues', { signal });
      if (answer.status === 'ok') setNames(answer.value.queues.map(({ queue }) => queue));
    };
    void load();
    return () => stopping.abort();
  }, [api]);
  return [...new Set([...chosen, ...names])];
};

export const Settings = ({ board, api, onApply, onClose }: SettingsProps) => {
  const names = useNames(api, board.queues ?? []);
  const dialog = useRef<HTMLDialogElement>(null);
  const [faults, setFaults] = useState<readonly string[]>([]);
  useEffect(() => dialog.current?.showModal(), []);
  const apply = (event: Event): void => {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement)) return;
    const { board: next, faults: found } = read(event.currentTarget);
    setFaults(found);
    if (found.length === 0) onApply({ ...next, queue: board.queue });
  };
  return (
    <dialog ref={dialog} class="settings" aria-labelledby="settings-title" onClose={onClose}>
      <form onSubmit={apply}>
        <h2 id="settings-title">Settings</h2>
        <p class="hint">They are written into the address: bookmark it, or open it on a TV.</p>
        <fieldset>
          <legend>Queues (none chosen: all)</legend>
          <div class="settings-queues">
            {names.map((name) => (
              <label key={name}>
                <input
                  type="checkbox"
                  name="queues"
                  value={name}
                  defaultChecked={board.queues?.includes(name) === true}
                />
                {name}
              </label>
            ))}
          </div>
        </fieldset>
        <div class="settings-fields">
          {FIELDS.map(({ name, label, text }) => (
            <label key={name}>
              {label}
              <input name={name} defaultValue={text(board)} autocomplete="off" />
            </label>
          ))}
          <Choice name="view" label="View" value={board.view} options={['grid', 'tv']} />
          <Choice name="theme" label="Colours" value={board.theme ?? ''} options={['', ...THEMES]} />
          <Choice
            name="chart"
            label="Curve of the day"
            value={board.chart ? 'on' : 'off'}
            options={['on', 'off']}
          />
        </div>
        <div role="alert" class="settings-faults">
          {faults.map((fault) => (
            <p key={fault}>{fault}</p>
          ))}
        </div>
        <p class="settings-buttons">
          <button type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button type="submit" class="primary-button">
            Apply
          </button>
        </p>
        <p class="hint settings-address">
          Now: <code>/{writeBoard(board)}</code>
        </p>
      </form>
    </dialog>
  );
};
