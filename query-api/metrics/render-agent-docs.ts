/** The part of docs/metrics.md about agents, from the table that computes their figures. */
import { AWAY_ACTIVITIES, WORKING_STATES } from './adherence.ts';
import { AGENT_METRICS } from './agent-metrics.ts';

type Table = (head: readonly string[], rows: readonly (readonly string[])[]) => string;

/** Names that fit on the page's first line of them. */
const AWAY_LINE = 8;
const named = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');

export const renderAgentSection = (table: Table): string => `## Figures of an agent

${table(
  ['field', 'unit', 'formula', 'meaning', 'elsewhere'],
  AGENT_METRICS.map(({ name, unit, formula, doc, aliases }) => [
    `\`${name}\``,
    unit,
    formula,
    doc,
    aliases.join(', '),
  ]),
)}

Time counts in the interval in which it passes, a handled contact in the one in which it ended. The schedule is the one
imported last for a day; scheduled time counts up to what is known of the agent’s source, so that a day that goes on is not
held against him. An activity asks for one of the states ${named(WORKING_STATES)},
unless it is called one of
${named(AWAY_ACTIVITIES.slice(0, AWAY_LINE))},
${named(AWAY_ACTIVITIES.slice(AWAY_LINE))}
(or one named as \`away=\`): then for none of them. Since that is decided when the figures are read, it holds for all of the
past. [Agents and contacts](agents-and-contacts.md) says how a schedule is imported.`;
