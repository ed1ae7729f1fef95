/** The platform's own time zones. */

/** Whether the platform knows the zone (`Europe/Berlin`, `UTC`). */
export const isTimeZone = (zone: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
};
