import type { ProviderInfo, Recognised } from "../backend";

/** Some of the catalogue, for the fake. */
export const PROVIDERS: ProviderInfo[] = [
  {
    id: "openai", name: "OpenAI", monogram: "OA", console: "https://platform.openai.com/api-keys",
    fields: [
      { name: "secret", label: "API key", secret: true, required: true, first: true },
      { name: "project", label: "Project ID", help: "Begins with proj_", secret: false, required: false, first: false },
    ],
  },
  { id: "github", name: "GitHub", monogram: "GH", fields: [{ name: "secret", label: "Token", secret: true, required: true, first: true }] },
  { id: "deepgram", name: "Deepgram", monogram: "DG", fields: [{ name: "secret", label: "API key", secret: true, required: true, first: true }] },
  { id: "assemblyai", name: "AssemblyAI", monogram: "AA", fields: [{ name: "secret", label: "API key", secret: true, required: true, first: true }] },
  {
    id: "aws", name: "AWS", monogram: "AW",
    fields: [
      { name: "access_key_id", label: "Access key ID", help: "Begins with AKIA", secret: false, required: true, first: false },
      { name: "secret_access_key", label: "Secret access key", secret: true, required: true, first: true },
      { name: "session_token", label: "Session token", secret: true, required: false, first: false },
      { name: "region", label: "Region", secret: false, required: false, first: false },
    ],
  },
  { id: "twilio", name: "Twilio", monogram: "Tw", fields: [{ name: "secret", label: "Auth token", secret: true, required: true, first: true }] },
  { id: "vapi", name: "Vapi", monogram: "Va", fields: [{ name: "secret", label: "Private key", secret: true, required: true, first: true }] },
  { id: "google_oauth", name: "Google OAuth", monogram: "G", fields: [{ name: "secret", label: "Refresh token", secret: true, required: true, first: true }] },
  { id: "google_service_account", name: "Google service account", monogram: "G", fields: [{ name: "secret", label: "Key file", secret: true, required: true, first: true }] },
];

/** Where programs look for fields, by provider. */
export const ENVIRONMENT: Record<string, Record<string, string> | undefined> = {
  openai: { secret: "OPENAI_API_KEY", project: "OPENAI_PROJECT_ID" },
  github: { secret: "GITHUB_TOKEN" },
  aws: { access_key_id: "AWS_ACCESS_KEY_ID", secret_access_key: "AWS_SECRET_ACCESS_KEY", region: "AWS_REGION" },
};

/** The shapes of invented keys, with the manners of the real one: by its beginning, and what is wrong by its end. */
export function recognised(secret: string, provider: string | undefined): Recognised {
  const text = secret.trim();
  const chosen = PROVIDERS.find(({ id, name }) => [id, name.toLowerCase()].includes(provider?.trim().toLowerCase() ?? ""));
  const found = (provider: string, fields: string[] = ["secret"]) => ({ provider, fields });
  if (text.includes("EXAMPLE")) return { kind: "sample" };
  if (text.startsWith("[default]")) return { kind: "certain", found: found("aws", ["access_key_id", "secret_access_key", "region"]) };
  if (text.startsWith("ghp_")) return text.endsWith("typo") ? { kind: "typo", found: found("github"), problem: "checksum" } : { kind: "certain", found: found("github") };
  if (chosen && chosen.id !== "openai" && text.startsWith("sk-proj-")) return { kind: "another", found: found("openai") };
  if (chosen) return text.length < 8 ? { kind: "typo", found: found(chosen.id), problem: "shape" } : { kind: "certain", found: found(chosen.id) };
  if (text.startsWith("sk-proj-")) return { kind: "certain", found: found("openai") };
  if (/^[0-9a-f]{32}$/.test(text)) return { kind: "candidates", found: [found("deepgram"), found("assemblyai")] };
  if (text.includes("\n\n")) return { kind: "several", found: [found("openai"), found("github")] };
  return { kind: "unknown" };
}
