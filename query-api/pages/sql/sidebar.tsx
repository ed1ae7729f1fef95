/** Beside the editor: questions to begin from, and the views with their columns. */
import { EXAMPLES, type Example } from './examples.ts';
import type { SchemaAnswer, SchemaView } from './schema.ts';

const View = ({
  view,
  onInsert,
}: {
  readonly view: SchemaView;
  readonly onInsert: (view: string) => void;
}) => (
  <li>
    <details>
      <summary>{view.name}</summary>
      <button type="button" class="quiet-button" onClick={() => onInsert(view.name)}>
        Show its first rows
      </button>
      <dl>
        {view.columns.map(({ name, type, comment }) => (
          <div key={name}>
            <dt>
              <code>{name}</code> <span class="quiet">{type}</span>
            </dt>
            <dd>{comment}</dd>
          </div>
        ))}
      </dl>
    </details>
  </li>
);

export interface SidebarProps {
  readonly schema: SchemaAnswer | null;
  readonly onExample: (example: Example) => void;
  readonly onView: (view: string) => void;
}

export const Sidebar = ({ schema, onExample, onView }: SidebarProps) => (
  <aside class="sidebar" aria-label="Examples and schema">
    <details open>
      <summary>
        <h2>Examples</h2>
      </summary>
      <ul>
        {EXAMPLES.map((example) => (
          <li key={example.title}>
            <button type="button" class="quiet-button" onClick={() => onExample(example)}>
              {example.title}
            </button>
          </li>
        ))}
      </ul>
    </details>
    <details open>
      <summary>
        <h2>Views</h2>
      </summary>
      {schema === null && <p class="quiet">Loading …</p>}
      {schema !== null && schema.status !== 'ok' && <p class="quiet">Not known: {schema.message}</p>}
      {schema?.status === 'ok' && (
        <ul>
          {schema.value.map((view) => (
            <View key={view.name} view={view} onInsert={onView} />
          ))}
        </ul>
      )}
    </details>
  </aside>
);
