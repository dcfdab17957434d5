//! Arrays whose first elements are known: a later version may add others behind them, which are carried along.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserializer, Error as _, SeqAccess, Visitor};
use serde::ser::{SerializeSeq as _, Serializer};
use serde::{Deserialize, Serialize};

use crate::content::Carried;

/// Two known elements, and what follows.
pub(super) struct Pair<A, B>(pub(super) A, pub(super) B, pub(super) Vec<Carried>);

/// Three known elements, and what follows.
pub(super) struct Triple<A, B, C>(pub(super) A, pub(super) B, pub(super) C, pub(super) Vec<Carried>);

/// Gives an array of some known elements its two directions.
macro_rules! array {
    ($name:ident, $($element:ident $at:tt),+; $more:tt) => {
        impl<$($element: Serialize),+> Serialize for $name<$($element),+> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut array = serializer.serialize_seq(Some($more + self.$more.len()))?;
                $(array.serialize_element(&self.$at)?;)+
                self.$more.iter().try_for_each(|element| array.serialize_element(element))?;
                array.end()
            }
        }

        impl<'de, $($element: Deserialize<'de>),+> Deserialize<'de> for $name<$($element),+> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_seq(Reading::<Self>(PhantomData))
            }
        }

        impl<'de, $($element: Deserialize<'de>),+> Visitor<'de> for Reading<$name<$($element),+>> {
            type Value = $name<$($element),+>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "an array of {} elements or more", $more)
            }

            fn visit_seq<S: SeqAccess<'de>>(self, mut array: S) -> Result<Self::Value, S::Error> {
                Ok($name($(next::<$element, S>(&mut array)?),+, rest(array)?))
            }
        }
    };
}

array!(Pair, A 0, B 1; 2);
array!(Triple, A 0, B 1, C 2; 3);

/// Reads a `T`.
struct Reading<T>(PhantomData<T>);

fn next<'de, T: Deserialize<'de>, S: SeqAccess<'de>>(array: &mut S) -> Result<T, S::Error> {
    array.next_element()?.ok_or_else(|| S::Error::custom("an element is missing"))
}

fn rest<'de, S: SeqAccess<'de>>(mut array: S) -> Result<Vec<Carried>, S::Error> {
    let mut more = Vec::new();
    while let Some(element) = array.next_element()? {
        more.push(element);
    }
    Ok(more)
}
