/** Figures as people read them. What nothing counts for is a dash, never a zero. Pure. */

const DASH = '–';

/** 0.8134 → `81.3`: one decimal, without the sign, which stands beside it in smaller type. */
export const percentDigits = (fraction: number | null): string =>
  fraction === null ? DASH : (fraction * 100).toFixed(1);
export const percent = (fraction: number | null): string =>
  fraction === null ? DASH : `${percentDigits(fraction)} %`;

/** Seconds as `m:ss`, from an hour on as `h:mm:ss`. A wait that has begun counts whole seconds only. */
export const clockTime = (seconds: number | null): string => {
  if (seconds === null) return DASH;
  const whole = Math.floor(seconds);
  const two = (part: number): string => String(part).padStart(2, '0');
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  return hours === 0 ? `${minutes}:${two(rest)}` : `${hours}:${two(minutes)}:${two(rest)}`;
};

/** A mean of seconds, rounded. */
export const meanTime = (seconds: number | null): string =>
  clockTime(seconds === null ? null : Math.round(seconds));

export const timeOfDay = (atMs: number, timeZone: string | undefined): string =>
  new Date(atMs).toLocaleTimeString('en-GB', timeZone === undefined ? {} : { timeZone });
