//! Values that make the round trip to the server.

use bindery::{Enum, Interval, Numeric, Query};

use crate::{client, database, query, run};

static NUMBERS: Query = Query {
    name: "Numbers",
    file: "queries/t.sql",
    sql: "SELECT $1::text::numeric AS n, $2::numeric::text AS t",
    params: &["text", "numeric"],
    columns: &[("n", "numeric"), ("t", "text")],
};
static INTERVALS: Query = Query {
    name: "Intervals",
    file: "queries/t.sql",
    sql: "SELECT $1::text::interval AS i, $2::interval::text AS t",
    params: &["text", "interval"],
    columns: &[("i", "interval"), ("t", "text")],
};

#[tokio::test]
async fn numbers_print_as_the_server_prints_them() {
    let database = database();
    let conn = client(&database, 1).await.connection().await.unwrap();
    let fixed = ["0", "-0.001", "10000", "1.500", "NaN", "Infinity", "-Infinity", "0.00000000"];
    let mut random = Random::new();
    let texts = fixed.map(str::to_owned).into_iter().chain((0..300).map(|_| random.number()));
    for text in texts {
        let sent: Numeric = text.parse().unwrap();
        let decode = |row: &bindery::Row| Ok((row.get::<Numeric>(0)?, row.get::<String>(1)?));
        let (read, shown) = conn.fetch_one(&NUMBERS, &[&text, &sent], decode).await.unwrap();
        assert_eq!((sent.to_string(), &read), (shown.clone(), &sent), "{text}");
        assert_eq!((read.to_string(), read.scale()), (shown, sent.scale()), "{text}");
    }
}

#[tokio::test]
async fn numbers_are_ordered_as_the_server_orders_them() {
    static ORDER: Query = Query {
        name: "Order",
        file: "queries/t.sql",
        sql: "SELECT CASE WHEN $1::numeric < $2::numeric THEN -1 WHEN $1 > $2 THEN 1 ELSE 0 END AS o",
        params: &["numeric", "numeric"],
        columns: &[("o", "int4")],
    };
    let database = database();
    let conn = client(&database, 1).await.connection().await.unwrap();
    let mut random = Random::new();
    let fixed = ["NaN", "Infinity", "-Infinity", "0", "1.0", "1.00", "-1", "-1.0"];
    let numbers: Vec<Numeric> = fixed
        .map(str::to_owned)
        .into_iter()
        .chain((0..12).map(|_| random.number()))
        .map(|text| text.parse().unwrap())
        .collect();
    for a in &numbers {
        for b in &numbers {
            let order: i32 = conn.fetch_one(&ORDER, &[a, b], |row| row.get(0)).await.unwrap();
            assert_eq!(a.cmp(b) as i32, order, "{a} and {b}");
        }
    }
}

#[tokio::test]
async fn intervals_print_as_the_server_prints_them() {
    let database = database();
    let conn = client(&database, 1).await.connection().await.unwrap();
    let mut random = Random::new();
    let part =
        |random: &mut Random, most: u64| (random.below(2 * most + 1)).cast_signed() - most.cast_signed();
    let random = (0..300).map(|_| Interval {
        months: i32::try_from(part(&mut random, 40)).unwrap(),
        days: i32::try_from(part(&mut random, 3)).unwrap(),
        microseconds: part(&mut random, 2) * part(&mut random, 100_000_000_000),
    });
    // As many as PostgreSQL 14 reads; and with the greatest value of each part 17 has infinity.
    const MOST_HOURS: i64 = i32::MAX as i64 * 3_600_000_000;
    let fixed = [
        Interval::default(),
        Interval::hours(-25),
        Interval { months: i32::MAX, days: i32::MAX, microseconds: MOST_HOURS },
        Interval { months: i32::MIN, days: i32::MIN, microseconds: -MOST_HOURS },
    ];
    for sent in fixed.into_iter().chain(random) {
        let decode = |row: &bindery::Row| Ok((row.get::<Interval>(0)?, row.get::<String>(1)?));
        let (read, shown) = conn.fetch_one(&INTERVALS, &[&sent.to_string(), &sent], decode).await.unwrap();
        assert_eq!((read, sent.to_string()), (sent, shown));
    }
}

#[derive(Debug, PartialEq)]
enum Fuel {
    Petrol,
    Electric,
}

impl Enum for Fuel {
    const TYPE: &'static str = "public.fuel";
    const ALL: &'static [Self] = &[Self::Petrol, Self::Electric];

    fn label(&self) -> &str {
        match self {
            Self::Petrol => "petrol",
            Self::Electric => "electric",
        }
    }

    fn from_label(label: &str) -> Option<Self> {
        match label {
            "petrol" => Some(Self::Petrol),
            "electric" => Some(Self::Electric),
            _ => None,
        }
    }
}

bindery::impl_enum!(Fuel);

#[tokio::test]
async fn enums_go_by_their_labels() {
    static FUELS: Query = Query {
        name: "Fuels",
        file: "queries/t.sql",
        sql: "SELECT unnest($1::fuel[]) AS fuel",
        params: &["public.fuel[]"],
        columns: &[("fuel", "public.fuel")],
    };
    static LATER: Query = query("Later", "SELECT enum_last(NULL::fuel) AS fuel", &[("fuel", "public.fuel")]);
    let database = database();
    run(&database, "CREATE TYPE fuel AS ENUM ('petrol', 'electric'); ALTER TYPE fuel ADD VALUE 'hydrogen'");
    let conn = client(&database, 1).await.connection().await.unwrap();
    let sent = vec![Fuel::Electric, Fuel::Petrol];
    let fuels = conn.fetch_many(&FUELS, &[&sent], |row| row.get::<Fuel>(0)).await.unwrap();
    assert_eq!(fuels, sent);
    let error = conn.fetch_one(&LATER, &[], |row| row.get::<Fuel>(0)).await.unwrap_err();
    assert!(
        error.to_string().ends_with("the type public.fuel had no label \"hydrogen\" at build time"),
        "{error}"
    );
    assert_eq!("petrol".parse(), Ok(Fuel::Petrol));
    assert_eq!("steam".parse::<Fuel>(), Err("\"steam\" is no label of public.fuel".to_owned()));
    assert_eq!(Fuel::Electric.to_string(), "electric");
}

#[tokio::test]
async fn an_enum_of_the_same_name_in_another_schema_is_another_type() {
    static OTHER: Query = query("Other", "SELECT 'petrol'::other.fuel AS fuel", &[("fuel", "other.fuel")]);
    let database = database();
    run(&database, "CREATE SCHEMA other; CREATE TYPE other.fuel AS ENUM ('petrol', 'electric')");
    let conn = client(&database, 1).await.connection().await.unwrap();
    assert!(conn.fetch_one(&OTHER, &[], |row| row.get::<Fuel>(0)).await.is_err());
}

#[tokio::test]
async fn domains_are_found_inside_of_arrays() {
    static ARRAY: Query = Query {
        name: "Array",
        file: "queries/t.sql",
        sql: "SELECT $1::word[] AS words",
        params: &["public.word[]"],
        columns: &[("words", "public.word[]")],
    };
    let database = database();
    let conn = client(&database, 1).await.connection().await.unwrap();
    let words = vec!["a".to_owned(), "b".to_owned()];
    let read: Vec<String> = conn.fetch_one(&ARRAY, &[&words], |row| row.get(0)).await.unwrap();
    assert_eq!(read, words);
    let refused = conn.fetch_one(&ARRAY, &[&vec![""]], |row| row.get::<Vec<String>>(0)).await;
    assert!(refused.unwrap_err().is_check_violation());
}

/// Numbers from a seed that is printed.
pub struct Random(u64);

impl Random {
    pub fn new() -> Self {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let seed = now.as_secs() ^ u64::from(now.subsec_nanos());
        println!("seed {seed}");
        Self(seed)
    }

    /// SplitMix64.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % limit
    }

    /// A decimal number with zeros in many places.
    fn number(&mut self) -> String {
        let digit = |random: &mut Self| match random.below(3) {
            0 => random.below(10).to_string(),
            1 => "0".to_owned(),
            _ => "9".to_owned(),
        };
        let (before, after) = (1 + self.below(25), self.below(25));
        let whole: String = (0..before).map(|_| digit(self)).collect();
        let fraction: String = (0..after).map(|_| digit(self)).collect();
        let sign = if self.below(2) == 0 { "-" } else { "" };
        if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
    }
}
