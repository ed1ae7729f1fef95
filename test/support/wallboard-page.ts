/** What a wallboard shows, read off its page, and what it should show by the API. */
import type { Page } from 'playwright-core';
import { meanTime, percentDigits } from '../../query-api/pages/wallboard/format.ts';
import type { LiveQueue } from '../../schemas/live.ts';

/** The text of each figure of each tile, by queue. */
export type Shown = Readonly<Record<string, Readonly<Record<string, string>>>>;

export const shownOn = (page: Page): Promise<Shown> =>
  page.$$eval('.tile', (tiles) =>
    Object.fromEntries(
      tiles.map((tile) => [
        tile.getAttribute('data-queue') ?? '',
        Object.fromEntries(
          [...tile.querySelectorAll('[data-field]')].map((element) => [
            element.getAttribute('data-field') ?? '',
            (element.querySelector('.value') ?? element).textContent ?? '',
          ]),
        ),
      ]),
    ),
  );

/** All but the longest wait, which ticks. */
export const expectedOf = ({
  waiting,
  today,
  interval,
  agents,
}: LiveQueue): Readonly<Record<string, string>> => ({
  waiting: String(waiting),
  service_level: percentDigits(today.service_level),
  interval_service_level: percentDigits(interval.service_level),
  abandonment_rate: percentDigits(today.abandonment_rate),
  asa_s: meanTime(today.asa_s),
  aht_s: meanTime(today.aht_s),
  occupancy: percentDigits(today.occupancy),
  ...Object.fromEntries(Object.entries(agents).map(([state, count]) => [state, String(count)])),
});
