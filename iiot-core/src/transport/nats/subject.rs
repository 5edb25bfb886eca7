//! Topics as subjects of NATS.

use std::fmt::Write as _;

/// The subject of a topic, as a NATS server names topics of MQTT: levels are joined by `.`, a dot is
/// `//`, an empty level `/`. What a subject cannot have is encoded as in a URL.
pub(super) fn of(topic: &str) -> String {
    topic.split('/').map(level).collect::<Vec<_>>().join(".")
}

fn level(text: &str) -> String {
    if text.is_empty() {
        return "/".to_owned();
    }
    text.chars().fold(String::with_capacity(text.len()), |mut out, letter| {
        match letter {
            '.' => out.push_str("//"),
            '*' | '>' => write!(out, "%{:02X}", letter as u32).expect("a string takes everything"),
            _ if letter.is_whitespace() || letter.is_control() => {
                let mut bytes = [0; 4];
                for byte in letter.encode_utf8(&mut bytes).bytes() {
                    write!(out, "%{byte:02X}").expect("a string takes everything");
                }
            }
            _ => out.push(letter),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_are_those_of_the_servers_own_mqtt() {
        for (topic, subject) in [
            ("plant/line/oven", "plant.line.oven"),
            ("plant/v1.2", "plant.v1//2"),
            ("/foo//bar/", "/.foo./.bar./"),
            ("Halle 1/a*b>c", "Halle%201.a%2Ab%3Ec"),
            ("Öl", "Öl"),
        ] {
            assert_eq!(of(topic), subject);
        }
    }
}
