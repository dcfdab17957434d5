//! The emergency kit: two texts to be kept apart. The join kit needs the password too; the recovery kit is enough alone.
//!
//! Lines of `name: value` between a headline and a check over them: the first 8 hex digits of SHA-256 over the lines in
//! order, white space squeezed. Whatever else stands on the page is for people.

mod page;

use keymoor_protocol::{AccountId, Cursor, Head, base64url};
use keymoor_sealing::recovery::WordsError;
use keymoor_sealing::{RecoveryKey, SecretKey};
use zeroize::Zeroizing;

use self::page::{Lines, page};
use crate::homes::entries::Server;
use crate::show::hex;

const JOIN: &str = "Keymoor join kit 1";
const RECOVERY: &str = "Keymoor recovery kit 1";

/// A kit that does not add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KitError {
    /// It is the other kit, or none at all.
    #[error("not such a kit")]
    NotAKit,
    /// A line is missing or its value is of the wrong form.
    #[error("the line {0:?} is missing or wrong")]
    Line(&'static str),
    /// All lines are there, but a character is wrong somewhere.
    #[error("the kit does not add up")]
    Check,
    /// A recovery word is not in the list; counted from 1.
    #[error("word {0} is not in the list")]
    Word(usize),
}

/// What a new device needs beside the password.
pub struct JoinKit {
    pub(crate) server: Server,
    pub(crate) account: AccountId,
    /// A join accepts nothing older.
    pub(crate) epoch: u32,
    /// A join accepts no log without this commit.
    pub(crate) known: Cursor,
    pub(crate) secret_key: SecretKey,
}

/// What is enough alone.
pub struct RecoveryKit {
    pub(crate) server: Option<Server>,
    /// `None` where only the words were typed: then the vault that is here says whose they are.
    pub(crate) account: Option<AccountId>,
    pub(crate) key: RecoveryKey,
}

impl JoinKit {
    /// The page as text.
    pub(crate) fn to_text(&self) -> Zeroizing<String> {
        let account = self.account.to_string();
        let known = format!("{} {}", self.known.seq, base64url::encode(&self.known.head.0));
        let (epoch, key) = (self.epoch.to_string(), self.secret_key.to_text());
        let certificate = certificate(Some(&self.server));
        let mut lines = server_lines(Some(&self.server), certificate.as_deref());
        lines.push(("account", &account));
        lines.push(("epoch", &epoch));
        lines.push(("known", &known));
        lines.push(("secret key", &key));
        page(JOIN, "Adds a device, together with your password. Keep it apart from the recovery kit.", &lines)
    }

    /// Reads the page, however it was wrapped or indented.
    ///
    /// # Errors
    /// It names the line that is wrong, as far as that can be known.
    pub fn from_text(text: &str) -> Result<Self, KitError> {
        let lines = Lines::read(JOIN, RECOVERY, text)?;
        let known = lines.get("known")?;
        let known = known.split_once(' ').and_then(|(seq, head)| {
            let head = base64url::decode(head).ok()?.try_into().ok()?;
            Some(Cursor { seq: seq.parse().ok()?, head: Head(head) })
        });
        let kit = Self {
            server: lines.server()?.ok_or(KitError::Line("server"))?,
            account: lines.get("account")?.parse().map_err(|_| KitError::Line("account"))?,
            epoch: lines.get("epoch")?.parse().map_err(|_| KitError::Line("epoch"))?,
            known: known.ok_or(KitError::Line("known"))?,
            secret_key: SecretKey::from_text(lines.get("secret key")?)
                .map_err(|_| KitError::Line("secret key"))?,
        };
        lines.check(&kit.to_text())?;
        Ok(kit)
    }

    /// The server's address.
    pub fn server(&self) -> &str {
        &self.server.url
    }
}

impl RecoveryKit {
    /// The page as text.
    pub(crate) fn to_text(&self) -> Zeroizing<String> {
        let (account, words) = (self.account.map(|account| account.to_string()), self.key.to_words());
        let certificate = certificate(self.server.as_ref());
        let mut lines = server_lines(self.server.as_ref(), certificate.as_deref());
        lines.extend(account.as_deref().map(|account| ("account", account)));
        lines.push(("words", &words));
        page(RECOVERY, "Opens everything, alone. Keep it on paper, in a safe place.", &lines)
    }

    /// Reads the page, however it was wrapped or indented, or the 24 words alone.
    ///
    /// # Errors
    /// It names the line or the word that is wrong, as far as that can be known.
    pub fn from_text(text: &str) -> Result<Self, KitError> {
        // Words have a check of their own.
        if text.split_whitespace().count() == 24 && !text.contains(':') {
            return Ok(Self { server: None, account: None, key: key_of(text)? });
        }
        let lines = Lines::read(RECOVERY, JOIN, text)?;
        let kit = Self {
            server: lines.server()?,
            account: Some(lines.get("account")?.parse().map_err(|_| KitError::Line("account"))?),
            key: key_of(lines.get("words")?)?,
        };
        lines.check(&kit.to_text())?;
        Ok(kit)
    }

    /// The server's address, if there was one when the kit was made.
    pub fn server(&self) -> Option<&str> {
        self.server.as_ref().map(|server| server.url.as_str())
    }
}

fn key_of(words: &str) -> Result<RecoveryKey, KitError> {
    RecoveryKey::from_words(words).map_err(|error| match error {
        WordsError::Unknown(at) => KitError::Word(at),
        WordsError::Count(_) => KitError::Line("words"),
        WordsError::Checksum => KitError::Check,
    })
}

/// `sha256:` and 64 hex digits, of a server that made its certificate itself.
fn certificate(server: Option<&Server>) -> Option<String> {
    server.and_then(|server| server.pin).map(|pin| format!("sha256:{}", hex(&pin)))
}

fn server_lines<'a>(
    server: Option<&'a Server>,
    certificate: Option<&'a str>,
) -> Vec<(&'static str, &'a str)> {
    let server = server.map(|server| ("server", server.url.as_str()));
    server.into_iter().chain(certificate.map(|pin| ("certificate", pin))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn join() -> JoinKit {
        JoinKit {
            server: Server { url: "https://sync.example.org:8787".into(), pin: Some([0xAB; 32]) },
            account: AccountId([1; 16]),
            epoch: 1,
            known: Cursor { seq: 7, head: Head([9; 32]) },
            secret_key: SecretKey::from_bytes([5; 16]),
        }
    }

    #[test]
    fn a_kit_comes_back_also_indented_and_with_windows_line_ends() {
        let text = join().to_text();
        for typed in [text.to_string(), text.replace('\n', "\r\n"), text.replace('\n', "\n    ")] {
            let read = JoinKit::from_text(&typed).unwrap();
            assert_eq!(read.to_text(), text);
        }
        let recovery = RecoveryKit {
            server: None,
            account: Some(AccountId([1; 16])),
            key: RecoveryKey::generate().unwrap(),
        };
        let text = recovery.to_text();
        assert_eq!(RecoveryKit::from_text(&text).unwrap().to_text(), text);
    }

    #[test]
    fn what_means_the_same_is_read() {
        let (text, account) = (join().to_text(), AccountId([0xAB; 16]));
        let bare = text.strip_prefix(JOIN).unwrap();
        let shouted = text.to_uppercase().replace("HTTPS://SYNC.EXAMPLE.ORG", "https://sync.example.org");
        let known = text.lines().find(|line| line.starts_with("known")).unwrap();
        let shouted = shouted.replace(&known.to_uppercase(), known); // base64 has both cases
        for typed in
            [bare.to_owned(), shouted, text.replace(": ", " :   ").replace("https :   //", "https://")]
        {
            let typed = typed.replace("SHA256 :   ", "SHA256:").replace("sha256 :   ", "sha256:");
            assert_eq!(JoinKit::from_text(&typed).map(|kit| kit.to_text()).ok().unwrap(), text, "{typed}");
        }
        let recovery =
            RecoveryKit { server: None, account: Some(account), key: RecoveryKey::generate().unwrap() };
        let text = recovery.to_text();
        for typed in [text.to_uppercase(), text.strip_prefix(RECOVERY).unwrap().replace(' ', "   ")] {
            assert_eq!(RecoveryKit::from_text(&typed).unwrap().to_text(), text, "{typed}");
        }
        let words = recovery.key.to_words();
        for typed in [words.to_string(), words.to_uppercase().replace(' ', "\r\n")] {
            let read = RecoveryKit::from_text(&typed).unwrap();
            assert_eq!((read.account, read.key.to_words()), (None, words.clone()));
        }
        let wrong = words.replacen(words.split(' ').next().unwrap(), "keymoor", 1);
        assert_eq!(RecoveryKit::from_text(&wrong).err(), Some(KitError::Word(1)));
        let fewer = words.rsplit_once(' ').unwrap().0;
        assert_eq!(RecoveryKit::from_text(fewer).err(), Some(KitError::NotAKit));
    }

    #[test]
    fn every_single_wrong_character_is_noticed() {
        let text = join().to_text();
        let start = text.find("server:").unwrap();
        for at in start..text.len() {
            let old = text.as_bytes()[at];
            if old.is_ascii_whitespace() {
                continue;
            }
            let new = if old == b'7' { '8' } else { '7' };
            let mut wrong = text.to_string();
            wrong.replace_range(at..=at, &new.to_string());
            let read = JoinKit::from_text(&wrong);
            // Upper and lower case, O and 0 mean the same in a Secret Key and in hex; nothing else may pass.
            assert!(read.is_err(), "byte {at} of {wrong}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        let text = join().to_text();
        let error = |text: &str| JoinKit::from_text(text).err().unwrap();
        assert_eq!(error("hello"), KitError::NotAKit);
        assert_eq!(error(&text.replace("KM1-", "KM2-")), KitError::Line("secret key"));
        assert_eq!(error(&text.replace("epoch: 1", "epoch: 2")), KitError::Check);
        assert_eq!(RecoveryKit::from_text(&text).err(), Some(KitError::NotAKit));
    }
}
