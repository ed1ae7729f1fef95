/** The live socket as a component's state. */
import { useEffect, useReducer, useState } from 'preact/hooks';
import type { Api } from '../shared/api.ts';
import { applyBoardEvent, type BoardState, EMPTY_BOARD } from './board-state.ts';
import { type About, connectLive } from './live-connection.ts';

export interface Live {
  readonly state: BoardState;
  /** Null until the server has been asked. */
  readonly about: About | null;
}

/** Subscribes anew when the names change. */
export const useLive = (api: Api, queues: readonly string[] | null): Live => {
  const [state, dispatch] = useReducer(applyBoardEvent, EMPTY_BOARD);
  const [about, setAbout] = useState<About | null>(null);
  const names = JSON.stringify(queues);
  useEffect(
    () =>
      connectLive({
        api,
        queues: JSON.parse(names) as readonly string[] | null,
        onEvent: dispatch,
        onAbout: setAbout,
      }),
    [api, names],
  );
  return { state, about };
};
