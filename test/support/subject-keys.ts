/** Subjects' keys without a log: made from the path, and never replaced. */
import { createHash } from 'node:crypto';
import type { SubjectKeys } from '../../infra/subjects/subject-keys.ts';

export const steadyKeys: SubjectKeys = {
  keyOf: (path) => createHash('sha256').update(path).digest(),
  isRetired: () => false,
  version: () => 0,
};
