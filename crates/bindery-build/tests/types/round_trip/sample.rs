//! Values of every Rust type that generated code has: extremes, and random ones.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::ops::Bound;

use bindery::geometry::*;
use bindery::text_search::*;
use bindery::*;

use crate::by_default::{Address, Mood, OddMixedCase, OddMood, Person};

/// Numbers from a seed that is printed.
pub struct Random {
    state: u64,
    /// The type whose values are wanted.
    pub ty: &'static str,
}

impl Random {
    /// From the clock, or `BINDERY_SEED`.
    pub fn new() -> Self {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let given = std::env::var("BINDERY_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = given.unwrap_or(now.as_secs() ^ u64::from(now.subsec_nanos()));
        println!("BINDERY_SEED={seed}");
        Self { state: seed, ty: "" }
    }

    /// SplitMix64.
    pub fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From 0 up to a limit.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn one_of<T: Clone>(&mut self, values: &[T]) -> T {
        values[self.below(values.len() as u64) as usize].clone()
    }

    fn word(&mut self) -> String {
        let letters = ["a", "Z", "ä", "\"", "'", "\\", "{", ",", " ", "é", "日", "(", "\n", "0", "NULL"];
        (0..self.below(8)).map(|_| self.one_of(&letters)).collect()
    }
}

/// A type with its values.
pub trait Sample: Sized + Debug + Clone {
    /// What generated functions take.
    type Param<'a>
    where
        Self: 'a;

    /// Extremes and random values.
    fn samples(random: &mut Random) -> Vec<Self>;

    /// The value as an argument.
    fn param(&self) -> Self::Param<'_>;

    /// As the server shows it, where the type can print itself.
    fn shown(&self) -> Option<String> {
        None
    }

    /// Whether the server may give another value back, which means the same to it.
    fn is_brought_into_form(&self, _: &str) -> bool {
        false
    }
}

/// What the argument of a list has as elements.
pub trait Param: Sample {
    /// The element.
    type Element<'a>
    where
        Self: 'a;

    /// The value as an element.
    fn element(&self) -> Self::Element<'_>;
}

/// `$param` is what is passed of `$value`, and `$element` what stands in lists.
macro_rules! sample {
    ($rust:ty, $param:ty, $value:ident => $to_param:expr, $element:ty => $to_element:expr,
     |$random:ident| $samples:expr $(, $extra:item)*) => {
        impl Sample for $rust {
            type Param<'a> = $param;
            fn samples($random: &mut Random) -> Vec<Self> { $samples }
            fn param(&self) -> Self::Param<'_> { let $value = self; $to_param }
            $($extra)*
        }
        impl Param for $rust {
            type Element<'a> = $element;
            fn element(&self) -> Self::Element<'_> { let $value = self; $to_element }
        }
    };
}

macro_rules! copied {
    ($rust:ty, |$random:ident| $samples:expr $(, $extra:item)*) => {
        sample!($rust, $rust, value => *value, $rust => *value, |$random| $samples $(, $extra)*);
    };
}

macro_rules! borrowed {
    ($rust:ty, |$random:ident| $samples:expr $(, $extra:item)*) => {
        sample!($rust, &'a $rust, value => value, $rust => value.clone(), |$random| $samples $(, $extra)*);
    };
}

macro_rules! printed {
    () => {
        fn shown(&self) -> Option<String> { Some(self.to_string()) }
    };
}

macro_rules! integers {
    ($($rust:ty),*) => {$(
        impl Sample for $rust {
            type Param<'a> = $rust;
            fn samples(random: &mut Random) -> Vec<Self> {
                let mut all = vec![0, 1, <$rust>::MIN, <$rust>::MAX];
                all.extend((0..10).map(|_| random.next() as $rust));
                all
            }
            fn param(&self) -> $rust { *self }
            fn shown(&self) -> Option<String> { Some(self.to_string()) }
        }
        impl Param for $rust {
            type Element<'a> = $rust;
            fn element(&self) -> $rust { *self }
        }
    )*};
}

integers!(i16, i32, i64, u64);

// Names of objects are shown where an OID has one.
copied!(u32, |random| [if random.ty == "regclass" { 1 } else { 0 }, 1, u32::MAX].into_iter().chain((0..5).map(|_| random.next() as u32 | 1 << 31)).collect());
// Other bytes are no text in UTF-8 before PostgreSQL 16.
copied!(i8, |_random| (0..=127).collect());
copied!(bool, |_random| vec![false, true]);

fn floats(random: &mut Random) -> Vec<f64> {
    let fixed = [0.0, -0.0, 1.5, -0.1, f64::MAX, f64::MIN_POSITIVE, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];
    let scale = |random: &mut Random| 10_f64.powi(random.below(40) as i32 - 20);
    fixed.into_iter().chain((0..10).map(|_| random.next() as f64 * scale(random))).collect()
}

copied!(f64, |random| floats(random));
copied!(f32, |random| floats(random).into_iter().map(|value| value as f32).filter(|value| *value != 0.0 || value.is_sign_positive()).collect());

sample!(String, &'a str, value => value, &'a str => value, |random| {
    let fixed: &[&str] = match random.ty {
        "xml" => &["<a b=\"c\">ä</a>", "text &amp; more", ""],
        "jsonpath" => &["$", "$.\"a\"[*]?(@ > 1)", "strict $.\"ä\""],
        "ext.ltree" => &["", "a", "a.B_1.c"],
        "ext.lquery" => &["*", "a.*{1,2}.b|c", "a@*"],
        "ext.ltxtquery" => &["a & b", "a | !b*"],
        // The server cuts these off.
        "name" => &["", "a b", "ä"],
        // A cast to text takes trailing blanks off.
        "bpchar" => &["", "a", "ä", "a b"],
        _ => return (0..30).map(|_| random.word()).chain([String::new(), "long ".repeat(30)]).collect(),
    };
    fixed.iter().map(|text| (*text).to_owned()).collect()
});
sample!(Vec<u8>, &'a [u8], value => value, &'a [u8] => value, |random| {
    vec![vec![], vec![0], (0..=255).collect(), (0..random.below(50)).map(|_| random.next() as u8).collect()]
});
sample!(Vec<i16>, &'a [i16], value => value, Vec<i16> => value.clone(), |random| {
    vec![vec![1], vec![i16::MIN, 0, i16::MAX], (0..random.below(9) + 1).map(|_| random.next() as i16).collect()]
});
sample!(Vec<u32>, &'a [u32], value => value, Vec<u32> => value.clone(), |random| {
    vec![vec![1], vec![0, u32::MAX], (0..random.below(9) + 1).map(|_| random.next() as u32).collect()]
});

borrowed!(Numeric, |random| {
    let fixed = ["0", "-0.001", "10000", "1.500", "NaN", "Infinity", "-Infinity", "0.00000000", "123456789012345678901234567890.5"];
    let digits = |random: &mut Random, count: u64| (0..count).map(|_| random.one_of(&["0", "9", "4"])).collect::<String>();
    let number = |random: &mut Random| {
        let (before, after) = (random.below(30) + 1, random.below(30) + 1);
        format!("-1{}.{}", digits(random, before), digits(random, after))
    };
    fixed.map(str::to_owned).into_iter().chain((0..20).map(|_| number(random)))
        .map(|text| text.parse().expect("a number")).collect()
}, printed! {});
copied!(Interval, |random| {
    let fixed = [Interval::default(), Interval::hours(-25), Interval::months(13), Interval::days(-1)];
    fixed.into_iter().chain((0..20).map(|_| Interval {
        months: random.next() as i32 / 100,
        days: random.next() as i32 / 100,
        microseconds: random.next() as i64 / 1_000_000,
    })).collect()
}, printed! {});
copied!(uuid::Uuid, |random| vec![uuid::Uuid::nil(), uuid::Uuid::max(), uuid::Uuid::from_u64_pair(random.next(), random.next())], printed! {});
borrowed!(serde_json::Value, |random| vec![
    serde_json::Value::Null,
    serde_json::json!({"a": [1, -2.5, "x", null, true], "ä": {}, "big": i64::MAX, "small": i64::MIN}),
    serde_json::json!(random.word()),
    serde_json::json!([[], [[]], random.next() as i64]),
]);
borrowed!(bit_vec::BitVec, |random| {
    [0, 1, 7, 8, 9, 64, 100].into_iter().map(|length| (0..length).map(|_| random.below(2) == 1).collect()).collect()
}, fn shown(&self) -> Option<String> { Some(self.iter().map(|bit| if bit { '1' } else { '0' }).collect()) });
copied!(Tid, |random| vec![
    Tid::default(), Tid { block: u32::MAX, offset: u16::MAX }, Tid { block: random.next() as u32, offset: random.next() as u16 },
], printed! {});
copied!(PgLsn, |random| vec![PgLsn(0), PgLsn(u64::MAX), PgLsn(random.next())], printed! {});
copied!(Money, |random| vec![Money(0), Money(-1), Money(i64::MAX), Money(i64::MIN + 1), Money(random.next() as i64 / 2)]);
copied!(MacAddr, |random| vec![MacAddr::default(), MacAddr([255; 6]), MacAddr([0; 6].map(|_| random.next() as u8))], printed! {});
copied!(MacAddr8, |random| vec![MacAddr8::default(), MacAddr8([255; 8]), MacAddr8([0; 8].map(|_| random.next() as u8))], printed! {});
copied!(cidr::IpInet, |random| {
    let v4 = std::net::Ipv4Addr::from_bits(random.next() as u32);
    let v6 = std::net::Ipv6Addr::from_bits(u128::from(random.next()) << 64 | u128::from(random.next()));
    [(v4.into(), random.below(33)), (v6.into(), random.below(129)), (v4.into(), 32), (v6.into(), 128), (v4.into(), 0)]
        .into_iter().map(|(address, length)| cidr::IpInet::new(address, length as u8).expect("an address")).collect()
});
copied!(cidr::IpCidr, |random| cidr::IpInet::samples(random).into_iter().map(|address| address.network()).collect());
borrowed!(Snapshot, |random| {
    let (first, second) = (random.next() >> 32 | 1, random.below(1000));
    vec![
        Snapshot { xmin: 1, xmax: 1, in_progress: vec![] },
        Snapshot { xmin: first, xmax: first + second + 2, in_progress: vec![first, first + second + 1] },
    ]
}, printed! {});

fn point(random: &mut Random) -> Point {
    Point::new(random.one_of(&[0.0, 1.5, -7.25, 1e300]), random.next() as f64)
}

fn points(random: &mut Random) -> Vec<Point> {
    (0..random.below(5) + 1).map(|_| point(random)).collect()
}

copied!(Point, |random| vec![
    Point::default(), Point::new(f64::INFINITY, f64::NAN), Point::new(-1e-300, f64::MIN), point(random),
]);
copied!(Line, |_random| vec![Line { a: 1.0, b: -1.0, c: 0.5 }, Line { a: 0.0, b: 3.0, c: -7.0 }]);
copied!(Lseg, |random| vec![Lseg { start: point(random), end: point(random) }]);
copied!(Rectangle, |random| {
    let (low, high) = (point(random), Point::new(1e301, 1e301));
    vec![Rectangle { upper_right: high, lower_left: low }]
});
borrowed!(Path, |random| vec![Path { closed: true, points: points(random) }, Path { closed: false, points: points(random) }]);
borrowed!(Polygon, |random| vec![Polygon { points: points(random) }]);
copied!(Circle, |random| vec![Circle { center: point(random), radius: 0.0 }, Circle { center: point(random), radius: 2.5 }]);
borrowed!(TsVector, |random| {
    let position = |random: &mut Random, from: u16| Position {
        position: from + random.below(100) as u16,
        weight: random.one_of(&[Weight::A, Weight::B, Weight::C, Weight::D]),
    };
    let words = ["a", "b'c", "long\\word", "ä b"];
    let lexeme = |random: &mut Random, word: &str| Lexeme {
        word: word.to_owned(),
        positions: (0..random.below(4)).map(|index| position(random, 1 + index as u16 * 200)).collect(),
    };
    vec![TsVector::default(), TsVector { lexemes: words.map(|word| lexeme(random, word)).to_vec() }]
});
borrowed!(TsQuery, |random| {
    fn query(random: &mut Random, depth: u64) -> TsQuery {
        let operand = |random: &mut Random| Box::new(query(random, depth + 1));
        // The text form has no brackets for an operator inside of the same one, which it takes for the left one.
        let word = |random: &mut Random| Box::new(query(random, 5));
        match random.below(if depth > 4 { 1 } else { 6 }) {
            0 | 1 => TsQuery::Word {
                word: random.one_of(&["cat", "a'b", "ä \\", "rat"]).to_owned(),
                prefix: random.below(2) == 0,
                weights: [Weight::D, Weight::C, Weight::B, Weight::A].into_iter().filter(|_| random.below(2) == 0).collect(),
            },
            2 => TsQuery::Not(operand(random)),
            3 => TsQuery::And(operand(random), word(random)),
            4 => TsQuery::Or(operand(random), word(random)),
            _ => TsQuery::Phrase(operand(random), word(random), random.below(16385) as u16),
        }
    }
    (0..20).map(|_| query(random, 0)).collect()
});
borrowed!(BTreeMap<String, Option<String>>, |random| vec![
    BTreeMap::new(),
    (0..random.below(6)).map(|_| (random.word(), (random.below(3) > 0).then(|| random.word()))).collect(),
]);
borrowed!(Cube, |random| vec![
    Cube::Point(vec![]), Cube::Point(vec![1.5, f64::MAX]), Cube::Box(vec![0.0, random.next() as f64], vec![1.0, -3.0]),
]);
borrowed!(Ewkb, |random| {
    // A little-endian point with a reference system, and one with three coordinates.
    let point = |flags: u32, srid: Option<u32>, coordinates: &[f64]| {
        let mut bytes = vec![1];
        bytes.extend((1 | flags).to_le_bytes());
        bytes.extend(srid.iter().flat_map(|srid| srid.to_le_bytes()));
        bytes.extend(coordinates.iter().flat_map(|coordinate| coordinate.to_le_bytes()));
        Ewkb(bytes)
    };
    let x = random.below(90) as f64;
    vec![point(0x2000_0000, Some(4326), &[x, 1.5]), point(0xA000_0000, Some(4326), &[x, 2.5, 100.0])]
});
borrowed!(pgvector::Vector, |random| vec![vec![1.0].into(), vec![0.5, -2.0, random.below(9) as f32].into()]);
borrowed!(pgvector::HalfVector, |_random| vec![pgvector::HalfVector::from_f32_slice(&[0.5, -2.0, 7.0])]);
borrowed!(pgvector::SparseVector, |_random| vec![pgvector::SparseVector::from_dense(&[0.0, 1.5, 0.0, -3.0])]);

fn moments(random: &mut Random) -> Vec<i64> {
    let fixed = [0, -1, 1, -63_000_000_000_000_000, 252_000_000_000_000_000];
    fixed.into_iter().chain((0..10).map(|_| random.next() as i64 / 100)).collect()
}

copied!(Date, |random| {
    // 4713 BC to the year 5874897, and beyond both ends.
    let fixed = [Date::INFINITY, Date::NEGATIVE_INFINITY, Date::from_days(-2_451_545), Date::from_days(2_145_031_948), Date::from_days(0)];
    fixed.into_iter().chain((0..20).map(|_| Date::from_days(random.below(4_000_000) as i32 - 2_000_000))).collect()
}, printed! {});
copied!(Time, |random| {
    let fixed = [0, 1, 86_400_000_000, 86_399_999_999];
    fixed.into_iter().chain((0..10).map(|_| random.below(86_400_000_001) as i64)).filter_map(Time::from_microseconds).collect()
}, printed! {});
copied!(TimeTz, |random| {
    let times = Time::samples(random);
    times.into_iter().map(|time| TimeTz { time, offset: random.below(115_199) as i32 - 57_599 }).collect()
}, printed! {});
copied!(Timestamp, |random| {
    let fixed = [Timestamp::INFINITY, Timestamp::NEGATIVE_INFINITY, Timestamp::from_microseconds(9_223_371_331_199_999_999), Timestamp::from_microseconds(-211_813_488_000_000_000)];
    fixed.into_iter().chain(moments(random).into_iter().map(Timestamp::from_microseconds)).collect()
}, printed! {});
copied!(TimestampTz, |random| {
    let fixed = [TimestampTz::INFINITY, TimestampTz::NEGATIVE_INFINITY, TimestampTz::from_microseconds(9_223_371_331_199_999_999), TimestampTz::from_microseconds(-211_813_488_000_000_000)];
    fixed.into_iter().chain(moments(random).into_iter().map(TimestampTz::from_microseconds)).collect()
}, printed! {});

/// All values of the exact type that the type of a crate holds.
macro_rules! of_crate {
    ($($exact:ty => $($rust:ty),*;)*) => {$($(
        impl Sample for $rust {
            type Param<'a> = $rust;
            fn samples(random: &mut Random) -> Vec<Self> {
                let all: Vec<Self> = <$exact>::samples(random).into_iter().filter_map(|exact| exact.try_into().ok()).collect();
                assert!(all.len() > 3);
                all
            }
            fn param(&self) -> $rust { *self }
        }
        impl Param for $rust {
            type Element<'a> = $rust;
            fn element(&self) -> $rust { *self }
        }
    )*)*};
}

of_crate! {
    Date => chrono::NaiveDate, jiff::civil::Date, time::Date;
    Time => chrono::NaiveTime, jiff::civil::Time, time::Time;
    Timestamp => chrono::NaiveDateTime, jiff::civil::DateTime, time::PrimitiveDateTime;
    TimestampTz => chrono::DateTime<chrono::Utc>, jiff::Timestamp, time::OffsetDateTime;
}

impl<T: Sample + Copy> Sample for OrInfinity<T> {
    type Param<'a> = Self where Self: 'a;

    fn samples(random: &mut Random) -> Vec<Self> {
        let finite = T::samples(random).into_iter().map(Self::Finite);
        finite.chain([Self::Infinity, Self::NegativeInfinity]).collect()
    }

    fn param(&self) -> Self {
        *self
    }
}

impl<T: Sample + Copy> Param for OrInfinity<T> {
    type Element<'a> = Self where Self: 'a;

    fn element(&self) -> Self {
        *self
    }
}

/// Values of which some are ordered.
trait Bounds: Sample {
    fn is_less(&self, other: &Self) -> bool;
}

impl<T: Sample + PartialOrd> Bounds for T {
    fn is_less(&self, other: &Self) -> bool {
        self < other
    }
}

impl<T: Sample + PartialOrd> Sample for Range<T> {
    type Param<'a> = &'a Self where Self: 'a;

    fn samples(random: &mut Random) -> Vec<Self> {
        // The far ends of discrete types have no next value.
        let ends = ["2147483647", "9223372036854775807", "2145031948"];
        let mut values = T::samples(random);
        values.retain(|value| !ends.iter().any(|end| format!("{value:?}").contains(end)));
        let mut all = vec![Self::Empty, Self::Bounds(Bound::Unbounded, Bound::Unbounded)];
        for _ in 0..20 {
            let (a, b) = (random.one_of(&values), random.one_of(&values));
            if !a.is_less(&b) {
                continue;
            }
            let mut bound = |value: T| match random.below(3) {
                0 => Bound::Included(value),
                1 => Bound::Excluded(value),
                _ => Bound::Unbounded,
            };
            let lower = bound(a);
            all.push(Self::Bounds(lower, bound(b)));
        }
        all
    }

    fn param(&self) -> &Self {
        self
    }

    fn is_brought_into_form(&self, ty: &str) -> bool {
        ["int4range", "int8range", "daterange", "ages"].contains(&ty)
    }
}

impl<T: Sample + PartialOrd> Param for Range<T> {
    type Element<'a> = Self where Self: 'a;

    fn element(&self) -> Self {
        self.clone()
    }
}

impl<T: Sample + PartialOrd> Sample for Multirange<T> {
    type Param<'a> = &'a Self where Self: 'a;

    fn samples(random: &mut Random) -> Vec<Self> {
        let lists = (0..10).map(|_| Range::samples(random).into_iter().take(5).collect());
        lists.chain([Self::default()]).collect()
    }

    fn param(&self) -> &Self {
        self
    }

    fn is_brought_into_form(&self, _: &str) -> bool {
        true
    }
}

impl<T: Sample + PartialOrd> Param for Multirange<T> {
    type Element<'a> = Self where Self: 'a;

    fn element(&self) -> Self {
        self.clone()
    }
}

/// Arrays are what a domain is over.
macro_rules! arrays {
    ($($element:ty),*) => {$(
        sample!(Array<Option<$element>>, &'a [Option<$element>], value => value, Array<Option<$element>> => value.clone(), |random| {
            let elements = <$element>::samples(random);
            vec![Array::default(), elements.into_iter().map(Some).chain([None]).collect()]
        }, fn is_brought_into_form(&self, _: &str) -> bool { true });
    )*};
}

arrays!(OrInfinity<chrono::NaiveDate>, Numeric);

impl Sample for Mood {
    type Param<'a> = &'a Self;

    fn samples(_: &mut Random) -> Vec<Self> {
        Self::ALL.to_vec()
    }

    fn param(&self) -> &Self {
        self
    }

    fn shown(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl Param for Mood {
    type Element<'a> = Self;

    fn element(&self) -> Self {
        self.clone()
    }
}

copied!(OddMood, |_random| Self::ALL.to_vec(), printed! {});
copied!(OddMixedCase, |_random| Self::ALL.to_vec(), printed! {});
borrowed!(Address, |random| {
    let some = |random: &mut Random| random.below(2) == 0;
    let word = |random: &mut Random| some(random).then(|| random.word());
    let words = |random: &mut Random| (0..random.below(3)).map(|_| word(random)).collect();
    (0..5).map(|_| Address {
        street: word(random),
        house_number: some(random).then(|| random.next() as i32),
        words: some(random).then(|| words(random)),
        moods: some(random).then(|| Mood::ALL.iter().cloned().map(Some).chain([None]).collect()),
        since: some(random).then_some(OrInfinity::NegativeInfinity),
    }).collect()
});
borrowed!(Person, |random| {
    let nobody = Person { name: None, home: None, other: None, alive: None, mood: None, amount: None };
    let addresses = Address::samples(random);
    vec![nobody, Person {
        name: Some(random.word()),
        home: Some(addresses[0].clone()),
        other: Some(addresses.into_iter().map(Some).chain([None]).collect()),
        alive: Some(Range::from(1..9)),
        mood: Some(OddMood::Furious),
        amount: Some("12.50".parse().expect("a number")),
    }]
});
