/** `queue_groups` of busyhour.yaml: named groups of queues, for figures of several queues together. */

/** Name → its queues. */
export type QueueGroupsConfig = Readonly<Record<string, readonly string[]>>;

const isNames = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((name) => typeof name === 'string' && name !== '');

/** Reads `{name: [queues]}`; what is wrong is noted with where it stands. */
export const readQueueGroups = (path: string, groups: unknown, faults: string[]): QueueGroupsConfig => {
  if (groups === undefined || groups === null) return {};
  if (typeof groups !== 'object' || Array.isArray(groups)) {
    faults.push(`${path}: queue_groups must be "name: [queue, …]" lines`);
    return {};
  }
  return Object.fromEntries(
    Object.entries(groups).flatMap(([name, queues]: [string, unknown]) => {
      if (isNames(queues) && !name.includes(',')) return [[name, queues] as const];
      faults.push(`${path}: queue_groups.${name} must be a list of queues, and its name without a comma`);
      return [];
    }),
  );
};
