//! What secrets of each provider consist of.

use crate::making::{BASE_64, BOTH_HEX, Chance, DIGITS, HEX, LETTERS, Miss, SMALL, WORD, checksum};

/// The secrets of a provider, or one kind of them.
pub(crate) struct Kind {
    pub(crate) provider: &'static str,
    pub(crate) field: &'static str,
    /// Nobody else's look like this.
    pub(crate) certain: bool,
    parts: Vec<Part>,
}

enum Part {
    /// One of these.
    Text(&'static [&'static str]),
    /// So many of these characters. A `most` that nobody has stated is none.
    Of { characters: &'static str, least: usize, most: Option<usize> },
    /// Of all that stands after the first part.
    Checksum,
}

use Part::{Checksum, Text};

fn of(characters: &'static str, count: usize) -> Part {
    Part::Of { characters, least: count, most: Some(count) }
}

fn from_to(characters: &'static str, least: usize, most: usize) -> Part {
    Part::Of { characters, least, most: Some(most) }
}

fn from(characters: &'static str, least: usize) -> Part {
    Part::Of { characters, least, most: None }
}

const AZURE: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_~.";
const AWS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const UNDERSCORE: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
const HYPHEN: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-";
const SMALL_WORD: &str = "abcdefghijklmnopqrstuvwxyz0123456789_-";

#[rustfmt::skip]
pub(crate) fn kinds() -> Vec<Kind> {
    let sure = |provider, field, parts| Kind { provider, field, certain: true, parts };
    let perhaps = |provider, field, parts| Kind { provider, field, certain: false, parts };
    let uuid = || vec![of(HEX, 8), Text(&["-"]), of(HEX, 4), Text(&["-"]), of(HEX, 4), Text(&["-"]), of(HEX, 4), Text(&["-"]), of(HEX, 12)];
    vec![
        sure("openai", "api_key", vec![Text(&["sk-proj-", "sk-svcacct-", "sk-service-", "sk-"]), from_to(WORD, 20, 80), Text(&["T3BlbkFJ"]), from_to(WORD, 20, 80)]),
        sure("openai_admin", "api_key", vec![Text(&["sk-admin-"]), of(WORD, 58), Text(&["T3BlbkFJ"]), of(WORD, 58)]),
        sure("anthropic", "api_key", vec![Text(&["sk-ant-api03-"]), of(WORD, 93), Text(&["AA"])]),
        sure("anthropic_admin", "api_key", vec![Text(&["sk-ant-admin01-"]), of(WORD, 93), Text(&["AA"])]),
        sure("google_gemini", "api_key", vec![Text(&["AIza"]), of(WORD, 35)]),
        sure("google_gemini", "api_key", vec![Text(&["AQ.Ab8R"]), from(WORD, 46)]),
        perhaps("azure_openai", "api_key", vec![from_to(BASE_64, 60, 100), Text(&["JQQJ", "AAAB", "ACOGk"]), from_to(BASE_64, 0, 30)]),
        sure("groq", "api_key", vec![Text(&["gsk_"]), of(LETTERS, 52)]),
        sure("openrouter", "api_key", vec![Text(&["sk-or-v1-"]), of(HEX, 64)]),
        sure("together", "api_key", vec![Text(&["tgp_v1_"]), of(WORD, 43)]),
        sure("fireworks", "api_key", vec![Text(&["fw_"]), from(LETTERS, 20)]),
        perhaps("deepseek", "api_key", vec![Text(&["sk-"]), of(SMALL, 32)]),
        sure("xai", "api_key", vec![Text(&["xai-"]), from_to(WORD, 70, 120)]),
        sure("perplexity", "api_key", vec![Text(&["pplx-"]), of(LETTERS, 48)]),
        sure("replicate", "api_token", vec![Text(&["r8_"]), of(WORD, 37)]),
        sure("huggingface", "token", vec![Text(&["hf_", "api_org_"]), of(LETTERS, 34)]),
        perhaps("stability", "api_key", vec![Text(&["sk-"]), of(LETTERS, 48)]),
        sure("cerebras", "api_key", vec![Text(&["csk-"]), of(SMALL, 48)]),
        perhaps("moonshot", "api_key", vec![Text(&["sk-"]), of(WORD, 48)]),
        sure("bedrock_api_key", "api_key", vec![Text(&["ABSK"]), from_to(BASE_64, 109, 269), Text(&["", "=", "=="])]),
        sure("bedrock_api_key", "api_key", vec![Text(&["bedrock-api-key-"]), from(BASE_64, 40)]),
        sure("vercel_ai_gateway", "api_key", vec![Text(&["vck_"]), of(WORD, 50), Checksum]),
        sure("elevenlabs", "api_key", vec![Text(&["sk_"]), of(HEX, 48)]),
        perhaps("vapi", "api_key", uuid()),
        perhaps("make", "api_token", uuid()),
        sure("retell", "api_key", vec![Text(&["key_"]), from_to(LETTERS, 16, 48)]),
        perhaps("retell", "api_key", vec![Text(&["key-"]), from_to(LETTERS, 16, 64)]),
        sure("pinecone", "api_key", vec![Text(&["pcsk_"]), from_to(LETTERS, 5, 6), Text(&["_"]), of(LETTERS, 63)]),
        sure("aws", "access_key_id", vec![Text(&["AKIA", "ASIA", "ABIA", "ACCA", "A3TX"]), of(AWS, 16)]),
        sure("azure_service_principal", "client_secret", vec![of(AZURE, 3), of(DIGITS, 1), Text(&["Q~"]), from_to(AZURE, 31, 34)]),
        sure("google_oauth", "client_secret", vec![Text(&["GOCSPX-"]), of(WORD, 28)]),
        sure("digitalocean", "token", vec![Text(&["dop_v1_", "doo_v1_"]), of(HEX, 64)]),
        sure("cloudflare", "token", vec![Text(&["cfut_", "cfat_"]), of(LETTERS, 40), of(HEX, 8)]),
        sure("cloudflare_global", "api_key", vec![Text(&["cfk_"]), of(LETTERS, 40), of(HEX, 8)]),
        sure("vercel", "token", vec![Text(&["vcp_"]), of(WORD, 50), Checksum]),
        sure("supabase_management", "token", vec![Text(&["sbp_"]), of(SMALL_WORD, 40)]),
        sure("supabase_project", "secret_key", vec![Text(&["sb_secret_"]), from_to(WORD, 31, 36)]),
        sure("databricks", "token", vec![Text(&["dapi"]), of(HEX, 32), Text(&["", "-2", "-3"])]),
        sure("neon", "api_key", vec![Text(&["napi_"]), of(LETTERS, 64)]),
        sure("render", "api_key", vec![Text(&["rnd_"]), of(LETTERS, 28)]),
        sure("postgres", "url", vec![Text(&["postgres://", "postgresql://"]), from(LETTERS, 4), Text(&[":"]), from(LETTERS, 8), Text(&["@db.example.com:5432/app", "@localhost/app?sslmode=require"])]),
        sure("github", "token", vec![Text(&["ghp_", "gho_", "ghu_", "ghr_"]), from_to(LETTERS, 30, 249), Checksum]),
        sure("github", "token", vec![Text(&["github_pat_"]), from_to(UNDERSCORE, 36, 255)]),
        sure("github", "token", vec![Text(&["ghs_"]), from(DIGITS, 4), Text(&["_eyJ"]), from(WORD, 20), Text(&["."]), from(WORD, 20), Text(&["."]), from(WORD, 20)]),
        sure("gitlab", "token", vec![Text(&["glpat-"]), from_to(WORD, 20, 300)]),
        sure("gitlab", "token", vec![Text(&["glpat-"]), from_to(WORD, 20, 300), Text(&["."]), of(SMALL, 2), Text(&["."]), from_to(SMALL, 7, 9)]),
        sure("dockerhub", "token", vec![Text(&["dckr_pat_"]), of(WORD, 27)]),
        sure("dockerhub", "token", vec![Text(&["dckr_oat_"]), of(WORD, 32)]),
        sure("sentry", "token", vec![Text(&["sntryu_"]), of(HEX, 64)]),
        sure("sentry", "token", vec![Text(&["sntrys_eyJ"]), from(BASE_64, 60)]),
        sure("linear", "api_key", vec![Text(&["lin_api_"]), of(LETTERS, 40)]),
        sure("figma", "token", vec![Text(&["figd_"]), from_to(WORD, 38, 42)]),
        sure("posthog", "api_key", vec![Text(&["phx_"]), from_to(WORD, 41, 49)]),
        sure("brave_search", "api_key", vec![Text(&["BSA"]), from_to(WORD, 24, 40)]),
        sure("cursor", "api_key", vec![Text(&["key_"]), of(HEX, 64)]),
        sure("meta", "access_token", vec![Text(&["EAA"]), from(LETTERS, 20)]),
        sure("shopify_admin_token", "access_token", vec![Text(&["shpat_", "shppa_", "shpca_"]), of(BOTH_HEX, 32)]),
        sure("shopify_client_credentials", "client_secret", vec![Text(&["shpss_"]), of(BOTH_HEX, 32)]),
        sure("slack", "token", vec![Text(&["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxe.xoxp-", "xoxe.xoxb-"]), from(HYPHEN, 10)]),
        sure("slack_webhook", "url", vec![Text(&["https://hooks.slack.com/services/", "https://hooks.slack.com/workflows/"]), of(LETTERS, 11), Text(&["/"]), of(LETTERS, 11), Text(&["/"]), of(LETTERS, 24)]),
        perhaps("twilio", "account_sid", vec![Text(&["AC"]), of(HEX, 32)]),
        sure("twilio_api_key", "api_key", vec![Text(&["SK"]), of(BOTH_HEX, 32)]),
        sure("stripe", "secret_key", vec![Text(&["sk_live_", "sk_test_", "rk_live_", "rk_test_", "rk_prod_"]), from_to(LETTERS, 10, 247)]),
        sure("sendgrid", "api_key", vec![Text(&["SG."]), from_to(WORD, 20, 24), Text(&["."]), from_to(WORD, 39, 50)]),
        sure("mailgun", "api_key", vec![Text(&["key-"]), of(HEX, 32)]),
        sure("resend", "api_key", vec![Text(&["re_"]), from(UNDERSCORE, 20)]),
        sure("notion", "token", vec![Text(&["ntn_"]), of(DIGITS, 11), of(LETTERS, 35)]),
        sure("notion", "token", vec![Text(&["secret_"]), of(LETTERS, 43)]),
        sure("airtable", "token", vec![Text(&["pat"]), of(LETTERS, 14), Text(&["."]), of(HEX, 64)]),
        sure("hubspot", "token", vec![Text(&["pat-na1-", "pat-eu1-"]), of(LETTERS, 8), Text(&["-"]), of(LETTERS, 4), Text(&["-"]), of(LETTERS, 4), Text(&["-"]), of(LETTERS, 4), Text(&["-"]), of(LETTERS, 12)]),
        sure("telegram_bot", "token", vec![from_to(DIGITS, 5, 16), Text(&[":A"]), of(WORD, 34)]),
        sure("discord_bot", "token", vec![Text(&["M", "N", "O"]), from_to(WORD, 23, 25), Text(&["."]), of(WORD, 6), Text(&["."]), from_to(WORD, 27, 38)]),
        sure("discord_webhook", "url", vec![Text(&["https://discord.com/api/webhooks/", "https://discordapp.com/api/webhooks/"]), from_to(DIGITS, 17, 20), Text(&["/"]), from_to(WORD, 60, 68)]),
    ]
}

impl Kind {
    pub(crate) fn make(&self, chance: &mut Chance) -> String {
        self.with(chance, |_| None)
    }

    /// A secret that is wrong in one way. `None`: this kind cannot be.
    pub(crate) fn miss(&self, miss: Miss, chance: &mut Chance) -> Option<String> {
        // Anything after its start is an address.
        let open = self.provider == "postgres";
        match miss {
            Miss::Start => {
                let Some(Text(_)) = self.parts.first() else { return None };
                let made = self.make(chance);
                Some(format!("Q{}", &made[1..]))
            }
            Miss::Shorter => {
                let fixed = |(at, part): (usize, &Part)| match part {
                    Part::Of { least, most, .. } if !open && *least > 0 => Some((at, *least, *most)),
                    _ => None,
                };
                // A marker in the middle, with any number of characters around it, cannot be too short.
                if ["openai", "azure_openai", "bedrock_api_key", "fireworks", "slack_webhook"]
                    .contains(&self.provider)
                {
                    return None;
                }
                let all: Vec<_> = self.parts.iter().enumerate().filter_map(fixed).collect();
                let (at, least, _) = all.get(chance.number(all.len().max(1)))?;
                // The parts with any length hold a name, not a length.
                if self.provider == "github" && all.len() > 2 {
                    return None;
                }
                Some(self.with(chance, |part| (part == *at).then_some(least - 1)))
            }
            Miss::Longer => {
                let last = self.parts.iter().rposition(|part| matches!(part, Part::Of { .. }))?;
                let Part::Of { most: Some(most), .. } = &self.parts[last] else { return None };
                if ["openai", "azure_openai", "slack_webhook"].contains(&self.provider) {
                    return None;
                }
                // One that is followed by more of the same kind moves over.
                (last + 1 >= self.parts.len() - usize::from(self.has_checksum()))
                    .then(|| self.with(chance, |part| (part == last).then_some(most + 1)))
            }
            Miss::Character => {
                let made = self.make(chance);
                let at = chance.between(made.len() / 2, made.len() - 1);
                (!open).then(|| format!("{}%{}", &made[..at], &made[at + 1..]))
            }
            Miss::Checksum => {
                let made = self.make(chance);
                let (body, last) = made.split_at(made.len() - 1);
                self.has_checksum().then(|| format!("{body}{}", if last == "0" { "1" } else { "0" }))
            }
        }
    }

    fn has_checksum(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Checksum))
    }

    /// `length` of a part, by its place; otherwise one by chance.
    fn with(&self, chance: &mut Chance, length: impl Fn(usize) -> Option<usize>) -> String {
        let mut made = String::new();
        let mut start = 0;
        for (at, part) in self.parts.iter().enumerate() {
            match part {
                Text(texts) => made += chance.one(texts),
                Part::Of { characters, least, most } => {
                    let by_chance = chance.between(*least, most.unwrap_or(least + 40));
                    let count = length(at).unwrap_or(by_chance);
                    made += &chance.characters(characters, count);
                }
                Checksum => made += &checksum(&made[start..]),
            }
            if at == 0 {
                start = made.len();
            }
        }
        made
    }
}
