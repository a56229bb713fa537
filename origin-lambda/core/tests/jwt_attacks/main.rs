//! The known attacks on JSON Web Tokens, one row each, with the refusal each of them gets.
//!
//! Two issuers with keys of the same id, and one whose key set has everything a set should not have.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod algorithms;
mod claims;
mod encodings;
mod keys;
#[path = "../signing_key/mod.rs"]
mod signing_key;
mod world;

use keyfront_origin_core::oidc::JwtRefusal;

use world::World;

/// One attack: what the attacker does, what is sent, and what becomes of it.
struct Attack {
    name: &'static str,
    token: String,
    refusal: JwtRefusal,
}

fn attack(name: &'static str, token: String, refusal: JwtRefusal) -> Attack {
    Attack {
        name,
        token,
        refusal,
    }
}

#[test]
fn every_known_attack_gets_its_refusal_and_a_good_token_still_passes() {
    let world = World::new();
    let attacks: Vec<Attack> = [
        algorithms::attacks(&world),
        keys::attacks(&world),
        encodings::attacks(&world),
        claims::attacks(&world),
    ]
    .into_iter()
    .flatten()
    .collect();
    assert_eq!(attacks.len(), 175);
    for attack in attacks {
        for control in world.controls() {
            assert_eq!(world.admitted(&control).as_deref(), Ok("alice"));
        }
        assert_eq!(
            world.admitted(&attack.token),
            Err(attack.refusal),
            "{}: {}",
            attack.name,
            attack.token
        );
    }
}

#[test]
fn what_a_token_may_say_besides_changes_nothing() {
    let world = World::new();
    for (name, token) in world.harmless() {
        assert_eq!(
            world.admitted(&token).as_deref(),
            Ok("alice"),
            "{name}: {token}"
        );
    }
}
