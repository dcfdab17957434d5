/** How long a revealed secret stays on the screen, in milliseconds. */
export const SHOWN_FOR = 10_000;
