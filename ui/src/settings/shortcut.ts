/** Keys that mean nothing alone. */
const MODIFIERS = ["Control", "Alt", "Shift", "Meta", "AltGraph"];

/**
 * The keys that are pressed, in the words of the global-hotkey crate (`Ctrl+Alt+K`). Nothing while only modifiers are, or where
 * there is none but Shift: such keys are typed.
 */
export function shortcutOf(event: Pick<KeyboardEvent, "key" | "code" | "ctrlKey" | "altKey" | "shiftKey" | "metaKey">): string | undefined {
  if (MODIFIERS.includes(event.key) || !(event.ctrlKey || event.altKey || event.metaKey)) return undefined;
  // The place on the keyboard, for with modifiers a key gives another letter.
  const key = /^(?:Key([A-Z])|Digit(\d)|(F\d{1,2}|Space))$/.exec(event.code);
  const name = key?.[1] ?? key?.[2] ?? key?.[3];
  if (name === undefined) return undefined;
  const held = [event.ctrlKey && "Ctrl", event.altKey && "Alt", event.shiftKey && "Shift", event.metaKey && "Super"];
  return [...held.filter((modifier) => modifier !== false), name].join("+");
}
