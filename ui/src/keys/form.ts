/** "a, b,,a" are the labels a and b. */
export function labelsOf(text: string): string[] {
  return [...new Set(text.split(",").map((label) => label.trim()).filter(Boolean))];
}

/** A copied line often brings its line end along; one is dropped, as on the command line. */
export function withoutFinalNewline(secret: string): string {
  return secret.replace(/\r?\n$/, "");
}
