/**
 * CodeMirror as a component. It lives in a shadow root: there it styles itself by adopted style sheets, which the
 * pages' strict policy allows, while in the page itself it would need inline ones.
 */

import { sql } from '@codemirror/lang-sql';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { Compartment, type Extension, Prec, StateEffect, StateField } from '@codemirror/state';
import { Decoration, type DecorationSet, EditorView, keymap } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { basicSetup } from 'codemirror';
import { useEffect, useRef } from 'preact/hooks';
import { CLICKHOUSE } from './dialect.ts';
import type { Place } from './error-place.ts';
import type { Schema } from './schema.ts';

const COLOURS = syntaxHighlighting(
  HighlightStyle.define([
    { tag: tags.keyword, color: 'var(--accent)', fontWeight: '600' },
    { tag: [tags.string, tags.special(tags.string)], color: 'var(--good)' },
    { tag: [tags.number, tags.bool, tags.null], color: 'var(--warn)' },
    { tag: tags.comment, color: 'var(--quiet)', fontStyle: 'italic' },
  ]),
);

const LOOK = EditorView.theme({
  '&': { color: 'var(--ink)', backgroundColor: 'var(--surface)', fontSize: '0.9rem', height: '100%' },
  '&.cm-focused': { outline: '3px solid var(--accent)', outlineOffset: '-1px' },
  '.cm-scroller': {
    fontFamily: 'ui-monospace, "Cascadia Code", Menlo, Consolas, monospace',
    lineHeight: '1.45',
  },
  '.cm-content': { caretColor: 'var(--ink)' },
  '.cm-cursor, .cm-dropCursor': { borderLeftColor: 'var(--ink)' },
  '.cm-gutters': {
    color: 'var(--quiet)',
    backgroundColor: 'var(--raised)',
    borderRight: '1px solid var(--line)',
  },
  '.cm-activeLine, .cm-activeLineGutter': {
    backgroundColor: 'color-mix(in srgb, var(--accent) 8%, transparent)',
  },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'color-mix(in srgb, var(--accent) 28%, transparent)',
  },
  '.cm-matchingBracket': { backgroundColor: 'color-mix(in srgb, var(--accent) 25%, transparent)' },
  '.cm-tooltip, .cm-panels': {
    color: 'var(--ink)',
    backgroundColor: 'var(--surface)',
    border: '1px solid var(--line)',
  },
  '.cm-tooltip-autocomplete ul li[aria-selected]': {
    color: 'var(--surface)',
    backgroundColor: 'var(--accent)',
  },
  '.cm-completionDetail': { color: 'inherit', opacity: '0.8' },
  '.cm-fault': {
    textDecoration: 'underline wavy var(--bad) 2px',
    textUnderlineOffset: '3px',
    backgroundColor: 'color-mix(in srgb, var(--bad) 18%, transparent)',
  },
});

const setFault = StateEffect.define<Place | null>();
const FAULT_MARK = Decoration.mark({ class: 'cm-fault', attributes: { title: 'The error lies here' } });
const faultField = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update: (marks, transaction) => {
    for (const effect of transaction.effects) {
      if (!effect.is(setFault)) continue;
      return effect.value === null || effect.value.to > transaction.newDoc.length
        ? Decoration.none
        : Decoration.set([FAULT_MARK.range(effect.value.from, effect.value.to)]);
    }
    // What is being mended is no longer pointed at.
    return transaction.docChanged ? Decoration.none : marks;
  },
  provide: (field) => EditorView.decorations.from(field),
});

/**
 * Chromium gives what is typed over coloured text an inline style, which the policy refuses and reports: the editor
 * puts it in by itself, through the same handlers (closing brackets is one) as any other typing.
 */
const TYPED_OVER = EditorView.domEventHandlers({
  beforeinput: (event, view) => {
    const { data: text, inputType } = event;
    const { main } = view.state.selection;
    if (inputType !== 'insertText' || text === null || main.empty || view.composing) return false;
    const insert = () =>
      view.state.update(view.state.replaceSelection(text), { userEvent: 'input.type', scrollIntoView: true });
    const handlers = view.state.facet(EditorView.inputHandler);
    if (!handlers.some((handle) => handle(view, main.from, main.to, text, insert))) view.dispatch(insert());
    return true;
  },
});

const languageOf = (schema: Schema): Extension =>
  sql({
    dialect: CLICKHOUSE,
    upperCaseKeywords: true,
    schema: Object.fromEntries(
      schema.map(({ name, columns }) => [
        name,
        columns.map((column) => ({
          label: column.name,
          type: 'property',
          detail: column.type,
          info: column.comment,
        })),
      ]),
    ),
  });

export interface EditorProps {
  /** What the editor begins with, and holds again whenever `load` changes; in between it knows better. */
  readonly text: string;
  readonly load: number;
  readonly schema: Schema;
  readonly fault: Place | null;
  readonly onText: (text: string) => void;
  readonly onRun: (text: string) => void;
  readonly onCancel: () => void;
}

export const Editor = (props: EditorProps) => {
  const { load, schema, fault } = props;
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const language = useRef(new Compartment());
  // The editor is made once; its keys call what the page means now.
  const newest = useRef(props);
  newest.current = props;

  useEffect(() => {
    const host = place.current;
    if (host === null) return undefined;
    const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' });
    const run = ({ state }: EditorView): boolean => {
      newest.current.onRun(state.doc.toString());
      return true;
    };
    const cancel = (): boolean => {
      newest.current.onCancel();
      // Escape also closes what the editor has open.
      return false;
    };
    view.current = new EditorView({
      doc: newest.current.text,
      parent: root,
      root,
      extensions: [
        Prec.highest(
          keymap.of([
            { key: 'Mod-Enter', run },
            { key: 'Escape', run: cancel },
          ]),
        ),
        basicSetup,
        EditorView.lineWrapping,
        TYPED_OVER,
        COLOURS,
        LOOK,
        faultField,
        language.current.of(languageOf(newest.current.schema)),
        EditorView.contentAttributes.of({ 'aria-label': 'SQL query. Control and Enter run it.' }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) newest.current.onText(update.state.doc.toString());
        }),
      ],
    });
    return () => view.current?.destroy();
  }, []);

  useEffect(() => {
    view.current?.dispatch({ effects: language.current.reconfigure(languageOf(schema)) });
  }, [schema]);
  // Not by the text: the page learns of it after the editor, and would put back what was typed since.
  useEffect(() => {
    const editor = view.current;
    if (editor === null || editor.state.doc.toString() === newest.current.text) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: newest.current.text } });
  }, [load]);
  useEffect(() => {
    view.current?.dispatch({ effects: setFault.of(fault) });
  }, [fault]);

  return <div ref={place} class="editor" />;
};
