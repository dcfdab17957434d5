import { LARGEST_SECRET } from "../keys/form";
import type { Session } from "./session.svelte";

/** Text, or a file with a key in it, that is dragged over the window and dropped to be added. */
export class Dropping {
  /** Whether something that could be added is over the window. */
  over = $state(false);

  constructor(private readonly session: Session) {}

  dragged(event: DragEvent): void {
    if (!this.#takes(event)) return;
    event.preventDefault();
    this.over = true;
  }

  left(event: DragEvent): void {
    // Between two elements of the page it has not left the window.
    if (event.relatedTarget === null) this.over = false;
  }

  async dropped(event: DragEvent): Promise<void> {
    this.over = false;
    if (!this.#takes(event)) return;
    event.preventDefault();
    const [file, ...others] = event.dataTransfer?.files ?? [];
    const text = event.dataTransfer?.getData("text/plain") ?? "";
    if (others.length > 0) return this.session.notices.trouble({ code: "DROPPED_SEVERAL", message: "" });
    const pasted = file === undefined ? text : await read(file);
    if (pasted === undefined) return this.session.notices.trouble({ code: "DROPPED_UNREADABLE", message: "" });
    if (pasted.trim() !== "") this.session.sheet = { kind: "add", pasted };
  }

  #takes(event: DragEvent): boolean {
    const types = event.dataTransfer?.types ?? [];
    const field = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement;
    return this.session.phase === "open" && this.session.sheet === undefined && (types.includes("Files") || (types.includes("text/plain") && !field));
  }
}

/** The text of a file; nothing if it is too large for a key, or is no text. */
async function read(file: File): Promise<string | undefined> {
  if (file.size > LARGEST_SECRET) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
  } catch {
    return undefined;
  }
}
