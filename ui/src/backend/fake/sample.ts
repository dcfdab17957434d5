import type { NewField } from "../backend";
import { FakeBackend, PRIMARY_FIELD } from "./fake";
import { lived } from "./lived";

const DAY = 86_400_000;

/** A vault of invented keys, for looking at the window in a browser. */
export function sampleBackend(): FakeBackend {
  const fake = new FakeBackend();
  fake.delay = 120;
  const keep = (provider: string, name: string, secret: string, daysAgo: number, more: Partial<{ labels: string[]; note: string; fields: NewField[]; trashed: boolean; older: string }> = {}) => {
    const id = `sample-${fake.kept.size + 1}`;
    const at = Date.now() - daysAgo * DAY;
    const version = (value: string, when: number) => ({
      at: when, name, provider, labels: more.labels ?? [], note: more.note,
      fields: [{ name: PRIMARY_FIELD, value, secret: true }, ...(more.fields ?? [])],
    });
    const versions = more.older === undefined ? [version(secret, at)] : [version(more.older, at - 40 * DAY), version(secret, at)];
    fake.kept.set(id, { id, createdAt: versions[0]?.at ?? at, trashed: more.trashed ?? false, conflicts: [], versions });
    return id;
  };
  keep("OpenAI", "chat", "sk-proj-invented0000000000009fQx", 3, {
    labels: ["research", "paid"], note: "Budget of the embedding project, asked for by Irene.", older: "sk-proj-invented0000000000001aBc",
    fields: [{ name: "project", value: "proj_research", secret: false }],
  });
  keep("Anthropic", "agents", "sk-ant-invented00000000000000Zk3A", 12, { labels: ["agents"] });
  keep("AWS", "billing-readonly", "inventedinventedinventedinvent7Q2M", 40, {
    fields: [{ name: "access_key_id", value: "AKIAINVENTED00007Q2M", secret: false }, { name: "region", value: "eu-west-1", secret: false }],
  });
  const shop = keep("Shopify", "shop-admin", "shpat_invented00000000000000d41a", 1, { labels: ["shop"] });
  keep("Google Sheets", "reports", `{\n  "type": "service_account",\n  "project_id": "kpi-reports",\n  "client_email": "etl@kpi-reports.iam"\n}`, 90, { labels: ["reports"] });
  keep("npm", "publish", "npm_invented000000000000000000e41c", 6);
  keep("Azure", "prod-tenant", "invented~00000000000000000000000W8x", 200, { labels: ["production"] });
  keep("Twilio", "voice", "invented00000000000000000000055d0", 18);
  keep("Vapi", "voice", "invented-0000-0000-0000-00000000b7e2", 18);
  keep("Slack", "alerts-bot", "xoxb-invented-000000000000-0000mNWx", 365);
  keep("GitHub", "ci", "ghp_invented000000000000000000000sa9", 0.06);
  keep("Stripe", "test-payments", "sk_test_invented00000000000000x2Lq", 9, { labels: ["test"] });
  keep("Mistral", "notebook", "invented000000000000000000000pQ7d", 30);
  keep("Cloudflare", "dns", "invented_00000000000000000000000kTe", 61);
  keep("OpenAI", "old-trial", "sk-invented000000000000000000000Tr1", 400, { trashed: true });
  const conflicted = fake.kept.get(shop);
  if (conflicted) {
    conflicted.conflicts = [{ field: "secret", choices: [{ key: "a", summary: "secret …d41a", shown: true, here: true, at: Date.now() - DAY }, { key: "b", summary: "secret …90fe", shown: false, here: false, at: Date.now() - 1.2 * DAY }] }];
  }
  fake.answersAfter = 1_500;
  fake.policy = 300;
  const heard = [...fake.kept.values()].filter((kept) => !["Slack", "Mistral"].includes(kept.versions[0]?.provider ?? ""));
  for (const kept of heard) {
    kept.said = { verdict: "valid", at: Date.now() - 240_000 };
    kept.goodAt = kept.said.at;
  }
  const [first, second, third, fourth] = heard;
  if (first) {
    first.identity = "ana@example.com";
    first.used = [{ device: "here", at: Date.now() - 3_600_000, here: true }];
    fake.services = [{ name: "embedding-service", provider: "OpenAI", chosen: first.id }, { name: "notebook", provider: "OpenAI", chosen: first.id }];
  }
  if (second) second.said = { verdict: "invalid", say: "token revoked", at: Date.now() - 3_600_000 };
  const soon = third?.versions.at(-1);
  if (soon) soon.expires = Date.now() + 6.5 * DAY;
  const off = fourth?.versions.at(-1);
  if (off) off.off = true;
  const [, , , , unreached] = heard;
  if (unreached?.said) {
    unreached.said = { verdict: "valid", at: Date.now() - 3 * DAY };
    unreached.tried = { at: Date.now() - 60_000, reason: "unreachable" };
  }
  for (const [i, kept] of [first, third, unreached].entries()) if (kept) kept.usedAt = Date.now() - (i * 4 + 0.1) * DAY;
  crowd(fake, Number(new URLSearchParams(location.search).get("keys") ?? 0));
  lived(fake);
  return fake;
}

/** So many more, to see how the window is with them: `?keys=10000`. */
function crowd(fake: FakeBackend, size: number): void {
  const providers = ["OpenAI", "GitHub", "AWS", "Stripe", "Twilio", "npm", "Anthropic", "Slack"];
  const names = ["billing", "search", "voice", "nightly", "reports", "staging", "import", "mail"];
  for (let i = 0; i < size; i += 1) {
    const [provider = "", name = ""] = [providers[i % 8], names[(i >> 3) % 8]];
    const fields = [{ name: PRIMARY_FIELD, value: `invented-000000000000-${1_000_000 + i}`, secret: true }];
    const version = { at: Date.now() - i * 60_000, name: `${name}-${i}`, provider, labels: i % 3 === 0 ? ["prod"] : [], fields };
    fake.kept.set(`crowd-${i}`, { id: `crowd-${i}`, createdAt: version.at, trashed: false, conflicts: [], versions: [version] });
  }
}
