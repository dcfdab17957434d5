//! Lending: which variables a program gets, and when it gets none.

use keymoor_vault::{
    Edit, Event, Field, LendError, Lent, NewCredential, RecordId, Value, Vault, Wish,
    lend::{Form, Source, Told},
};
use secrecy::ExposeSecret as _;

use super::place::{new, open};

/// Adds a credential; a field whose name begins with `-` is an open one.
fn add(vault: &mut Vault, provider: &str, name: &str, fields: &[(&str, &str)]) -> RecordId {
    let field = |(name, value): &(&str, &str)| match name.strip_prefix('-') {
        Some(name) => Field { name: name.to_owned(), value: Value::Open((*value).to_owned()) },
        None => Field { name: (*name).to_owned(), value: Value::Secret((*value).into()) },
    };
    let fields = fields.iter().map(field).collect();
    vault.add(NewCredential { fields, ..new(provider, name, "") }).unwrap().id
}

fn lend(vault: &mut Vault, wishes: &[Wish]) -> Result<Lent, LendError> {
    vault.lend(wishes, "app")
}

fn one(id: RecordId, field: Option<&str>, variable: &str) -> Wish {
    Wish::Field { id, field: field.map(str::to_owned), variable: variable.to_owned() }
}

fn service(id: &str) -> Wish {
    Wish::Service(id.to_owned())
}

/// What is lent, as `NAME=value`; a file as `NAME<value`.
fn shown(lent: &Lent) -> Vec<String> {
    let sign = |form| if form == Form::File { '<' } else { '=' };
    let variables = lent.variables.iter();
    variables.map(|one| format!("{}{}{}", one.name, sign(one.form), one.value.expose_secret())).collect()
}

/// What is another's; an address as `NAME at`.
fn not_theirs(lent: &Lent) -> Vec<String> {
    let others = lent.not_theirs.iter();
    others.map(|one| format!("{}{}", one.name, if one.is_address { " at" } else { "" })).collect()
}

fn set(vault: &mut Vault, service: &str, key: &str, value: &str) {
    vault.set_service(service, &[(key.to_owned(), value.to_owned())]).unwrap();
}

#[test]
fn a_credential_is_lent_under_every_name_of_the_catalogue() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    let github = add(&mut vault, "github", "work", &[("secret", "ghp_1")]);
    let names =
        ["GH_TOKEN=ghp_1", "GITHUB_PAT=ghp_1", "GITHUB_PERSONAL_ACCESS_TOKEN=ghp_1", "GITHUB_TOKEN=ghp_1"];
    assert_eq!(shown(&lend(&mut vault, &[Wish::Credential(github)]).unwrap()), names);

    let fields =
        [("access_key_id", "AKIA1"), ("secret_access_key", "s"), ("-region", "eu-west-1"), ("-own", "x")];
    let aws = add(&mut vault, "aws", "prod", &fields);
    let lent = lend(&mut vault, &[Wish::Credential(aws)]).unwrap();
    let names = [
        "AWS_ACCESS_KEY_ID=AKIA1",
        "AWS_DEFAULT_REGION=eu-west-1",
        "AWS_REGION=eu-west-1",
        "AWS_SECRET_ACCESS_KEY=s",
    ];
    assert_eq!(shown(&lent), names);
    let others = not_theirs(&lent);
    for name in ["AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_ENDPOINT_URL at"] {
        assert!(others.contains(&name.to_owned()), "another's {name} would be mixed with it: {others:?}");
    }
    assert!(lent.told.is_empty());

    let robot = add(&mut vault, "google_service_account", "robot", &[("json", "{}")]);
    let lent = lend(&mut vault, &[Wish::Credential(robot)]).unwrap();
    let names = [
        "GOOGLE_APPLICATION_CREDENTIALS<{}",
        "GOOGLE_APPLICATION_CREDENTIALS_JSON={}",
        "GOOGLE_CREDENTIALS={}",
    ];
    assert_eq!(shown(&lent), names);
}

#[test]
fn a_field_goes_into_the_variable_that_was_asked_for_and_nowhere_else() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    let own = add(&mut vault, "my-tool", "key", &[("user", "u"), ("pin", "p")]);
    let wishes = [one(own, Some("user"), "USER_KEY"), one(own, Some("pin"), "PIN")];
    assert_eq!(shown(&lend(&mut vault, &wishes).unwrap()), ["PIN=p", "USER_KEY=u"]);
    let robot = add(&mut vault, "google_service_account", "robot", &[("secret", "{}")]);
    let lent = lend(&mut vault, &[one(robot, None, "GOOGLE_APPLICATION_CREDENTIALS")]).unwrap();
    assert_eq!(shown(&lent), ["GOOGLE_APPLICATION_CREDENTIALS<{}"], "a path is expected there");
    assert_eq!(shown(&lend(&mut vault, &[one(robot, None, "ROBOT")]).unwrap()), ["ROBOT={}"]);
}

#[test]
fn nothing_is_lent_and_nothing_noted_where_it_is_not_clear_what() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    let work = add(&mut vault, "openai", "work", &[("secret", "sk-1")]);
    let other = add(&mut vault, "openai", "other", &[("secret", "sk-2")]);
    let own = add(&mut vault, "my-tool", "key", &[("user", "u"), ("pin", "p")]);
    let off = add(&mut vault, "groq", "off", &[("secret", "gsk")]);
    vault.edit(off, Edit { on: Some(false), ..Edit::default() }).unwrap();
    let before = vault.activity(0).unwrap();

    let twice = lend(&mut vault, &[Wish::Credential(work), Wish::Credential(other)]).unwrap_err();
    let of = |name: &str| Source::Credential(name.to_owned());
    assert!(
        matches!(&twice, LendError::VariableTwice { variable, one, other }
            if variable == "OPENAI_API_KEY" && *one == of("openai/work") && *other == of("openai/other")),
        "{twice:?}"
    );
    let nameless = lend(&mut vault, &[Wish::Credential(work), Wish::Credential(own)]).unwrap_err();
    assert!(
        matches!(&nameless, LendError::NoVariable { credential, fields }
            if credential == "my-tool/key" && fields == &["pin", "user"]),
        "{nameless:?}"
    );
    let which = lend(&mut vault, &[one(own, None, "KEY")]).unwrap_err();
    assert!(
        matches!(&which, LendError::WhichField { fields, .. } if fields == &["pin", "user"]),
        "{which:?}"
    );
    let none = lend(&mut vault, &[one(own, Some("x"), "KEY")]).unwrap_err();
    assert!(matches!(none, LendError::NoSuchField { .. }), "{none:?}");
    for wish in [Wish::Credential(off), one(off, None, "KEY")] {
        let error = lend(&mut vault, &[Wish::Credential(work), wish]).unwrap_err();
        assert!(matches!(&error, LendError::SwitchedOff(name) if name == "groq/off"), "{error:?}");
    }
    assert!(matches!(lend(&mut vault, &[service("nobody")]), Err(LendError::Service { .. })));
    vault.trash(other).unwrap();
    assert!(lend(&mut vault, &[Wish::Credential(other)]).is_err(), "what is in the trash is lent to nobody");
    assert_eq!(vault.activity(0).unwrap()[1..], before, "nobody got anything");

    let wishes =
        [Wish::Credential(work), Wish::Credential(work), service("openai"), one(own, Some("pin"), "PIN")];
    assert_eq!(
        shown(&lend(&mut vault, &wishes).unwrap()),
        ["OPENAI_API_KEY=sk-1", "PIN=p"],
        "the same twice is no clash"
    );
    let noted = vault.activity(0).unwrap();
    let lent = noted[..noted.len() - before.len() - 1].iter();
    let mut names: Vec<_> = lent
        .map(|activity| match &activity.event {
            Event::Lent { subject, program } => format!("{} to {program}", subject.name),
            event => panic!("{event:?}"),
        })
        .collect();
    names.sort();
    assert_eq!(names, ["my-tool/key to app", "openai/work to app"], "each once");
    assert!(vault.show(work).unwrap().listing.last_used.is_some());
}

#[test]
fn a_service_lends_what_it_uses_and_its_settings() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    let fields = [("-shop", "own.myshopify.com"), ("access_token", "shpat")];
    add(&mut vault, "shopify_admin_token", "shop", &fields);
    let lent = lend(&mut vault, &[service("shopify")]).unwrap();
    assert!(shown(&lent).contains(&"SHOPIFY_STORE=own.myshopify.com".to_owned()), "{:?}", shown(&lent));
    set(&mut vault, "shopify", "shop", "other.myshopify.com");
    let lent = shown(&lend(&mut vault, &[service("shopify")]).unwrap());
    let shops: Vec<_> = lent.iter().filter(|one| one.starts_with("SHOPIFY_S")).collect();
    assert_eq!(shops, ["SHOPIFY_SHOP_DOMAIN=other.myshopify.com", "SHOPIFY_STORE=other.myshopify.com"]);

    add(&mut vault, "google_service_account", "robot", &[("json", "{}")]);
    let missing = lend(&mut vault, &[service("ga4")]).unwrap_err();
    assert!(
        matches!(&missing, LendError::SettingsMissing { service, settings }
            if service == "ga4" && settings == &["property_id"]),
        "{missing:?}"
    );
    set(&mut vault, "ga4", "property_id", "123456789");
    let sheet = "1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms";
    set(&mut vault, "google_sheets", "spreadsheet_id", sheet);
    let both = shown(&lend(&mut vault, &[service("ga4"), service("Google_Sheets")]).unwrap());
    assert!(both.contains(&"GA4_PROPERTY_ID=123456789".to_owned()), "{both:?}");
    assert!(both.contains(&format!("SPREADSHEET_ID={sheet}")), "{both:?}");
}

#[test]
fn a_fallback_that_steps_in_is_told() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    let own = add(&mut vault, "openai", "own", &[("secret", "sk-own")]);
    vault.add(NewCredential { fallback: true, ..new("openai", "company", "sk-company") }).unwrap();
    let lent = lend(&mut vault, &[service("openai")]).unwrap();
    assert_eq!((shown(&lent), lent.told), (vec!["OPENAI_API_KEY=sk-own".to_owned()], vec![]));
    vault.edit(own, Edit { on: Some(false), ..Edit::default() }).unwrap();
    let lent = lend(&mut vault, &[service("openai")]).unwrap();
    assert_eq!(shown(&lent), ["OPENAI_API_KEY=sk-company"]);
    assert!(
        matches!(&lent.told[..], [Told::Fallback { uses, .. }] if uses.name == "company"),
        "{:?}",
        lent.told
    );
}

#[test]
fn a_database_s_address_is_lent_whole_and_in_its_parts() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    let url = "postgres://app:p%40ss@db.example/shop?sslmode=require";
    let database = add(&mut vault, "postgres", "shop", &[("url", url)]);
    let lent = lend(&mut vault, &[Wish::Credential(database)]).unwrap();
    let expected = [
        &format!("DATABASE_URL={url}"),
        "PGDATABASE=shop",
        "PGHOST=db.example",
        "PGPASSWORD=p@ss",
        "PGSSLMODE=require",
        "PGUSER=app",
        &format!("POSTGRES_URL={url}"),
    ];
    assert_eq!(shown(&lent), expected);
    assert!(lent.variables.iter().all(|one| one.tied.contains("postgres/shop")), "all of it or nothing");
    for name in ["PGPORT", "PGHOSTADDR", "PGSERVICE"] {
        assert!(not_theirs(&lent).contains(&name.to_owned()), "another's {name} would lead elsewhere");
    }
    assert_eq!(
        shown(&lend(&mut vault, &[one(database, None, "MY_URL")]).unwrap()),
        [format!("MY_URL={url}")]
    );
}

#[test]
fn what_says_where_a_key_is_sent_is_not_another_s() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    let datadog = add(&mut vault, "datadog", "a", &[("api_key", "k"), ("app_key", "p")]);
    let gitlab = add(&mut vault, "gitlab", "a", &[("token", "t"), ("-host", "git.example.com")]);
    let openai = add(&mut vault, "openai", "a", &[("api_key", "k")]);
    let mut not_theirs = |wish: Wish| not_theirs(&lend(&mut vault, &[wish]).unwrap());
    assert_eq!(not_theirs(Wish::Credential(datadog)), ["DD_SITE at"], "a part of the host");
    assert!(not_theirs(Wish::Credential(gitlab)).is_empty(), "it has its own");
    assert_eq!(not_theirs(one(openai, None, "OPENAI_API_KEY")), ["OPENAI_API_BASE at", "OPENAI_BASE_URL at"]);
    assert!(not_theirs(one(openai, None, "MY_KEY")).is_empty());
    let tied =
        |lent: Lent, name: &str| lent.variables.iter().any(|one| one.name == name && !one.tied.is_empty());
    assert!(tied(lend(&mut vault, &[Wish::Credential(gitlab)]).unwrap(), "GITLAB_HOST"));
    let aws = [("secret_access_key", "s"), ("-access_key_id", "AKIA"), ("-region", "eu-west-1")];
    let aws = add(&mut vault, "aws", "a", &aws);
    for (name, is_tied) in
        [("AWS_ACCESS_KEY_ID", true), ("AWS_SECRET_ACCESS_KEY", true), ("AWS_REGION", false)]
    {
        assert_eq!(tied(lend(&mut vault, &[Wish::Credential(aws)]).unwrap(), name), is_tied, "{name}");
    }
}
