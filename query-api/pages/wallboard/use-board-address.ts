/** The board that the address names, and the way to another: Back leads to the one before. */
import { useCallback, useEffect, useState } from 'preact/hooks';
import { showTheme, storedTheme } from '../shared/theme.ts';
import { type Board, readBoard, writeBoard } from './board-address.ts';

export interface BoardAddress {
  readonly board: Board;
  /** What in the address is not understood. */
  readonly faults: readonly string[];
  readonly change: (board: Board) => void;
}

export const useBoardAddress = (): BoardAddress => {
  const [search, setSearch] = useState(location.search);
  const { board, faults } = readBoard(search);
  useEffect(() => {
    const follow = (): void => setSearch(location.search);
    addEventListener('popstate', follow);
    return () => removeEventListener('popstate', follow);
  }, []);
  useEffect(() => showTheme(board.theme ?? storedTheme()), [board.theme]);
  const change = useCallback((next: Board) => {
    history.pushState(null, '', location.pathname + writeBoard(next));
    setSearch(location.search);
  }, []);
  return { board, faults, change };
};
