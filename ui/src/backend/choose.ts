import type { Backend } from "./backend";

/** The real vault. While developing, a browser without Tauri gets invented keys; a build does not contain them. */
export async function chooseBackend(): Promise<Backend> {
  if (import.meta.env.DEV && !("__TAURI_INTERNALS__" in window)) return (await import("./fake/sample")).sampleBackend();
  return (await import("./tauri/tauri")).tauriBackend;
}
