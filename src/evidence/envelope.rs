//! The envelope of a statement: DSSE, version 1.0.0, with one signature.
//!
//! [`seal`] writes it and [`open`] reads it. An envelope has one encoding: compact JSON with its keys in order, as RFC
//! 8785 has it, and base64 of RFC 4648, section 4. The signature covers the payload and its type; what is around them
//! is held to that encoding, so no byte of an envelope can change unseen.

use serde::{Deserialize, Serialize};

use super::key::{PublicKey, SigningKey};
use crate::digest::{from_base64, to_base64};

/// What the payload is: an in-toto Statement in JSON.
const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// Why an envelope is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Other JSON, or none.
    #[error("it is not a DSSE envelope: unexpected at line {line}, column {column}")]
    Shape {
        /// The line.
        line: usize,
        /// The column.
        column: usize,
    },
    /// Another type of payload.
    #[error("its payload is not of the type `{PAYLOAD_TYPE}`")]
    PayloadType,
    /// Not one signature.
    #[error("it has {count} signatures in place of one")]
    Signatures {
        /// How many.
        count: usize,
    },
    /// A payload that is not base64.
    #[error("its payload is not base64")]
    Payload,
    /// A signature that is not base64 of 64 bytes.
    #[error("its signature is not 64 bytes in base64")]
    Signature,
    /// A name of a key that is none.
    #[error("its `keyid` is not a SHA-256 in lower-case hexadecimal digits")]
    KeyId,
    /// The same, written in another way.
    #[error(
        "it is not written in the one way in which an envelope is written: compact JSON, with nothing around it"
    )]
    NotCanonical,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct RawEnvelope {
    payload: String,
    payload_type: String,
    signatures: Vec<RawSignature>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSignature {
    keyid: String,
    sig: String,
}

/// Puts a payload into an envelope that the key has signed.
pub fn seal(payload: &[u8], key: &SigningKey) -> Vec<u8> {
    let signature = key.sign(&signed_bytes(PAYLOAD_TYPE, payload));
    Sealed { payload: payload.to_vec(), keyid: key.public().id(), signature }.to_bytes()
}

/// Opens an envelope. Nothing is said of its signature before `Sealed::is_signed_by` was asked.
///
/// # Errors
/// All that [`seal`] would not have written.
pub fn open(bytes: &[u8]) -> Result<Sealed, EnvelopeError> {
    let raw: RawEnvelope = serde_json::from_slice(bytes)
        .map_err(|error| EnvelopeError::Shape { line: error.line(), column: error.column() })?;
    if raw.payload_type != PAYLOAD_TYPE {
        return Err(EnvelopeError::PayloadType);
    }
    let [RawSignature { keyid, sig }] = <[RawSignature; 1]>::try_from(raw.signatures)
        .map_err(|signatures| EnvelopeError::Signatures { count: signatures.len() })?;
    if !is_sha256(&keyid) {
        return Err(EnvelopeError::KeyId);
    }
    let payload = from_base64(&raw.payload).ok_or(EnvelopeError::Payload)?;
    let signature = from_base64(&sig).and_then(|bytes| <[u8; 64]>::try_from(bytes).ok());
    let signature = signature.ok_or(EnvelopeError::Signature)?;
    let sealed = Sealed { payload, keyid, signature };
    if sealed.to_bytes() != bytes {
        return Err(EnvelopeError::NotCanonical);
    }
    Ok(sealed)
}

/// An envelope that was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    payload: Vec<u8>,
    keyid: String,
    signature: [u8; 64],
}

impl Sealed {
    /// What is inside.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The key that is said to have signed, by its fingerprint. It is a claim until [`Sealed::is_signed_by`] confirms it.
    pub fn keyid(&self) -> &str {
        &self.keyid
    }

    /// Whether this key has signed the payload, and is the one that the envelope names.
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        self.keyid == key.id() && key.verifies(&signed_bytes(PAYLOAD_TYPE, &self.payload), &self.signature)
    }

    fn to_bytes(&self) -> Vec<u8> {
        let signature = RawSignature { keyid: self.keyid.clone(), sig: to_base64(&self.signature) };
        let raw = RawEnvelope {
            payload: to_base64(&self.payload),
            payload_type: PAYLOAD_TYPE.to_owned(),
            signatures: vec![signature],
        };
        serde_json::to_vec(&raw).expect("texts in structures are always JSON")
    }
}

/// What is signed: the type and the payload, each behind its length ("PAE" in DSSE's protocol).
fn signed_bytes(kind: &str, payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

/// Whether a text is a SHA-256 as it is written here.
pub(super) fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::{EnvelopeError, open, seal, signed_bytes};
    use crate::evidence::SigningKey;

    #[test]
    fn what_is_signed_is_encoded_as_the_specification_shows_it() {
        // The example of DSSE's protocol.md, version 1.0.0.
        let bytes = signed_bytes("http://example.com/HelloWorld", b"hello world");
        assert_eq!(bytes, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
        assert_eq!(signed_bytes("", b""), b"DSSEv1 0  0 ");
    }

    #[test]
    fn an_envelope_opens_to_its_payload_and_knows_its_key() {
        let (key, other) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
        for payload in [&b""[..], b"{}", &[0, 255, b'"'], &[7; 5000]] {
            let sealed = open(&seal(payload, &key)).unwrap();
            assert_eq!((sealed.payload(), sealed.keyid()), (payload, key.public().id().as_str()));
            assert!(sealed.is_signed_by(&key.public()));
            assert!(!sealed.is_signed_by(&other.public()));
        }
    }

    #[test]
    fn a_key_that_did_sign_but_is_not_the_one_that_is_named_is_none() {
        let (key, other) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
        let text = String::from_utf8(seal(b"{}", &key)).unwrap();
        let renamed = text.replace(&key.public().id(), &other.public().id());
        let sealed = open(renamed.as_bytes()).unwrap();
        assert!(!sealed.is_signed_by(&key.public()) && !sealed.is_signed_by(&other.public()));
    }

    #[test]
    fn every_changed_missing_or_added_byte_is_found() {
        let key = SigningKey::generate().unwrap();
        let whole = seal(br#"{"a":"some payload"}"#, &key);
        let holds = |bytes: &[u8]| open(bytes).is_ok_and(|sealed| sealed.is_signed_by(&key.public()));
        assert!(holds(&whole));
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut changed = whole.clone();
                changed[at] ^= 1 << bit;
                assert!(!holds(&changed), "byte {at}, bit {bit}");
            }
            let missing = [&whole[..at], &whole[at + 1..]].concat();
            assert!(!holds(&missing), "without byte {at}");
            for byte in [b' ', b'\n', b'A', b'='] {
                let mut added = whole.clone();
                added.insert(at, byte);
                assert!(!holds(&added), "{byte} before {at}");
            }
        }
        for end in ["\n", " ", "\0", "{}"] {
            assert!(!holds(&[&whole[..], end.as_bytes()].concat()), "{end:?} behind it");
        }
    }

    #[test]
    fn another_encoding_of_the_same_is_refused_and_the_error_says_what_is_wrong() {
        let key = SigningKey::generate().unwrap();
        let text = String::from_utf8(seal(b"{}", &key)).unwrap();
        let signature = &text[text.find("{\"keyid\"").unwrap()..text.len() - 2];
        for (other, due) in [
            (text.replace("\"payload\":", "\"payload\": "), EnvelopeError::NotCanonical),
            (text.replace("e30=", "e3\\u0030="), EnvelopeError::NotCanonical),
            (text.replace("e30=", "e31="), EnvelopeError::Payload),
            (text.replace("e30=", "e30"), EnvelopeError::Payload),
            (text.replace("in-toto+json", "in-toto+JSON"), EnvelopeError::PayloadType),
            (text.replace("]}", &format!(",{signature}]}}")), EnvelopeError::Signatures { count: 2 }),
            (text.replace(signature, ""), EnvelopeError::Signatures { count: 0 }),
            (text.replace(&key.public().id(), &key.public().id().to_uppercase()), EnvelopeError::KeyId),
            (text.replace("\"sig\":\"", "\"sig\":\"AAAA"), EnvelopeError::Signature),
            (
                text.replace("{\"payload\"", "{\"a\":1,\"payload\""),
                EnvelopeError::Shape { line: 1, column: 4 },
            ),
        ] {
            assert_eq!(open(other.as_bytes()), Err(due), "{other}");
        }
    }

    #[test]
    fn bytes_that_are_no_envelope_are_refused_and_never_a_panic() {
        let deep = "[".repeat(100_000);
        for bytes in [&b""[..], b"{}", b"null", b"\xff\xfe", b"{\"payload\":1}", deep.as_bytes()] {
            assert!(matches!(open(bytes), Err(EnvelopeError::Shape { .. })));
        }
    }
}
