//! How a catalogue of meanings becomes a type.

/// Makes the type out of one catalogue: name, code, title and explanation of each meaning, by ascending code.
macro_rules! catalogue {
    ($($name:ident = $text:literal, $title:literal: $explanation:literal;)+) => {
        /// What a finding is about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = concat!($text, ": ", $title)] $name,)+
        }

        impl Code {
            /// Every code, ascending.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The code as people and scripts know it: `OW4001`.
            pub fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }

            /// What it says, in a few words.
            pub fn title(self) -> &'static str {
                match self {
                    $(Self::$name => $title,)+
                }
            }

            /// What is behind it, and what to do.
            pub fn explanation(self) -> &'static str {
                match self {
                    $(Self::$name => $explanation,)+
                }
            }
        }
    };
}
