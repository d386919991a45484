//! Values that compose lets be written in two ways.
//!
//! Read by hand, since untagged enums lose the line and column of what is wrong inside them.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error, MapAccess, SeqAccess, Visitor, value};
use serde::{Deserialize, Deserializer};

/// `a`, or `[a, b]`.
pub(super) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// `[a=1, b]`, or `{a: 1, b: null}`.
pub(super) enum ListOrMap<T> {
    List(Vec<String>),
    Map(BTreeMap<String, Option<T>>),
}

/// The short form in one string, or the long form with keys.
pub(super) enum ShortOrLong<T> {
    Short(String),
    Long(T),
}

impl Default for OneOrMany {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl<T> Default for ListOrMap<T> {
    fn default() -> Self {
        Self::List(Vec::new())
    }
}

struct Shape<T>(PhantomData<T>);

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Shape::<Self>(PhantomData))
    }
}

impl<'de> Visitor<'de> for Shape<OneOrMany> {
    type Value = OneOrMany;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a list of texts")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<OneOrMany, E> {
        Ok(OneOrMany::One(text.to_owned()))
    }

    // `test: true` and `command: true` mean the program of that name.
    fn visit_bool<E: Error>(self, value: bool) -> Result<OneOrMany, E> {
        Ok(OneOrMany::One(value.to_string()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<OneOrMany, A::Error> {
        Vec::deserialize(value::SeqAccessDeserializer::new(seq)).map(OneOrMany::Many)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for ListOrMap<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Shape::<Self>(PhantomData))
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Shape<ListOrMap<T>> {
    type Value = ListOrMap<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of texts or a map")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<ListOrMap<T>, A::Error> {
        Vec::deserialize(value::SeqAccessDeserializer::new(seq)).map(ListOrMap::List)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ListOrMap<T>, A::Error> {
        BTreeMap::deserialize(value::MapAccessDeserializer::new(map)).map(ListOrMap::Map)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for ShortOrLong<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Shape::<Self>(PhantomData))
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Shape<ShortOrLong<T>> {
    type Value = ShortOrLong<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the short form in one text, or a map")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<ShortOrLong<T>, E> {
        Ok(ShortOrLong::Short(text.to_owned()))
    }

    // A bare number: a port.
    fn visit_u64<E: Error>(self, number: u64) -> Result<ShortOrLong<T>, E> {
        Ok(ShortOrLong::Short(number.to_string()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ShortOrLong<T>, A::Error> {
        T::deserialize(value::MapAccessDeserializer::new(map)).map(ShortOrLong::Long)
    }
}
