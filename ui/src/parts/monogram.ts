/** Two or three letters that stand for a provider: "Google Sheets" is GS, "npm" stays npm, "OpenAI" is Op. */
export function monogram(provider: string): string {
  const parts = provider.trim().split(/[\s._()-]+/).filter(Boolean);
  const [first = "", second] = parts;
  if (second) return (letter(first) + letter(second)).toUpperCase();
  const letters = [...first];
  if (letters.length <= 3) return first;
  return letter(first).toUpperCase() + (letters[1] ?? "").toLowerCase();
}

function letter(text: string): string {
  return [...text][0] ?? "";
}
