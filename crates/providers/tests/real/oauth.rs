//! Tokens from a certified OAuth server, `oidc-provider`.

use std::{fs, path::Path, process::Command};

use keymoor_providers::{
    Verdict, provider,
    verify::{Bases, Fields, Options, Report, verify},
};

use crate::program::{Program, free_port, installed, run};

const SERVER: &str = "oidc-provider@9.13.3";

/// Two clients, and a grant with a refresh token as a user's consent leaves it. The providers' addresses are not those of
/// this server: whatever asks for a token is led to where it gives them.
const SCRIPT: &str = r#"
import { createServer } from 'node:http';
import { writeFileSync } from 'node:fs';
import Provider from 'oidc-provider';
const [port, file] = process.argv.slice(2);
const graph = 'https://graph.microsoft.com/.default';
const client = (id, grant) => ({
  client_id: id, client_secret: 'secret+of/' + id, grant_types: grant, redirect_uris: grant.includes('authorization_code')
    ? ['https://localhost/'] : [], response_types: grant.includes('authorization_code') ? ['code'] : [],
  token_endpoint_auth_method: 'client_secret_post', scope: grant.includes('authorization_code')
    ? 'openid offline_access' : graph });
const server = new Provider('http://127.0.0.1:' + port, {
  clients: [client('app', ['authorization_code', 'refresh_token']), client('machine', ['client_credentials'])],
  scopes: ['openid', 'offline_access', graph], features: { clientCredentials: { enabled: true } },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }) });
const http = createServer((request, answer) => {
  if (/\/(token|access_token)$/.test(request.url)) request.url = '/token';
  server.callback()(request, answer);
});
const grant = new server.Grant({ clientId: 'app', accountId: 'jane' });
grant.addOIDCScope('openid offline_access');
const grantId = await grant.save();
const app = await server.Client.find('app');
const token = new server.RefreshToken({ accountId: 'jane', client: app, grantId, gty: 'authorization_code',
  scope: 'openid offline_access', authTime: 1, rotations: 0, iiat: Math.floor(Date.now() / 1000) });
writeFileSync(file, await token.save());
http.listen(Number(port), '127.0.0.1');
"#;

fn ask(id: &str, port: u16, fields: &[(&str, &str)]) -> Report {
    let mut bases = Bases::none();
    bases.set(id, &format!("http://127.0.0.1:{port}")).unwrap();
    let fields = fields.iter().fold(Fields::new(), |fields, (name, value)| fields.with(*name, *value));
    verify(provider(id).unwrap(), &fields, &Options { bases, ..Options::default() })
}

fn start(folder: &Path, port: u16, token: &Path) -> Program {
    let script = folder.join("server.mjs");
    fs::write(&script, SCRIPT).unwrap();
    let mut server = Command::new("node");
    server.arg(&script).arg(port.to_string()).arg(token).stderr(std::process::Stdio::null());
    Program::start(&mut server, port)
}

#[test]
fn a_real_oauth_server_gives_tokens_for_good_credentials_only() {
    let folder = installed("oauth", SERVER, |folder| {
        fs::write(folder.join("package.json"), "{\"private\":true}").unwrap();
        run(Command::new("npm").args(["install", "--no-audit", "--no-fund", SERVER]).current_dir(folder));
    });
    let (port, own) = (free_port(), tempfile::tempdir().unwrap());
    let file = own.path().join("token");
    let _server = start(&folder, port, &file);
    let token = fs::read_to_string(&file).unwrap();

    let google = |secret: &str, token: &str| {
        let fields = [("client_id", "app"), ("client_secret", secret), ("refresh_token", token)];
        ask("google_oauth", port, &fields)
    };
    assert_eq!(google("wrong", &token).verdict, Verdict::Invalid);
    assert_eq!(google("secret+of/app", "never-given").verdict, Verdict::Expired);
    let good = google("secret+of/app", &token);
    assert_eq!(good.verdict, Verdict::Valid, "{good:?}");

    let azure = |secret: &str| {
        let tenant = "11111111-2222-3333-4444-555555555555";
        let fields = [("tenant_id", tenant), ("client_id", "machine"), ("client_secret", secret)];
        ask("azure_service_principal", port, &fields)
    };
    let good = azure("secret+of/machine");
    assert_eq!(good.verdict, Verdict::Valid, "{good:?}");
    // Its words are not Microsoft's: nothing is concluded from them.
    assert_eq!(azure("wrong").verdict, Verdict::Indeterminate);

    let shop = |secret: &str| {
        let fields = [("shop", "acme.myshopify.com"), ("client_id", "machine"), ("client_secret", secret)];
        ask("shopify_client_credentials", port, &fields)
    };
    assert_eq!(shop("secret+of/machine").verdict, Verdict::Valid);
    assert_eq!(shop("wrong").verdict, Verdict::Indeterminate);
}
