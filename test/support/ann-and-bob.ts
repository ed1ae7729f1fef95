/** Two callers of the scenarios of erasing, and how the first one's number may be written. */

export const [ANN, BOB] = ['+4930111222', '+4930999888'] as const;
export const ANNS_DIGITS = /49\D{0,2}30\D{0,2}111\D{0,2}222/;
