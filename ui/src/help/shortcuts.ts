import { words } from "../words/words";

export interface Shortcut {
  keys: readonly string[];
  what: string;
}

/** Every key of the window, by where it works. */
export function shortcuts(): { title: string; all: readonly Shortcut[] }[] {
  const say = words.main.shortcuts;
  const one = (what: string, ...keys: string[]): Shortcut => ({ keys, what });
  return [
    {
      title: say.groups.everywhere,
      all: [
        one(say.palette, "Ctrl K", "Ctrl Shift P"), one(say.search, "Ctrl F", "/"), one(say.add, "Ctrl N"), one(say.paste, "Ctrl V"),
        one(say.undo, "Ctrl Z"), one(say.escape, "Esc"), one(say.help, "?"),
      ],
    },
    { title: say.groups.list, all: [one(say.move, "↑", "↓"), one(say.pages, "PgUp", "PgDn"), one(say.ends, "Home", "End"), one(say.open, "Enter"), one(say.copy, "Ctrl C"), one(say.trash, "Del")] },
    { title: say.groups.several, all: [one(say.choose, say.space, `Ctrl ${say.click}`), one(say.range, "Shift ↑ ↓", `Shift ${say.click}`), one(say.all, "Ctrl A")] },
    { title: say.groups.search, all: [one(say.byProvider, "provider:openai"), one(say.byLabel, "label:prod"), one(say.byStatus, "status:error"), one(say.exact, 'label:"prod"')] },
  ];
}
