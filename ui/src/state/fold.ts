/** Without capitals and accents: "clave" finds "Clavé". */
export function fold(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}
