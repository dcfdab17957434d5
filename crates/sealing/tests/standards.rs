//! The algorithms themselves, against other people's vectors: Wycheproof for AES-256-GCM and HKDF-SHA256, RFC 9106 for
//! Argon2id, through the very crates and versions that the keys and envelopes stand on.
//!
//! RFC 5869 is in `src/golden.rs`, since it goes through the crate's own derivation.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

use aes_gcm::aead::{Aead as _, KeyInit as _, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use argon2::{Algorithm, Argon2, AssociatedData, ParamsBuilder, Version};
use hkdf::Hkdf;
use sha2::Sha256;
use wycheproof::TestResult;

#[test]
fn wycheproof_aes_256_gcm() {
    let set = wycheproof::aead::TestSet::load(wycheproof::aead::TestName::AesGcm).unwrap();
    let (mut valid, mut invalid) = (0, 0);
    let ours = set.test_groups.iter();
    let ours = ours.filter(|group| (group.key_size, group.nonce_size, group.tag_size) == (256, 96, 128));
    for case in ours.flat_map(|group| &group.tests) {
        let cipher = Aes256Gcm::new_from_slice(&case.key).unwrap();
        let nonce = Nonce::<aes_gcm::aead::consts::U12>::try_from(case.nonce.as_slice()).unwrap();
        let sealed = [case.ct.as_slice(), &case.tag].concat();
        let opened = cipher.decrypt(&nonce, Payload { msg: &sealed, aad: &case.aad });
        let again = cipher.encrypt(&nonce, Payload { msg: &case.pt, aad: &case.aad }).unwrap();
        match case.result {
            TestResult::Valid => {
                assert_eq!(opened.as_deref(), Ok(case.pt.as_slice()), "case {}", case.tc_id);
                assert_eq!(again, sealed, "case {}", case.tc_id);
                valid += 1;
            }
            TestResult::Invalid => {
                assert!(opened.is_err(), "case {}", case.tc_id);
                assert_ne!(again, sealed, "case {}", case.tc_id);
                invalid += 1;
            }
            TestResult::Acceptable => panic!("case {} leaves a choice", case.tc_id),
        }
    }
    println!("AES-256-GCM: {valid} valid, {invalid} invalid");
    // As many as the set has today; fewer would mean that the filter drops cases.
    assert!(valid >= 39 && invalid >= 27, "{valid} valid, {invalid} invalid");
}

#[test]
fn wycheproof_hkdf_sha256() {
    let set = wycheproof::hkdf::TestSet::load(wycheproof::hkdf::TestName::HkdfSha256).unwrap();
    let (mut valid, mut invalid) = (0, 0);
    for case in set.test_groups.iter().flat_map(|group| &group.tests) {
        let mut okm = vec![0; case.size];
        let expanded = Hkdf::<Sha256>::new(Some(&case.salt), &case.ikm).expand(&case.info, &mut okm);
        match case.result {
            TestResult::Valid => {
                assert!(expanded.is_ok(), "case {}", case.tc_id);
                assert_eq!(okm, case.okm.as_slice(), "case {}", case.tc_id);
                valid += 1;
            }
            TestResult::Invalid => {
                assert!(expanded.is_err(), "case {}", case.tc_id);
                invalid += 1;
            }
            TestResult::Acceptable => panic!("case {} leaves a choice", case.tc_id),
        }
    }
    println!("HKDF-SHA256: {valid} valid, {invalid} invalid");
    assert!(valid >= 83 && invalid >= 3, "{valid} valid, {invalid} invalid");
}

/// RFC 9106, section 5.3.
#[test]
fn rfc_9106_argon2id() {
    let params = ParamsBuilder::new()
        .m_cost(32)
        .t_cost(3)
        .p_cost(4)
        .output_len(32)
        .data(AssociatedData::new(&[4; 12]).unwrap())
        .build()
        .unwrap();
    let argon2 = Argon2::new_with_secret(&[3; 8], Algorithm::Argon2id, Version::V0x13, params).unwrap();
    let mut tag = [0; 32];
    argon2.hash_password_into(&[1; 32], &[2; 16], &mut tag).unwrap();
    assert_eq!(
        data_encoding::HEXLOWER.encode(&tag),
        "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"
    );
}
