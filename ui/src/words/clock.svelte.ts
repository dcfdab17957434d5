/**
 * The time as words need it. "2 min ago" is said anew when somebody comes to look: the window gets the focus, is shown, or
 * the pointer enters it. No timer goes on for it.
 */
let looked = $state(0);

const look = () => (looked += 1);

if (typeof window !== "undefined") {
  window.addEventListener("focus", look);
  document.addEventListener("visibilitychange", look);
  document.documentElement.addEventListener("pointerenter", look);
}

/** Milliseconds since 1970. What was said by it is said anew when somebody looks. */
export function now(): number {
  void looked;
  return Date.now();
}
