/**
 * What the wallboard knows: the newest state of each queue, raised alerts, and whether all that is still true. Pure.
 * It is live only from a snapshot on until the connection is lost; in between, its time stands still.
 */
import type { LiveAlert, LiveQueue, ServerMessage } from '../../../schemas/live.ts';
import { applyAlerts } from './alerts.ts';

export type Connection =
  /** Nothing has been heard yet. */
  | { readonly status: 'connecting' }
  | { readonly status: 'live' }
  /** What is shown is old. */
  | { readonly status: 'lost'; readonly reason: string }
  | { readonly status: 'denied'; readonly reason: string };

export interface BoardState {
  readonly connection: Connection;
  /** By queue and channel. */
  readonly queues: ReadonlyMap<string, LiveQueue>;
  readonly alerts: readonly LiveAlert[];
  /** The server's time less this machine's: a wall's own clock is often wrong. */
  readonly clockAheadMs: number;
  /** Server time of the last message; null before the first. */
  readonly heardAtMs: number | null;
  /** What the server last said it would not do; null when nothing. */
  readonly refusal: string | null;
}

export const EMPTY_BOARD: BoardState = {
  connection: { status: 'connecting' },
  queues: new Map(),
  alerts: [],
  clockAheadMs: 0,
  heardAtMs: null,
  refusal: null,
};

export type BoardEvent =
  | { readonly type: 'message'; readonly message: ServerMessage; readonly atMs: number }
  | { readonly type: 'connection'; readonly connection: Connection };

export const keyOf = ({ queue, channel }: LiveQueue): string => `${queue}\n${channel}`;

const withQueues = (
  known: ReadonlyMap<string, LiveQueue>,
  queues: readonly LiveQueue[],
): ReadonlyMap<string, LiveQueue> =>
  new Map([...known, ...queues.map((queue) => [keyOf(queue), queue] as const)]);

const heard = (state: BoardState, at: string, nowMs: number): BoardState => {
  const heardAtMs = Date.parse(at);
  return { ...state, heardAtMs, clockAheadMs: heardAtMs - nowMs };
};

const applyMessage = (state: BoardState, message: ServerMessage, atMs: number): BoardState => {
  switch (message.type) {
    case 'snapshot':
      return {
        ...heard(state, message.at, atMs),
        connection: { status: 'live' },
        queues: withQueues(new Map(), message.queues),
        refusal: state.connection.status === 'live' ? state.refusal : null,
      };
    case 'update':
      // Before its snapshot an update would mix new queues among old ones.
      if (state.connection.status !== 'live') return state;
      return { ...heard(state, message.at, atMs), queues: withQueues(state.queues, message.queues) };
    case 'heartbeat':
      return state.connection.status === 'live' ? heard(state, message.at, atMs) : state;
    case 'alerts':
      return { ...state, alerts: applyAlerts(state.alerts, message.alerts) };
    case 'error':
      return { ...state, refusal: message.message };
    default:
      return message satisfies never;
  }
};

export const applyBoardEvent = (state: BoardState, event: BoardEvent): BoardState => {
  if (event.type === 'message') return applyMessage(state, event.message, event.atMs);
  // Whoever lost the connection may have missed that an alert was cleared; it is told again of those still raised.
  const alerts = event.connection.status === 'live' ? state.alerts : [];
  return { ...state, connection: event.connection, alerts };
};

/** The time the board's figures are of: the server's now, or when it was last heard of. */
export const boardTimeMs = ({ connection, heardAtMs, clockAheadMs }: BoardState, nowMs: number): number =>
  connection.status === 'live' || heardAtMs === null ? nowMs + clockAheadMs : heardAtMs;

/** Queues that are asked for by name and of which nothing is known. */
export const unheardOf = ({ queues }: BoardState, names: readonly string[] | null): readonly string[] => {
  const known = new Set([...queues.values()].map(({ queue }) => queue));
  return (names ?? []).filter((name) => !known.has(name));
};

/** The queues to show: those named, in the order named, or all by name. */
export const shownQueues = (
  queues: ReadonlyMap<string, LiveQueue>,
  names: readonly string[] | null,
): readonly LiveQueue[] => {
  const all = [...queues.values()].sort(
    (a, b) => a.queue.localeCompare(b.queue) || keyOf(a).localeCompare(keyOf(b)),
  );
  return names === null ? all : names.flatMap((name) => all.filter(({ queue }) => queue === name));
};
