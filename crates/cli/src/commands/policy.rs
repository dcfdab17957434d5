//! `keymoor policy`: how old a secret may become before it is told of.

use keymoor_vault::{LONGEST_DAYS, Policy, Scope};
use serde::Serialize;

use crate::{
    output::{self, counted, table},
    passwords::Passwords,
    session::Session,
    words::{Failure, differences},
};

/// Say how old secrets may become. What is older is shown by list, status and the window; nothing is changed by itself. The
/// same on every device.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor policy set --every 90d
  keymoor policy set --provider aws --every 30d
  keymoor list --status old")]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    List(List),
    Set(Set),
    Remove(Remove),
}

/// The policies that are set.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor policy list")]
struct List {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Set how old the secrets of a provider, with a label, or all may become. Where several fit, the strictest counts.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor policy set --label production --every 12w")]
struct Set {
    #[command(flatten)]
    scope: ScopeArgs,
    /// After how long they are to be changed: 90d, 12w, 1y.
    #[arg(long, value_name = "SPAN", value_parser = days)]
    every: u32,
}

/// Take a policy away.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor policy remove --provider aws
  keymoor policy remove                 the one for all")]
struct Remove {
    #[command(flatten)]
    scope: ScopeArgs,
}

#[derive(clap::Args)]
#[group(multiple = false)]
struct ScopeArgs {
    /// Only those of this provider.
    #[arg(long, value_name = "PROVIDER")]
    provider: Option<String>,
    /// Only those with this label.
    #[arg(long, value_name = "LABEL")]
    label: Option<String>,
}

impl ScopeArgs {
    fn scope(self) -> Scope {
        match (self.provider, self.label) {
            (Some(provider), _) => Scope::Provider(provider),
            (_, Some(label)) => Scope::Label(label),
            _ => Scope::All,
        }
    }
}

pub(super) fn run(args: Args) -> Result<(), Failure> {
    let mut session = Session::open(Passwords::new(None))?;
    match args.what {
        What::List(List { json }) => list(&session.vault.policies()?, json),
        What::Set(Set { scope, every }) => {
            let scope = scope.scope();
            session.vault.set_policy(&scope, every)?;
            output::say(format!(
                "{}: to be changed every {}.",
                differences::scope(&scope),
                counted(every.into(), "day", "days")
            ));
            Ok(())
        }
        What::Remove(Remove { scope }) => {
            let scope = scope.scope();
            session.vault.remove_policy(&scope)?;
            output::say(format!("{}: no policy any more.", differences::scope(&scope)));
            Ok(())
        }
    }
}

fn list(policies: &[Policy], json: bool) -> Result<(), Failure> {
    if json {
        return output::json(&policies.iter().map(Entry::new).collect::<Vec<_>>());
    }
    if policies.is_empty() {
        output::say("No policy is set. For example: keymoor policy set --every 90d");
        return Ok(());
    }
    let row = |policy: &Policy| {
        let others = if policy.others.is_empty() { String::new() } else { differences::others(policy) };
        [differences::scope(&policy.scope), counted(policy.days.into(), "day", "days"), others]
    };
    output::data(&table(["CREDENTIALS", "CHANGE EVERY", ""], &policies.iter().map(row).collect::<Vec<_>>()))
}

#[derive(Serialize)]
struct Entry<'p> {
    scope: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'p str>,
    days: u32,
    /// What other devices set at the same time.
    #[serde(skip_serializing_if = "<[u32]>::is_empty")]
    others: &'p [u32],
}

impl<'p> Entry<'p> {
    fn new(policy: &'p Policy) -> Self {
        let (scope, provider, label) = match &policy.scope {
            Scope::All => ("all", None, None),
            Scope::Provider(provider) => ("provider", Some(provider.as_str()), None),
            Scope::Label(label) => ("label", None, Some(label.as_str())),
        };
        Self { scope, provider, label, days: policy.days, others: &policy.others }
    }
}

/// Days, of a number with a unit.
fn days(text: &str) -> Result<u32, String> {
    let wrong =
        || format!("not a number of days, weeks or years such as 90d, 12w or 1y, up to {LONGEST_DAYS} days");
    let (number, each) = match text.as_bytes().last() {
        Some(b'd') => (&text[..text.len() - 1], 1),
        Some(b'w') => (&text[..text.len() - 1], 7),
        Some(b'y') => (&text[..text.len() - 1], 365),
        _ => return Err(wrong()),
    };
    let days = number.parse::<u32>().ok().and_then(|number| number.checked_mul(each));
    days.filter(|days| (1..=LONGEST_DAYS).contains(days)).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_days() {
        assert_eq!([days("90d"), days("12w"), days("1y")], [Ok(90), Ok(84), Ok(365)]);
        for text in ["", "90", "0d", "d", "-1d", "11y", "99999999999w", "é"] {
            assert!(days(text).is_err(), "{text}");
        }
    }
}
