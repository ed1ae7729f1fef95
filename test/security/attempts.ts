/** All attempts to escape from a tenant's SQL, made from tables: one attack an entry. */
import type { Attempt, Traps } from './attempt.ts';
import { functions, settings } from './attempts-by-function.ts';
import { hiddenTables, systemTables, tableFunctions } from './attempts-by-name.ts';
import { statements, texts } from './attempts-by-statement.ts';
import { aroundTheFilter } from './attempts-by-view.ts';

/** Every attempt but the leaks. */
export const attempts = (traps: Traps): readonly Attempt[] => [
  ...hiddenTables(),
  ...tableFunctions(traps),
  ...systemTables(),
  ...statements(traps),
  ...settings(),
  ...functions(),
  ...aroundTheFilter(),
  ...texts(traps),
];
