use std::fmt::Write as _;

use secrecy::ExposeSecret as _;

use super::*;

const GROQ: &str = "gsk_0123456789abcdefghijABCDEFGHIJ0123456789abcdefghijAB";
const LINEAR: &str = "lin_api_0123456789abcdefghijABCDEFGHIJ0123456789";
const ID: &str = "AKIAQ2W3E4R5T6Y7UIOP";
const SECRET: &str = "abcdefghij/KLMNOPQRST+0123456789abcdefghi";
const HALF: &str = "0123456789abcdefghij/KLMNOPQRST+01234567";

/// `provider field=value …` of one credential.
fn said(found: &Found) -> String {
    let mut said = found.provider.id.clone();
    for (key, value) in &found.fields {
        write!(said, " {key}={}", value.expose_secret()).unwrap();
    }
    said
}

fn certain(text: &str) -> String {
    match recognise(text) {
        Recognition::Certain(found) => said(&found),
        other => panic!("{text}: {other:?}"),
    }
}

fn several(text: &str) -> (Vec<String>, Vec<String>) {
    match recognise(text) {
        Recognition::Several { found, unknown } => (found.iter().map(said).collect(), unknown),
        other => panic!("{text}: {other:?}"),
    }
}

fn candidates(text: &str) -> Vec<&'static str> {
    match recognise(text) {
        Recognition::Candidates(found) => found.iter().map(|found| found.provider.id.as_str()).collect(),
        other => panic!("{text}: {other:?}"),
    }
}

fn is_unknown(text: &str) -> bool {
    matches!(recognise(text), Recognition::Unknown)
}

#[test]
fn a_secret_is_known_by_its_shape_whatever_stands_around_it() {
    for text in [
        GROQ.into(),
        format!(" \"{GROQ}\"\n"),
        format!("Bearer {GROQ}"),
        format!("Authorization: Bearer {GROQ}"),
    ] {
        assert_eq!(certain(&text), format!("groq api_key={GROQ}"));
    }
    assert_eq!(
        certain("postgres://u:p%40@localhost:5432/d?a=b"),
        "postgres url=postgres://u:p%40@localhost:5432/d?a=b"
    );
    assert!(certain(ID).starts_with("aws access_key_id="));
    assert!(
        certain("https://hooks.slack.com/services/T00000000/B00000000/abcdefghijklmnopqrstuvwx")
            .starts_with("slack_webhook ")
    );
}

#[test]
fn nobodys_text_is_unknown() {
    for text in [
        "",
        " ",
        "\"\"",
        "hello",
        "two words",
        "hunter2",
        "{}",
        "{\"a\": 1}",
        "[section]",
        "# comment",
        "NAME=",
        HALF,
        "é=ü",
        "{",
    ] {
        assert!(is_unknown(text), "{text}");
    }
    assert!(
        is_unknown(&("COHERE_API_KEY=abc\n".to_owned() + &"#".repeat(LONGEST))),
        "too long to be looked at"
    );
    assert!(is_unknown(&"a".repeat(LONGEST + 1)) && is_unknown(&"A=b\n".repeat(9000)));
}

#[test]
fn a_shape_that_several_have_names_all_of_them() {
    assert_eq!(candidates("3b1f8a52-77c4-4e0e-9a39-5d0c2f6b1e84"), ["make", "vapi"]);
    assert_eq!(candidates("sk-abcdefghijABCDEFGHIJ0123456789abcdefghijABCDEFGH"), ["moonshot", "stability"]);
    assert_eq!(candidates("AC0123456789abcdef0123456789abcdef"), ["twilio", "twilio_api_key"]);
}

#[test]
fn a_wrong_checksum_and_a_wrong_length_are_typos() {
    let flaw = |text: &str| match recognise(text) {
        Recognition::Typo(found, flaw) => (found.provider.id.as_str(), flaw),
        other => panic!("{text}: {other:?}"),
    };
    let wrong = "ghp_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa000000";
    assert_eq!(flaw(wrong), ("github", Flaw::Checksum));
    assert_eq!(flaw(&format!("GITHUB_TOKEN={wrong}")), ("github", Flaw::Checksum));
    assert_eq!(flaw(&GROQ[..55]), ("groq", Flaw::Shape));
    assert_eq!(flaw(&format!("{LINEAR}0")), ("linear", Flaw::Shape));
    assert!(is_unknown("gsk_short"), "too little to say anything");
    assert_eq!(
        candidates("ghs_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa000000"),
        ["github"],
        "may be without a checksum"
    );
}

#[test]
fn lines_are_known_by_name_and_by_shape() {
    assert_eq!(certain("COHERE_API_KEY=abc"), "cohere api_key=abc");
    assert_eq!(certain("export COHERE_API_KEY=\"abc\"  # mine"), "cohere api_key=abc");
    assert_eq!(
        certain("WHATEVER='gsk_0123456789abcdefghijABCDEFGHIJ0123456789abcdefghijAB'"),
        format!("groq api_key={GROQ}")
    );
    assert_eq!(
        certain(&format!("OPENAI_API_KEY={GROQ}")),
        format!("groq api_key={GROQ}"),
        "the shape knows better"
    );
    assert_eq!(
        certain("# Twilio\r\nTWILIO_ACCOUNT_SID=AC0\r\nTWILIO_AUTH_TOKEN=b\r\n"),
        "twilio account_sid=AC0 auth_token=b"
    );
    assert_eq!(
        certain("TWILIO_ACCOUNT_SID=AC0\nTWILIO_API_KEY=SK0\nTWILIO_API_SECRET=c"),
        "twilio_api_key account_sid=AC0 api_key=SK0 api_secret=c"
    );
    assert_eq!(candidates("TWILIO_ACCOUNT_SID=AC0"), ["twilio", "twilio_api_key"]);
    assert_eq!(certain("GH_TOKEN=a\nGITHUB_TOKEN=a"), "github token=a", "one value under two names");
}

#[test]
fn several_credentials_and_unknown_lines_are_all_told() {
    let text = format!(
        "A=1\nGROQ={GROQ}\nLINEAR_API_KEY={LINEAR}\nDEBUG=true\nSUPABASE_URL=https://a.supabase.co\nMISTRAL_API_KEY=op://x/y\n"
    );
    let (found, unknown) = several(&text);
    assert_eq!(
        found,
        [format!("linear api_key={LINEAR}"), format!("groq api_key={GROQ}")]
            .map(|s| s)
            .into_iter()
            .rev()
            .collect::<Vec<_>>()
    );
    assert_eq!(unknown, ["A", "DEBUG", "MISTRAL_API_KEY", "url"]);
    let (found, unknown) = several("GITHUB_TOKEN=a\nGH_TOKEN=b");
    assert_eq!((found, unknown), (vec!["github token=a".to_owned()], vec!["GH_TOKEN".to_owned()]));
}

#[test]
fn a_profile_of_aws_is_one_credential_each() {
    let pair = format!("aws access_key_id={ID} secret_access_key={HALF}");
    assert_eq!(
        certain(&format!("[default]\naws_access_key_id = {ID}\naws_secret_access_key = {HALF}\n")),
        pair
    );
    assert_eq!(
        certain(&format!("AWS_ACCESS_KEY_ID={ID}\nAWS_SECRET_ACCESS_KEY={HALF}\nAWS_REGION=eu-west-1")),
        format!("{pair} region=eu-west-1")
    );
    let profile = |name: &str, region: &str| {
        format!("[{name}]\naws_access_key_id={ID}\naws_secret_access_key={HALF}\nregion={region}\n")
    };
    let (found, unknown) = several(&(profile("a", "eu-west-1") + &profile("b", "us-east-1")));
    assert_eq!(found, [format!("{pair} region=eu-west-1"), format!("{pair} region=us-east-1")]);
    assert!(unknown.is_empty());
}

#[test]
fn a_pair_of_aws_is_found_in_what_the_console_gives() {
    let pair = format!("aws access_key_id={ID} secret_access_key={HALF}");
    for text in [
        format!("\u{feff}Access key ID,Secret access key\r\n{ID},{HALF}\r\n"),
        format!(
            "User name,Password,Access key ID,Secret access key,Console login link\nme,,{ID},{HALF},https://1.example.com/c\n"
        ),
        format!("{ID}\n{HALF}"),
        format!("{ID} {HALF}"),
        format!("{ID}:{HALF}"),
        format!("Access key: {ID}\nSecret access key: {HALF}\n"),
        format!(
            "{{\"AccessKey\": {{\"UserName\": \"me\", \"AccessKeyId\": \"{ID}\", \"SecretAccessKey\": \"{HALF}\"}}}}"
        ),
    ] {
        assert_eq!(certain(&text), pair, "{text}");
    }
    let sts = format!(
        "{{\"Credentials\": {{\"AccessKeyId\": \"{ID}\", \"SecretAccessKey\": \"{HALF}\", \"SessionToken\": \"t\"}}}}"
    );
    assert_eq!(certain(&sts), format!("{pair} session_token=t"));
    assert!(is_unknown(&format!("{ID}\n{SECRET}")), "41 characters are no secret of AWS");
    assert!(is_unknown(&format!("{ID}\n{HALF}\nAKIAAAAAAAAAAAAAAAAA")), "two ids and one secret");
}

#[test]
fn what_stands_beside_a_pair_of_aws_is_never_dropped() {
    let pair = format!("aws access_key_id={ID} secret_access_key={HALF}");
    let console = "User name,Password,Access key ID,Secret access key,Console login link";
    for (text, names) in [
        (format!("{console}\nme,hunter2,{ID},{HALF},https://1.example.com/c\n"), &["Password"][..]),
        (format!("Access key ID,Secret access key\n{ID},{HALF},more\n"), &["3"]),
        (format!("{ID}\n{HALF}\nthe database: hunter2"), &[]),
        (format!("Access key: {ID}\nSecret access key: {HALF}\nPassword: hunter2\n"), &[]),
        (format!("{ID}\n{HALF}\nLINEAR_API_KEY {LINEAR}"), &[]),
        (format!("{ID} {HALF} {}", "eyJ0".repeat(40)), &[]),
    ] {
        let (found, unknown) = several(&text);
        assert_eq!(
            (found, unknown),
            (vec![pair.clone()], names.iter().map(|it| (*it).to_owned()).collect()),
            "{text}"
        );
    }
    let token = "IQoJ".repeat(40);
    let temporary = format!("ASIA{}", &ID[4..]);
    assert_eq!(
        certain(&format!("{temporary}\n{HALF}\n{token}")),
        format!("aws access_key_id={temporary} secret_access_key={HALF} session_token={token}")
    );
    assert_eq!(
        certain(&format!(
            "User name: me\nAccess key ID: {ID}\nSecret access key: {HALF}\nConsole login link: https://1.example.com/c"
        )),
        pair
    );
    assert_eq!(certain(&format!("| Access key | Secret access key |\n|---|---|\n| {ID} | {HALF} |")), pair);
}

#[test]
fn the_files_of_google_are_taken_whole() {
    let account = "{\n  \"type\": \"service_account\",\n  \"private_key\": \"-----BEGIN\\nx\\n\",\n  \"client_email\": \"a@b.example\"\n}";
    assert_eq!(certain(account), format!("google_service_account json={account}"));
    assert_eq!(
        certain(&format!("GOOGLE_CREDENTIALS='{account}'")),
        format!("google_service_account json={account}")
    );
    assert_eq!(
        certain(&format!("X=\"{}\"", account.replace('\\', "\\\\").replace('"', "\\\""))),
        format!("google_service_account json={account}")
    );
    assert!(matches!(recognise("{\"type\": \"service_account\"}"), Recognition::Typo(_, Flaw::Shape)));
    assert!(is_unknown("GOOGLE_APPLICATION_CREDENTIALS=/home/me/key.json"), "the path of a file is no key");
    let user = "{\"type\": \"authorized_user\", \"client_id\": \"i\", \"client_secret\": \"s\", \"refresh_token\": \"r\"}";
    assert_eq!(certain(user), "google_oauth client_id=i client_secret=s refresh_token=r");
    assert_eq!(
        certain("{\"installed\": {\"client_id\": \"i\", \"client_secret\": \"s\"}}"),
        "google_oauth client_id=i client_secret=s"
    );
    assert_eq!(certain("{\"COHERE_API_KEY\": \"abc\"}"), "cohere api_key=abc");
}

#[test]
fn what_is_missing_is_told() {
    let Recognition::Certain(found) = recognise(ID) else { panic!() };
    let missing: Vec<_> = found.missing().map(|field| field.key.as_str()).collect();
    assert_eq!(missing, ["secret_access_key"]);
}

#[test]
fn samples_are_nobodys_keys() {
    let sample = &provider("groq").unwrap().recognise[0].samples[0];
    assert!(is_sample(sample) && is_sample(&format!(" {sample}\n")) && !is_sample(GROQ) && !is_sample(""));
}

#[test]
fn nothing_that_is_printed_shows_a_secret() {
    assert!(is_unknown(&format!("GROQ={GROQ}\nc2VjcmV0c2VjcmV0c2VjcmV0cw==")), "what ends in = is no name");
    let text = format!("GROQ={GROQ}\nLINEAR={LINEAR}\nX=hidden");
    let printed = format!("{:?}", recognise(&text));
    assert!(printed.contains("groq") && printed.contains('X'));
    assert!(!printed.contains("gsk_") && !printed.contains("lin_") && !printed.contains("hidden"));
}

#[test]
fn a_second_value_of_a_field_is_told_and_not_made_another_credential() {
    let (found, unknown) = several("TWILIO_ACCOUNT_SID=AC0\nTWILIO_AUTH_TOKEN=b\nTWILIO_ACCOUNT_SID=AC1");
    assert_eq!(found, ["twilio account_sid=AC0 auth_token=b"]);
    assert_eq!(unknown, ["TWILIO_ACCOUNT_SID"]);
}

#[test]
fn whoever_has_a_secret_there_comes_first() {
    let (found, unknown) =
        several("AWS_REGION=eu-west-1\nAWS_DEFAULT_REGION=eu-west-1\nAWS_BEARER_TOKEN_BEDROCK=abc");
    assert_eq!(found, ["bedrock_api_key region=eu-west-1 api_key=abc"]);
    assert_eq!(unknown, ["region"]);
}
