/** Percentiles of how long the answered waited, read off the stored histograms. Pure. */

/** Fields of one reply: every one is a pass over a histogram. */
export const MAX_PERCENTILES = 10;

export const percentileField = (percent: number): string => `answer_p${percent}_s`;

/** A whole per cent from 1 to 99, or null. */
export const parsePercentile = (text: string): number | null => {
  const percent = /^\d{1,2}$/.test(text) ? Number(text) : 0;
  return percent >= 1 ? percent : null;
};
