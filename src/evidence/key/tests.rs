//! Keys: the vectors of the RFCs, what other tools write, and what is refused.

use super::{KeyError, PublicKey, SigningKey};

fn bytes(hex: &str) -> Vec<u8> {
    base16ct::lower::decode_vec(hex).unwrap()
}

/// The key of a seed.
fn key(seed: &str) -> SigningKey {
    SigningKey::from_pkcs8([&super::BEFORE_SEED[..], &bytes(seed)].concat()).unwrap()
}

/// RFC 8032, section 7.1, tests 1 to 3 and "SHA(abc)": seed, public key, message, signature.
const VECTORS: [[&str; 4]; 4] = [
    [
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ],
    [
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ],
    [
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ],
    [
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ],
];

#[test]
fn signatures_are_those_of_the_rfc() {
    for [seed, public, message, signature] in VECTORS {
        let (key, message, signature) = (key(seed), bytes(message), bytes(signature));
        assert_eq!(key.public().point[..], bytes(public)[..]);
        assert_eq!(key.sign(&message)[..], signature[..]);
        assert!(key.public().verifies(&message, &signature));
        assert!(!key.public().verifies(b"another", &signature));
        assert!(!key.public().verifies(&message, &signature[1..]));
    }
}

#[test]
fn a_signature_with_the_groups_order_added_to_it_is_refused() {
    // L of RFC 8032, section 5.1, little-endian: S + L would verify as well, if S were not bounded.
    let order = bytes("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let [seed, _, message, signature] = VECTORS[1];
    let mut signature = bytes(signature);
    let mut carry = 0_u16;
    for (digit, more) in signature[32..].iter_mut().zip(order) {
        let sum = u16::from(*digit) + u16::from(more) + carry;
        *digit = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    assert!(!key(seed).public().verifies(&bytes(message), &signature));
}

/// RFC 8410, section 10.3: a private key in version 1, and section 10.1: the public key that belongs to it.
const PRIVATE_1: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
";
const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----
";

#[test]
fn keys_are_read_and_written_as_others_write_them() {
    let key = SigningKey::from_pem(PRIVATE_1).unwrap();
    assert_eq!(key.public().to_pem(), PUBLIC);
    assert_eq!(key.to_pem(), PRIVATE_1);
    assert_eq!(PublicKey::from_pem(PUBLIC).unwrap(), key.public());
    let windows = PRIVATE_1.replace('\n', "\r\n");
    assert_eq!(SigningKey::from_pem(&windows).unwrap().public(), key.public());
    assert_eq!(PublicKey::from_pem(PUBLIC.trim_end()).unwrap(), key.public());
}

#[test]
fn a_key_in_version_2_is_read_and_its_public_half_must_fit() {
    let made = ring::signature::Ed25519KeyPair::generate_pkcs8(&ring::rand::SystemRandom::new()).unwrap();
    let pem = super::text(super::PRIVATE, made.as_ref());
    let key = SigningKey::from_pem(&pem).unwrap();
    assert_eq!(key.to_pem(), pem);
    let mut torn = made.as_ref().to_vec();
    *torn.last_mut().unwrap() ^= 1;
    let torn = SigningKey::from_pem(&super::text(super::PRIVATE, &torn));
    assert_eq!(torn.err(), Some(KeyError::Unfit));
}

#[test]
fn a_new_key_is_read_again_and_is_another_one_each_time() {
    let (one, two) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
    let again = SigningKey::from_pem(&one.to_pem()).unwrap();
    assert_eq!(again.public(), one.public());
    assert_ne!(one.public(), two.public());
    assert_eq!(one.public().id().len(), 64);
}

#[test]
fn a_fingerprint_is_the_digest_of_the_public_key_in_der() {
    // openssl pkey -pubin -outform DER | sha256sum, of the key of RFC 8410.
    let id = "a1e9156054e04fac899ae9f275132cdc07a5dbc4ea2c2ad3a1ffc6e0d253681f";
    assert_eq!(PublicKey::from_pem(PUBLIC).unwrap().id(), id);
}

#[test]
fn nothing_shows_a_private_key() {
    let key = SigningKey::from_pem(PRIVATE_1).unwrap();
    assert_eq!(format!("{key:?}"), format!("SigningKey({})", key.public().id()));
}

#[test]
fn what_is_not_just_one_such_key_is_refused_and_no_error_repeats_it() {
    let rsa =
        "-----BEGIN PRIVATE KEY-----\nMDwwDQYJKoZIhvcNAQEBBQADKwAwKAIhAOFkQg==\n-----END PRIVATE KEY-----\n";
    let other = |label: &str| PRIVATE_1.replace("PRIVATE KEY", label);
    let needed = "a private key in PKCS#8 that is not encrypted";
    let unlike = |found| KeyError::Label { found, needed };
    for (text, due) in [
        (String::new(), KeyError::NoPem),
        ("MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK".to_owned(), KeyError::NoPem),
        (PRIVATE_1.replace("END", "FIN"), KeyError::NoPem),
        (format!("{PRIVATE_1}{PRIVATE_1}"), KeyError::Several),
        (format!("{PUBLIC}{PRIVATE_1}"), KeyError::Several),
        (format!("{PRIVATE_1}MC4CAQAw\n"), KeyError::Beside),
        (format!("key:\n{PRIVATE_1}"), KeyError::Beside),
        (PRIVATE_1.replace("-----\nMC4", "-----\nComment: MC4\n\nMC4"), KeyError::Beside),
        (PRIVATE_1.replace("MC4C", "MC4C\n"), KeyError::Beside),
        (PUBLIC.to_owned(), unlike("a public key")),
        (other("ENCRYPTED PRIVATE KEY"), unlike("an encrypted private key")),
        (other("OPENSSH PRIVATE KEY"), unlike("a private key in OpenSSH's form")),
        (other("EC PRIVATE KEY"), unlike("a private key for another algorithm")),
        (other("MC4CAQAwBQYD"), unlike("something else")),
        (rsa.to_owned(), KeyError::Unfit),
        (super::text(super::PRIVATE, &[]), KeyError::Unfit),
    ] {
        let error = SigningKey::from_pem(&text).unwrap_err();
        assert_eq!(error, due, "{text}");
        assert!(!error.to_string().contains("MC4CAQAw"), "{error}");
    }
}

#[test]
fn a_public_key_for_another_algorithm_or_of_another_length_is_refused() {
    // X25519 (RFC 8410, section 3) differs from Ed25519 in one byte, and in no length.
    let spki = PublicKey::from_pem(PUBLIC).unwrap().spki();
    let mut other = spki.clone();
    other[8] = 0x6e;
    for der in [&other[..], &spki[..43], &[&spki[..], &[0]].concat(), &[]] {
        let error = PublicKey::from_pem(&super::text(super::PUBLIC, der)).unwrap_err();
        assert_eq!(error, KeyError::Unfit);
    }
    let found = PublicKey::from_pem(PRIVATE_1).unwrap_err();
    assert_eq!(found, KeyError::Label { found: "a private key", needed: "a public key" });
}
