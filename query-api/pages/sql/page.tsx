/** The analyst's page: an editor for one query, its parameters, its result, and what there is to ask. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Api } from '../shared/api.ts';
import { Text } from '../shared/fields.tsx';
import { Header } from '../shared/header.tsx';
import type { Written } from './address.ts';
import { Editor } from './editor.tsx';
import { type Place, placeOf } from './error-place.ts';
import { Outcome, runWords } from './outcome.tsx';
import { placeholdersOf } from './placeholders.ts';
import type { Schema } from './schema.ts';
import { Sidebar } from './sidebar.tsx';
import { type Run, useRun, useSchema, useWritten } from './state.ts';

const NO_SCHEMA: Schema = [];

const Parameters = ({
  written,
  onChoose,
}: {
  readonly written: Written;
  readonly onChoose: (params: Written['params']) => void;
}) => {
  const placeholders = placeholdersOf(written.query);
  if (placeholders.length === 0) return null;
  return (
    <fieldset class="parameters">
      <legend>Parameters</legend>
      {placeholders.map(({ name, type }) => (
        <Text
          key={name}
          label={name}
          value={written.params[name] ?? ''}
          placeholder={type}
          onChoose={(value) => onChoose({ [name]: value })}
        />
      ))}
    </fieldset>
  );
};

/** Where the newest error lies, as long as the query is the one it was of. */
const faultOf = (run: Run, query: string): Place | null =>
  run.status === 'done' && run.answer.status === 'failed' && run.written.query === query
    ? placeOf(query, run.answer.message)
    : null;

/** Escape cancels from anywhere on the page. */
const useEscape = (cancel: () => void): void =>
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') cancel();
    };
    addEventListener('keydown', listen);
    return () => removeEventListener('keydown', listen);
  }, [cancel]);

export const SqlPage = ({ api }: { readonly api: Api }) => {
  const { written, setWritten, load, loads, share } = useWritten();
  const { run, start, cancel } = useRun(api);
  const schema = useSchema(api);
  const [isShared, setShared] = useState(true);
  const fault = useMemo(() => faultOf(run, written.query), [run, written.query]);
  useEscape(cancel);
  const runNow = (wanted: Written): void => {
    setShared(share(wanted));
    start(wanted);
  };
  const loadAndRun = (wanted: Written): void => {
    load(wanted);
    runNow(wanted);
  };
  return (
    <>
      <Header page="sql" />
      <main class="sql" aria-busy={run.status === 'running'}>
        <h1 class="visually-hidden">SQL</h1>
        <Sidebar
          schema={schema}
          onExample={({ query, params = {} }) => loadAndRun({ query, params })}
          onView={(view) => loadAndRun({ query: `SELECT *\nFROM ${view}\nLIMIT 100`, params: {} })}
        />
        <div class="work">
          <Editor
            text={written.query}
            load={loads}
            schema={schema?.status === 'ok' ? schema.value : NO_SCHEMA}
            fault={fault}
            onText={(query) => setWritten((old) => ({ ...old, query }))}
            onRun={(query) => runNow({ ...written, query })}
            onCancel={cancel}
          />
          <Parameters
            written={written}
            onChoose={(params) => setWritten((old) => ({ ...old, params: { ...old.params, ...params } }))}
          />
          <div class="actions">
            {run.status === 'running' ? (
              <button type="button" onClick={cancel}>
                Cancel
              </button>
            ) : (
              <button type="button" class="primary-button" title="Ctrl-Enter" onClick={() => runNow(written)}>
                Run
              </button>
            )}
            <p role="status" class="state">
              {runWords(run)}
            </p>
          </div>
          {!isShared && (
            <p class="notice">This query is too long for an address: it cannot be shared as a link.</p>
          )}
          <Outcome api={api} run={run} />
        </div>
      </main>
    </>
  );
};
