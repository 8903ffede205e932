//! The published examples of both signatures, step by step: what is signed, then the signature.

use super::acs3::{self, Canonical, join_fields};
use super::canonical::Pairs;
use super::{Secret, rpc_v1};
use crate::digest::sha256_hex;
use serde_json::Value;

/// Examples from the provider's documentation, each with its source.
const VECTORS: &str = include_str!("../../tests/data/signature-vectors.json");

fn vectors(scheme: &str) -> Vec<Value> {
    let vectors: Vec<Value> = serde_json::from_str(VECTORS).unwrap();
    vectors.into_iter().filter(|vector| vector["scheme"] == scheme).collect()
}

fn pairs(vector: &Value) -> Pairs<'_> {
    let mut pairs = Pairs::default();
    for (name, value) in vector.as_object().unwrap() {
        pairs.push(name, value.as_str().unwrap());
    }
    pairs
}

#[test]
fn the_older_signature_is_the_published_one() {
    let vectors = vectors("rpc-v1-hmac-sha1");
    assert_eq!(vectors.len(), 3);
    for vector in vectors {
        let (secret, signature) = (vector["secret"].as_str().unwrap(), vector["signature"].as_str().unwrap());
        let secret = Secret::new(secret);
        let signed = rpc_v1::string_to_sign(vector["method"].as_str().unwrap(), &pairs(&vector["params"]));
        if let Some(published) = vector["string_to_sign"].as_str() {
            assert_eq!(signed, published);
        }
        assert_eq!(rpc_v1::signature(&signed, &secret), signature, "{}", vector["id"]);
        assert!(rpc_v1::is_signature(signature, &signed, &secret));
        assert!(!rpc_v1::is_signature(signature, &format!("{signed}1"), &secret));
        assert!(!rpc_v1::is_signature("", &signed, &secret));
    }
}

#[test]
fn the_newer_signature_is_the_published_one() {
    let vectors = vectors("ACS3-HMAC-SHA256");
    assert_eq!(vectors.len(), 1);
    for vector in vectors {
        let text = |name: &str| vector[name].as_str().unwrap();
        let headers = vector["headers"].as_object().unwrap();
        let fields =
            join_fields(headers.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap())));
        let canonical = Canonical {
            method: text("method"),
            path: text("path"),
            query: &pairs(&vector["query"]),
            fields: &fields,
            content_hash: &sha256_hex(text("body").as_bytes()),
        };
        let signed = canonical.string_to_sign();
        assert_eq!(signed, format!("ACS3-HMAC-SHA256\n{}", text("hashed_canonical_request")));
        let secret = Secret::new(text("secret"));
        assert_eq!(acs3::signature(&signed, &secret), text("signature"));
        assert!(acs3::is_signature(text("signature"), &signed, &secret));
        assert!(!acs3::is_signature(&text("signature").to_uppercase(), &signed, &secret));
        assert!(!acs3::is_signature(text("signature"), &signed, &Secret::new("other")));
    }
}
