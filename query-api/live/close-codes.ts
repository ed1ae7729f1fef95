/** With what code a live socket ends, beside those of the protocol itself; the pages read them too. */

export const GOING_AWAY = 1001;
/** Of the range for applications, after HTTP's 401. The reason is `token expired` or `token revoked`. */
export const TOKEN_ENDED = 4401;
