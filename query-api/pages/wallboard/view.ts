/** What every view of the board is given. */
import type { LiveDefinition, LiveQueue } from '../../../schemas/live.ts';
import type { Board } from './board-address.ts';
import type { BoardState } from './board-state.ts';
import type { DayRows } from './use-day.ts';

export interface ViewProps {
  readonly board: Board;
  readonly change: (board: Board) => void;
  readonly state: BoardState;
  /** The queues to show, in order. */
  readonly queues: readonly LiveQueue[];
  /** By which all of them are measured; null for several. */
  readonly definition: LiveDefinition | null;
  readonly day: DayRows;
  /** The board's time, UTC epoch ms. */
  readonly nowMs: number;
  readonly timeZone: string | undefined;
}
