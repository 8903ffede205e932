//! Enums whose variants have words. From one list come the enum, its words, and the way from either to the other: a
//! variant that is added is known in arguments, files and schemas, or the program does not compile.

/// An enum of which each variant has a word, and perhaps others by which it is read as well.
///
/// Gives `ALL`, `NAMES` (the word of each), `WORDS` (all that are read), `name`, `of_word`, `Display`, and the word as the
/// form in which it is written out and read back.
macro_rules! named {
    (
        $(#[$meta:meta])*
        pub enum $enum:ident {
            $($(#[$about:meta])* $variant:ident = $word:literal $(| $other:literal)*,)+
        }
    ) => {
        $(#[$meta])*
        pub enum $enum {
            $($(#[$about])* $variant,)+
        }

        #[allow(dead_code, reason = "each of these enums has the same methods")]
        impl $enum {
            /// All of them, in order.
            pub const ALL: [Self; [$($word),+].len()] = [$(Self::$variant),+];

            /// The word of each, in order.
            pub const NAMES: [&'static str; [$($word),+].len()] = [$($word),+];

            /// Every word by which one is read.
            pub const WORDS: &'static [&'static str] = &[$($word, $($other,)*)+];

            /// Its word.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// The one that a word means.
            pub fn of_word(word: &str) -> Option<Self> {
                match word {
                    $($word $(| $other)* => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }

        impl std::fmt::Display for $enum {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str(self.name())
            }
        }

        impl serde::Serialize for $enum {
            fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
                out.serialize_str(self.name())
            }
        }

        impl<'de> serde::Deserialize<'de> for $enum {
            fn deserialize<D: serde::Deserializer<'de>>(written: D) -> Result<Self, D::Error> {
                let word = <String as serde::Deserialize>::deserialize(written)?;
                Self::of_word(&word).ok_or_else(|| {
                    let words = Self::NAMES.join(", ");
                    serde::de::Error::custom(format_args!("`{word}` is not one of {words}"))
                })
            }
        }
    };
}

pub(crate) use named;
