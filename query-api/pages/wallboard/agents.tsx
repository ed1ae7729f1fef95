/** How many agents are in each state: a bar of shares, and the numbers under their names. */
import type { AgentCounts } from '../../../schemas/live.ts';

const STATES = [
  { state: 'available', name: 'Free' },
  { state: 'ringing', name: 'Ringing' },
  { state: 'on_contact', name: 'Contact' },
  { state: 'on_hold', name: 'Hold' },
  { state: 'wrap_up', name: 'Wrap-up' },
  { state: 'unavailable', name: 'Away' },
] as const satisfies readonly { state: keyof AgentCounts; name: string }[];

export const Agents = ({ agents }: { readonly agents: AgentCounts }) => (
  <section class="agents" aria-label={`Agents: ${agents.staffed} staffed`}>
    <div class="agents-head">
      <p>
        <span data-field="staffed">{agents.staffed}</span> <span class="label">staffed</span>
      </p>
      <div class="agents-bar" aria-hidden="true">
        {STATES.filter(({ state }) => agents[state] > 0).map(({ state }) => (
          <span key={state} data-state={state} style={{ flexGrow: agents[state] }} />
        ))}
      </div>
    </div>
    <dl class="agents-counts">
      {STATES.map(({ state, name }) => (
        <div key={state} data-state={state} data-none={agents[state] === 0}>
          <dt>{name}</dt>
          <dd data-field={state}>{agents[state]}</dd>
        </div>
      ))}
    </dl>
  </section>
);
