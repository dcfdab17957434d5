//! The files of `tests/wire/` hold the catalogue: whatever is changed in a provider's rule, its file notices.

use std::thread;

use keymoor_providers::{Auth, Check, Method, Provider, Service, Verdict, provider, service};

use crate::fixture::Fixture;

#[test]
fn every_change_of_a_rule_is_noticed() {
    let all = Fixture::all();
    let fixtures: Vec<_> = all.chunk_by(|one, next| one.id == next.id).collect();
    let unnoticed: Vec<String> = thread::scope(|scope| {
        let threads: Vec<_> = fixtures
            .chunks(fixtures.len().div_ceil(8))
            .map(|part| {
                scope.spawn(move || part.iter().flat_map(|of_one| unnoticed(of_one)).collect::<Vec<_>>())
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(unnoticed.is_empty(), "\n{}", unnoticed.join("\n"));
}

#[test]
fn every_change_of_a_service_is_noticed() {
    let all = Fixture::services();
    let mut unnoticed = Vec::new();
    for fixtures in all.chunk_by(|one, next| one.id == next.id) {
        let service = service(&fixtures[0].id).unwrap();
        for (what, check) in changed_checks(service.verify.as_ref().unwrap()) {
            let changed = Service { verify: Some(check), ..service.clone() };
            let fits =
                |fixture: &Fixture| fixture.check_with(fixture.provider().unwrap(), Some(&changed)).is_ok();
            if fixtures.iter().all(fits) {
                unnoticed.push(format!("{}: {what}", service.id));
            }
        }
    }
    assert!(unnoticed.is_empty(), "\n{}", unnoticed.join("\n"));
}

/// What the files of one provider do not notice.
fn unnoticed(fixtures: &[Fixture]) -> Vec<String> {
    let fixture = &fixtures[0];
    let provider = provider(&fixture.id).unwrap_or_else(|| panic!("{}", fixture.id));
    let changed = changed(provider);
    assert!(changed.len() >= 3, "{}", fixture.id);
    let kept = changed
        .into_iter()
        .filter(|(_, provider)| fixtures.iter().all(|fixture| fixture.check(provider).is_ok()));
    kept.map(|(what, _)| format!("{}: {what}", fixture.id)).collect()
}

/// The provider with one thing changed, in every way.
fn changed(provider: &Provider) -> Vec<(String, Provider)> {
    let checks = changed_checks(provider.verify.as_ref().unwrap());
    let with =
        checks.into_iter().map(|(what, check)| (what, Provider { verify: Some(check), ..provider.clone() }));
    with.chain(auths(provider)).collect()
}

/// The question with one thing changed, in every way.
fn changed_checks(check: &Check) -> Vec<(String, Check)> {
    let mut all = Vec::new();
    let mut with = |what: String, change: &dyn Fn(&mut Check)| {
        let mut check = check.clone();
        change(&mut check);
        all.push((what, check));
    };
    if !check.url.is_empty() {
        with("path".into(), &|check| match check.url.find('?') {
            Some(at) => check.url.insert_str(at, "/x"),
            None => check.url.push_str("/x"),
        });
        with("method".into(), &|check| {
            check.method = if check.method == Method::Get { Method::Post } else { Method::Get };
        });
    }
    for (at, instead) in check.instead.iter().enumerate() {
        with(format!("instead {at}: {}", instead.url), &|check| check.instead[at].url.push_str("/x"));
        with(format!("instead {at} away"), &|check| drop(check.instead.remove(at)));
    }
    for at in 0..check.elsewhere.len() {
        with("elsewhere away".into(), &|check| drop(check.elsewhere.remove(at)));
        with("elsewhere".into(), &|check| check.elsewhere[at].push('x'));
    }
    for name in check.headers.keys() {
        with(format!("header {name} away"), &|check| drop(check.headers.remove(name)));
    }
    for name in check.form.iter().flatten().map(|(name, _)| name) {
        with(format!("form {name} away"), &|check| drop(check.form.as_mut().unwrap().remove(name)));
    }
    if check.json.is_some() {
        with("json away".into(), &|check| check.json = None);
    }
    if check.ask_twice {
        with("asked once".into(), &|check| check.ask_twice = false);
    }
    if !check.identity.is_empty() {
        with("identity".into(), &|check| check.identity = vec!["/nothing".into()]);
    }
    if check.expiry.is_some() {
        with("expiry".into(), &|check| check.expiry = None);
    }
    for (at, answer) in check.answers.iter().enumerate() {
        // What an unlisted answer means anyway.
        let is_default =
            answer.is == Verdict::Indeterminate || (answer.is == Verdict::Retry && answer.status.0 == [429]);
        if is_default {
            continue;
        }
        with(format!("answer {at} away"), &|check| drop(check.answers.remove(at)));
        for (place, status) in answer.status.0.iter().enumerate() {
            with(format!("answer {at}: another status than {status}"), &|check| {
                check.answers[at].status.0[place] = 418;
            });
        }
        with(format!("answer {at}: another verdict"), &|check| {
            let is = &mut check.answers[at].is;
            *is = if *is == Verdict::Disabled { Verdict::Valid } else { Verdict::Disabled };
        });
    }
    all
}

/// The provider with another way to authenticate, and without a header of its own.
fn auths(provider: &Provider) -> Vec<(String, Provider)> {
    let mut all = Vec::new();
    let check = provider.verify.as_ref().unwrap();
    let Some(endpoint) = &provider.endpoint else { return all };
    // Those of the endpoint count only where the check has none.
    let of_check = check.auth.is_some();
    if !check.url.is_empty() {
        for name in endpoint.headers.keys() {
            let mut provider = provider.clone();
            provider.endpoint.as_mut().unwrap().headers.remove(name);
            all.push((format!("header {name} away"), provider));
        }
    }
    if check.url.is_empty() {
        return all;
    }
    let auths = check.auth.as_ref().unwrap_or(&endpoint.auth);
    for (at, auth) in auths.iter().enumerate() {
        let others = match auth.clone() {
            Auth::Header { name, value } => vec![
                Auth::Header { name: format!("{name}-x"), value: value.clone() },
                Auth::Header { name, value: format!("x{value}") },
            ],
            Auth::Query { name, value } => vec![Auth::Query { name: format!("{name}x"), value }],
            Auth::Basic { user, password } => {
                vec![
                    Auth::Basic { user: format!("{user}x"), password: password.clone() },
                    Auth::Basic { user, password: format!("{password}x") },
                ]
            }
            Auth::Url | Auth::Token | Auth::Signature => Vec::new(),
        };
        for other in others {
            let mut provider = provider.clone();
            let place = match of_check {
                true => provider.verify.as_mut().unwrap().auth.as_mut().unwrap(),
                false => &mut provider.endpoint.as_mut().unwrap().auth,
            };
            place[at] = other;
            all.push((format!("auth {at}"), provider));
        }
    }
    all
}
