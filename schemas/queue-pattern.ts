/** Patterns of queue names, as rules and settings name the queues they are for. Pure. */

/** Names and patterns of one rule or setting. */
const MAX_QUEUE_PATTERNS = 1000;

/** What is wrong with a list of them; null: nothing. */
export const queuePatternsFault = (queues: readonly string[]): string | null =>
  queues.length === 0 || queues.length > MAX_QUEUE_PATTERNS || queues.includes('')
    ? `must be 1 to ${MAX_QUEUE_PATTERNS} names or patterns such as "support-*"`
    : null;

/** Whether a queue is one of those named. `*` in a pattern stands for any letters. */
export const coversQueue = (patterns: readonly string[], queue: string): boolean =>
  patterns.some((pattern) => matches(pattern, queue));

/** By hand and not by a regular expression: a pattern of many stars must not take long. */
const matches = (pattern: string, queue: string): boolean => {
  const [head = '', ...rest] = pattern.split('*');
  const tail = rest.pop();
  if (tail === undefined) return pattern === queue;
  if (queue.length < head.length + tail.length || !queue.startsWith(head) || !queue.endsWith(tail))
    return false;
  let at = head.length;
  const end = queue.length - tail.length;
  for (const part of rest) {
    const found = queue.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
};
