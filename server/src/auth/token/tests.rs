//! Tokens that are not what they say.

use super::*;
use data_encoding::BASE64URL_NOPAD;

const NOW: AtMs = AtMs(1_800_000_000_000);

fn tokens() -> Tokens {
    let keys = ServerKeys::from_random(&zeroize::Zeroizing::new([[7; 32]; 5]));
    Tokens::new(&keys, "https://itgel.example").unwrap()
}

fn good(tokens: &Tokens) -> String {
    let device = Principal::Device("d1".parse().unwrap());
    let township = Some("150623200".parse().unwrap());
    let issued = tokens.issue(&device, township, &[1; 32], NOW);
    issued.unwrap().access_token
}

fn part(token: &str, index: usize) -> serde_json::Value {
    let text = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&BASE64URL_NOPAD.decode(text.as_bytes()).unwrap()).unwrap()
}

/// A token with this header and these claims, signed with the real key over them.
fn resigned(tokens: &Tokens, header: &serde_json::Value, claims: &serde_json::Value) -> String {
    let encode = |v: &serde_json::Value| BASE64URL_NOPAD.encode(v.to_string().as_bytes());
    let message = format!("{}.{}", encode(header), encode(claims));
    let signature = SoftwareSigner::from_secret(&[7; 32]).sign(message.as_bytes());
    assert_eq!(
        tokens.keys[0].public_key,
        SoftwareSigner::from_secret(&[7; 32]).public_key()
    );
    format!("{message}.{}", BASE64URL_NOPAD.encode(&signature))
}

/// The frozen bytes of a token; see `core/domain/tests/frozen.rs` for what to do when they change.
#[test]
fn a_token_of_version_1_is_still_read_and_written_to_the_byte() {
    let frozen = include_str!("../../../../fixtures/wire/v1/token.jws");
    let tokens = tokens();
    let iat = seconds(NOW);
    let claims = Claims {
        iss: "https://itgel.example".into(),
        sub: "device:d1".into(),
        aud: "https://itgel.example".into(),
        exp: iat + LIFE_S,
        nbf: iat,
        iat,
        jti: "00112233445566778899aabbccddeeff".into(),
        cnf: Confirmation {
            jkt: key::thumbprint(&[1; 32]),
        },
        twn: None,
    };
    assert_eq!(tokens.verify(frozen, NOW), Ok(claims.clone()));
    assert_eq!(tokens.sign(&claims).unwrap(), frozen);
}

#[test]
fn sec_t22_a_token_is_good_for_ten_minutes_and_remembering_it_does_not_prolong_it() {
    let tokens = tokens();
    let token = good(&tokens);
    let claims = tokens.verify(&token, NOW).unwrap();
    assert_eq!(
        claims.principal(),
        Some(Principal::Device("d1".parse().unwrap()))
    );
    assert!(claims.is_bound_to(&[1; 32]) && !claims.is_bound_to(&[2; 32]));
    assert!(tokens.verify(&token, NOW.plus_ms(599_000)).is_ok());
    let late = NOW.plus_ms((LIFE_S + LEEWAY_S) * 1000);
    assert_eq!(tokens.verify(&token, late), Err(ErrorCode::TokenExpired));
    let early = NOW.plus_ms(-(LEEWAY_S + 1) * 1000);
    assert_eq!(tokens.verify(&token, early), Err(ErrorCode::TokenInvalid));
}

#[test]
fn sec_t24_a_header_that_is_not_ours_to_the_letter_is_refused_even_with_a_good_signature() {
    let tokens = tokens();
    let token = good(&tokens);
    let (header, claims) = (part(&token, 0), part(&token, 1));
    assert!(
        tokens
            .verify(&resigned(&tokens, &header, &claims), NOW)
            .is_ok()
    );
    for (member, value) in [
        ("alg", serde_json::json!("none")),
        ("alg", serde_json::json!("HS256")),
        ("alg", serde_json::json!("ES256")),
        ("alg", serde_json::json!("eddsa")),
        ("typ", serde_json::json!("JWT")),
        ("typ", serde_json::json!("grant+jwt")),
        ("typ", serde_json::Value::Null),
        ("kid", serde_json::json!("../../etc/keys")),
        ("kid", serde_json::Value::Null),
        ("crit", serde_json::json!(["exp"])),
        ("jku", serde_json::json!("https://evil.example/jwks.json")),
        ("x5u", serde_json::json!("https://evil.example/x5u")),
        ("x5c", serde_json::json!(["AA"])),
        ("zip", serde_json::json!("DEF")),
        ("b64", serde_json::json!(false)),
    ] {
        let mut changed = header.clone();
        changed[member] = value.clone();
        let token = resigned(&tokens, &changed, &claims);
        assert_eq!(
            tokens.verify(&token, NOW),
            Err(ErrorCode::TokenInvalid),
            "{member} {value}"
        );
    }
}

#[test]
fn sec_t24_a_claim_that_is_missing_of_another_type_or_for_another_place_is_refused() {
    let tokens = tokens();
    let token = good(&tokens);
    let (header, claims) = (part(&token, 0), part(&token, 1));
    for name in ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "cnf"] {
        let mut without = claims.clone();
        without.as_object_mut().unwrap().remove(name);
        let token = resigned(&tokens, &header, &without);
        assert_eq!(
            tokens.verify(&token, NOW),
            Err(ErrorCode::TokenInvalid),
            "no {name}"
        );
    }
    let far = claims["exp"].as_i64().unwrap() + 86_400;
    for (name, value) in [
        ("exp", serde_json::json!(claims["exp"].to_string())),
        ("nbf", serde_json::json!(claims["nbf"].to_string())),
        ("exp", serde_json::json!(1.8e9)),
        ("exp", serde_json::json!(far)),
        ("aud", serde_json::json!("https://other.example")),
        (
            "aud",
            serde_json::json!(["https://itgel.example", "https://other.example"]),
        ),
        ("iss", serde_json::json!("https://other.example")),
        ("cnf", serde_json::json!({})),
        ("admin", serde_json::json!(true)),
    ] {
        let mut changed = claims.clone();
        changed[name] = value.clone();
        let token = resigned(&tokens, &header, &changed);
        assert_eq!(
            tokens.verify(&token, NOW),
            Err(ErrorCode::TokenInvalid),
            "{name} {value}"
        );
    }
}

#[test]
fn sec_t24_an_hmac_with_the_public_key_as_secret_is_no_signature() {
    let tokens = tokens();
    let claims = part(&good(&tokens), 1);
    let mut header = tokens.keys[0].header.clone();
    header.alg = Algorithm::HS256;
    let secret = EncodingKey::from_secret(&tokens.keys[0].public_key);
    let forged = jsonwebtoken::encode(&header, &claims, &secret).unwrap();
    assert_eq!(tokens.verify(&forged, NOW), Err(ErrorCode::TokenInvalid));
}

#[test]
fn sec_t24_every_changed_character_of_a_token_is_noticed() {
    let tokens = tokens();
    let token = good(&tokens);
    for at in 0..token.len() {
        let mut changed = token.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert!(tokens.verify(&changed, NOW).is_err(), "character {at}");
    }
    assert!(tokens.verify("", NOW).is_err());
    assert!(tokens.verify(&"a".repeat(MAX_BYTES + 1), NOW).is_err());
}
