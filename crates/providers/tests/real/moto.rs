//! moto's server, which is AWS on this machine, and a user there.

use std::process::{Command, Stdio};

use crate::program::{Program, free_port, installed, post, run};

const MOTO: &str = "moto[server]==5.2.5";

/// moto's server, with this many requests to be let through before it asks who comes.
pub(crate) fn moto(unasked: usize) -> (Program, u16) {
    let folder = installed("moto", MOTO, |folder| {
        run(Command::new("python3").args(["-m", "venv"]).arg(folder));
        run(Command::new(folder.join("bin/pip")).args(["install", "--quiet", MOTO]));
    });
    let port = free_port();
    let mut server = Command::new(folder.join("bin/moto_server"));
    server.args(["-H", "127.0.0.1", "-p", &port.to_string()]).stderr(Stdio::null());
    (Program::start(server.env("INITIAL_NO_AUTH_ACTION_COUNT", unasked.to_string()), port), port)
}

/// A user who may do everything to its own keys, and a key of its.
pub(crate) fn user(port: u16) -> (String, String) {
    // By its signature moto knows which service is meant; it does not look at it yet.
    let signature =
        "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=x";
    let iam = |form: &str| post(port, "iam.amazonaws.com", signature, &format!("{form}&Version=2010-05-08"));
    iam("Action=CreateUser&UserName=alice");
    let policy = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C\
                  %22Action%22%3A%22%2A%22%2C%22Resource%22%3A%22%2A%22%7D%5D%7D";
    iam(&format!("Action=PutUserPolicy&UserName=alice&PolicyName=all&PolicyDocument={policy}"));
    let key = iam("Action=CreateAccessKey&UserName=alice");
    let element = |name: &str| {
        let text = key.split_once(&format!("<{name}>")).unwrap().1;
        text.split('<').next().unwrap().to_owned()
    };
    (element("AccessKeyId"), element("SecretAccessKey"))
}
