/**
 * Questions people ask of the public views, to begin from. None needs a name to be filled in, so that each has an answer on
 * any data: a test runs each, on recorded calls and on the simulated centre.
 */

export interface Example {
  /** With `, if any` where it is well when there are no rows. */
  readonly title: string;
  readonly query: string;
  readonly params?: Readonly<Record<string, string>>;
}

export const EXAMPLES: readonly Example[] = [
  {
    title: 'Service level by queue',
    query: `SELECT queue,
       count() AS offered,
       countIf(outcome = 'answered') AS answered,
       countIf(outcome = 'answered' AND wait_ms <= 1000 * {threshold_s:UInt32})
         / countIf(outcome IN ('answered', 'abandoned')) AS service_level
FROM contact_legs
WHERE NOT startsWith(outcome, 'refused')
GROUP BY queue
ORDER BY offered DESC`,
    params: { threshold_s: '20' },
  },
  {
    title: 'The last day’s curve of the busiest queue',
    query: `WITH (SELECT queue FROM queue_intervals GROUP BY queue ORDER BY sum(offered) DESC LIMIT 1) AS busiest
SELECT toStartOfInterval(interval_start, INTERVAL 15 MINUTE) AS time,
       sum(offered) AS offered,
       sum(answered) AS answered,
       sum(abandoned) AS abandoned
FROM queue_intervals
WHERE queue = busiest
  AND interval_start >= (SELECT toStartOfDay(max(interval_start)) FROM queue_intervals WHERE queue = busiest)
GROUP BY time
ORDER BY time`,
  },
  {
    title: 'Contacts by hour of the day',
    query: `SELECT toHour(offered_at, 'Europe/Berlin') AS hour,
       count() AS offered,
       round(avgIf(wait_ms, outcome = 'answered') / 1000, 1) AS speed_of_answer_s
FROM contact_legs
GROUP BY hour
ORDER BY hour`,
  },
  {
    title: 'Contacts by day of the week',
    query: `SELECT toDayOfWeek(offered_at) AS day,
       count() AS offered,
       round(countIf(outcome = 'abandoned') / count(), 3) AS abandonment
FROM contact_legs
GROUP BY day
ORDER BY day`,
  },
  {
    title: 'Percentiles of the wait',
    query: `SELECT queue,
       quantilesExact(0.5, 0.8, 0.95)(wait_ms / 1000) AS wait_s_p50_p80_p95,
       max(wait_ms) / 1000 AS longest_s
FROM contact_legs
WHERE outcome = 'answered'
GROUP BY queue
ORDER BY queue`,
  },
  {
    title: 'How contacts left the queue',
    query: `SELECT queue, outcome, count() AS contacts
FROM contact_legs
GROUP BY queue, outcome
ORDER BY queue, contacts DESC`,
  },
  {
    title: 'The longest waits',
    query: `SELECT offered_at, queue, contact_id, leg, outcome, wait_ms / 1000 AS wait_s, agent
FROM contact_legs
ORDER BY wait_ms DESC
LIMIT 50`,
  },
  {
    title: 'Handle time by agent',
    query: `SELECT agent,
       count() AS handled,
       round(avg(talk_ms) / 1000, 1) AS talk_s,
       round(avg(hold_ms) / 1000, 1) AS hold_s,
       round(avg(wrap_ms) / 1000, 1) AS wrap_s
FROM contact_legs
WHERE outcome = 'answered' AND agent != ''
GROUP BY agent
ORDER BY handled DESC`,
  },
  {
    title: 'What agents did with their time',
    query: `SELECT agent, state, reason, round(sum(duration_ms) / 60000, 1) AS minutes
FROM agent_states
GROUP BY agent, state, reason
ORDER BY agent, minutes DESC`,
  },
  {
    title: 'Occupancy by agent',
    query: `SELECT agent,
       sum(on_contact_ms + on_hold_ms + wrap_up_ms) AS busy_ms,
       round(busy_ms / nullIf(busy_ms + sum(available_ms), 0), 3) AS occupancy,
       sum(handled) AS handled_contacts
FROM agent_intervals
GROUP BY agent
ORDER BY occupancy DESC`,
  },
  {
    title: 'Callers who called again within the hour',
    query: `SELECT caller, count() AS calls, min(offered_at) AS first, max(offered_at) AS last
FROM contact_legs
WHERE caller != ''
GROUP BY caller
HAVING calls > 1 AND last <= first + INTERVAL 1 HOUR
ORDER BY calls DESC
LIMIT 100`,
  },
  {
    title: 'The events behind the newest contact',
    query: `SELECT at, kind, queue, agent, body
FROM events
WHERE (source, contact_id) IN (SELECT source, contact_id FROM contact_legs ORDER BY offered_at DESC LIMIT 1)
ORDER BY log_offset`,
  },
  {
    title: 'Input that could not be read, if any',
    query: `SELECT reason, count() AS lines, any(line) AS example, max(received_at) AS last
FROM dead_letters
GROUP BY reason
ORDER BY lines DESC`,
  },
  {
    title: 'Events that did not fit, if any',
    query: `SELECT kind, count() AS times, any(detail) AS example
FROM anomalies
GROUP BY kind
ORDER BY times DESC`,
  },
];
